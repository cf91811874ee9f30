"""`decamp network nodes`: whether the network can be found, who said so, and a list for a friend."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.network.pace import Pace
from migrate.standin.network import StandIn
from tests.cli.conftest import Decamp, said
from tests.standin.clients import start


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    folder = tmp_path / "settings"
    folder.mkdir()
    return folder


@pytest.fixture
def standin(settings: Path) -> Iterator[StandIn]:
    with start() as network:
        (settings / "way.json").write_bytes(network.way_in())
        (settings / "config.toml").write_text(f"[network]\nstandin = {json.dumps(str(settings / 'way.json'))}\n")
        yield network


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def pause(self: Pace, attempt: int) -> None:
        """Nobody waits in a test."""

    monkeypatch.setattr(Pace, "pause", pause)


def test_the_network_is_found_and_the_list_saved_for_a_friend(
    decamp: Decamp, standin: StandIn, settings: Path, tmp_path: Path
) -> None:
    done = decamp("network", "nodes", "--save", tmp_path / "friend.json")
    assert done.exit_code == 0
    assert "6 nodes, from seed 127.0.0.1" in done.stdout
    assert "nowhere else" in done.stderr
    assert stat.S_IMODE((tmp_path / "friend.json").stat().st_mode) == 0o600
    standin.faults.seeds_down = True
    (settings / "nodes-of-standin.json").unlink()
    found = said(decamp("network", "nodes", "--nodes", tmp_path / "friend.json", "--json"))
    assert (found["nodes"], found["place"]) == (6, f"the list {tmp_path / 'friend.json'}")
    assert [one["nodes"] for one in found["tried"]] == [0, 0, 0, 0, 6]


def test_when_nobody_has_a_list_the_exit_code_is_5_and_each_place_is_named(decamp: Decamp, standin: StandIn) -> None:
    standin.faults.seeds_down = True
    done = decamp("network", "nodes", "--json")
    assert done.exit_code == 5
    message = said(done)["error"]["message"]
    assert message.count("seed 127.0.0.1") == 3
    assert "the list of the last time: is not there yet" in message


def test_what_a_proxy_would_see_is_said_and_nothing_goes_around_it(decamp: Decamp, standin: StandIn) -> None:
    done = decamp("network", "nodes", "--proxy", "socks5h://127.0.0.1:1")
    assert done.exit_code == 5
    assert "nothing is sent around it" in done.stderr.replace("\n", " ")
    assert standin.connections == 0


def test_a_password_of_a_proxy_is_taken_from_the_environment_only(decamp: Decamp, standin: StandIn) -> None:
    url = "socks5h://me:secret@127.0.0.1:1"
    done = decamp("network", "nodes", "--proxy", url)
    assert (done.exit_code, "secret" in done.output) == (2, False)
    done = decamp("network", "nodes", env={"DECAMP_PROXY": url})
    assert (done.exit_code, "secret" in done.output) == (5, False)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("direct = 1", "true or false"),
        ('proxy = "9050"', "socks5h://"),
        ('standin = "none.json"', "cannot be read"),
        ("standin = 1", "a text in quotes"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_before_anything_is_sent(
    decamp: Decamp, settings: Path, standin: StandIn, line: str, says: str
) -> None:
    text = (settings / "config.toml").read_text()
    (settings / "config.toml").write_text(f"[network]\n{line}\n" if line.startswith("standin") else f"{text}{line}\n")
    done = decamp("network", "nodes")
    assert done.exit_code == 2
    assert says in done.stderr.replace("\n", " ")
    assert standin.connections == 0


def test_a_stand_in_that_is_none_leads_nowhere(decamp: Decamp, settings: Path, standin: StandIn) -> None:
    (settings / "way.json").write_text('{"seeds": [{"host": "198.51.100.1", "port": 1, "fingerprint": "00"}]}')
    done = decamp("network", "nodes")
    assert done.exit_code == 2
    assert "The file of the stand-in network is none." in done.stderr
