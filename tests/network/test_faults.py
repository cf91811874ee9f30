"""The fault matrix: each switch of the stand-in network on its own and in pairs, over real connections.

Each time the same is done: three messages are left, the account is read, a file is left and fetched. Right is what is
there in the end, or the error that says why not; and nobody was asked more often than a person would put up with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from migrate.network.access import Patience
from migrate.network.network import Network
from migrate.network.saved import save_list
from migrate.session.errors import NoAnswer
from migrate.session.storage import OF_AN_ACCOUNT
from migrate.standin.faults import Faults
from migrate.standin.network import StandIn
from tests.network.connected import IMPATIENT, NODES, SIGNER, Pauses, online, parcel, visitor, way_to
from tests.network.test_bootstrap import listed
from tests.standin.clients import NOW, start

SWITCHES: dict[str, Callable[[Faults], None]] = {
    "all clocks ahead": lambda faults: setattr(faults, "clock", 180_000),
    "all clocks behind": lambda faults: setattr(faults, "clock", -180_000),
    "one clock wrong": lambda faults: faults.clocks.update({1: -600_000}),
    "the account moved": lambda faults: faults.moved.update({SIGNER.pubkey: (4, 5, 6)}),
    "a node down": lambda faults: faults.down.add(2),
    "a node forgotten": lambda faults: faults.unknown.add(3),
    "a node not ready": lambda faults: faults.statuses.update({4: (503, "Snode not ready")}),
    "a node with a wrong key": lambda faults: faults.wrong_key.add(5),
    "a slow node": lambda faults: faults.slow.update({6: 2.0}),
    "slow requests": lambda faults: faults.slow_requests.update({6: 2.0, 25: 2.0}),
    "lost requests": lambda faults: faults.dropped.update({5, 12, 20, 33}),
    "every eleventh request lost": lambda faults: setattr(faults, "drop_every", 11),
    "another order": lambda faults: faults.reordered.update({0, 4, 7}),
    "everything twice": lambda faults: faults.duplicates.update({1, 5}),
    "no seeds": lambda faults: setattr(faults, "seeds_down", True),
    "no file server": lambda faults: setattr(faults, "files_down", True),
    "file ids of old": lambda faults: setattr(faults, "numeric_file_ids", True),
}
MESSAGES = {b"one", b"two", b"three"}
FILE = bytes(range(256)) * 40
# In peace 18 requests leave this machine: see the first test. A fault may cost this many times as much, two twice that.
IN_PEACE, FACTOR = 18, 4


@dataclass(frozen=True)
class Outcome:
    delivered: set[bytes]
    found: list[bytes]
    missing: bool
    file: bytes | None
    requests: int
    retries: int


async def everything(network: Network) -> Outcome:
    delivered = {data for data in sorted(MESSAGES) if (await network.deliver(parcel(data))).is_delivered}
    one = visitor(network)
    tour = await network.collect(one)
    found = [message.data for message in one.inbox.fresh()]
    try:
        file = await network.download(await network.upload(FILE))
    except NoAnswer as error:
        assert "file server" in str(error)  # noqa: PT017  what else is right stands in the outcome
        file = None
    report = network.report
    return Outcome(delivered, found, bool(tour.missing(OF_AN_ACCOUNT)), file, report.requests, report.retries)


def played(
    standin: StandIn, folder: Path, switches: tuple[str, ...], *, direct: bool = False
) -> tuple[Outcome, Pauses]:
    for switch in switches:
        SWITCHES[switch](standin.faults)
    save_list(folder / "nodes.json", listed(standin), NOW)
    pauses = Pauses()
    patience = IMPATIENT if any("slow" in switch for switch in switches) else Patience()
    access = way_to(standin, cache=folder / "nodes.json", patience=patience, direct=direct)
    return online(access, everything, pauses=pauses), pauses


def check(outcome: Outcome, pauses: Pauses, switches: tuple[str, ...]) -> None:
    assert outcome.delivered == MESSAGES
    assert sorted(outcome.found) == sorted(MESSAGES)
    assert not outcome.missing
    assert outcome.file == (None if "no file server" in switches else FILE)
    assert outcome.requests <= IN_PEACE * FACTOR * len(switches)
    assert len(pauses.seconds) >= outcome.retries  # nothing is repeated without a pause
    assert all(0.25 <= seconds <= 12 for seconds in pauses.seconds)


def test_in_peace_no_request_is_made_twice(standin: StandIn, tmp_path: Path) -> None:
    outcome, pauses = played(standin, tmp_path, ())
    assert outcome == Outcome(MESSAGES, outcome.found, False, FILE, IN_PEACE, 0)
    assert sorted(outcome.found) == sorted(MESSAGES)
    assert pauses.seconds == []


@pytest.mark.parametrize("direct", [False, True], ids=["through onions", "directly"])
@pytest.mark.parametrize("switch", SWITCHES)
def test_one_fault_costs_nothing_but_some_requests(standin: StandIn, tmp_path: Path, switch: str, direct: bool) -> None:
    outcome, pauses = played(standin, tmp_path, (switch,), direct=direct)
    check(outcome, pauses, (switch,))


PAIRS = list(combinations(SWITCHES, 2))


@pytest.mark.parametrize("pair", PAIRS[::9], ids=" and ".join)
def test_two_faults_at_once(standin: StandIn, tmp_path: Path, pair: tuple[str, str]) -> None:
    check(*played(standin, tmp_path, pair), pair)


@pytest.mark.long
@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_any_two_faults_at_once(tmp_path: Path, pair: tuple[str, str]) -> None:
    with start(nodes=NODES) as standin:
        check(*played(standin, tmp_path, pair), pair)
