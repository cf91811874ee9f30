"""`decamp send` over the stand-in network: who gets it, who is asked first, and which nodes have it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from migrate.account.events import Event, ProfileSeen, Wrote
from migrate.cli.ui import Ui
from migrate.network.pace import Pace
from migrate.session.config.namespaces import Namespace
from migrate.session.config.writing import write_config
from migrate.session.keys import AccountKeys, Seed
from migrate.session.mnemonic import encode
from migrate.standin.network import StandIn
from migrate.standin.shelves import Stored, hash_of
from tests.account.people import Device
from tests.cli.conftest import HOSTILE, Decamp, said

SEED = Seed(bytes(range(16)))
WORDS, ME = encode(SEED), AccountKeys.from_seed(SEED)
ALICE, BOB, OTHER_BOB, MALLORY, NOBODY = (AccountKeys(bytes([number]) * 32) for number in range(1, 6))
DAY = 86_400_000


def moment() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def network(tmp_path: Path) -> Iterator[StandIn]:
    """A network that keeps the address book of the one who sends, and settings that lead to it."""
    with StandIn(moment, Random(7).randbytes) as standin:
        people: dict[bytes, Any] = {
            bytes.fromhex(keys.session_id): fields
            for keys, fields in (
                (ALICE, {b"A": 1, b"N": b"Ali", b"a": 1, b"n": b"Alice"}),
                (BOB, {b"A": 1, b"a": 1, b"n": b"Bob"}),
                (OTHER_BOB, {b"A": 1, b"a": 1, b"n": b"Bob"}),
                (MALLORY, {b"b": 1, b"n": HOSTILE.encode()}),
            )
        }
        data = write_config(Namespace.CONTACTS, {b"c": people}, ME)
        name = hash_of(ME.session_id, Namespace.CONTACTS, data)
        stored = Stored(name, Namespace.CONTACTS, data, moment(), moment() + DAY)
        standin.shelves.put(ME.session_id, stored, moment())
        settings = tmp_path / "settings"
        settings.mkdir()
        (settings / "standin.json").write_bytes(standin.way_in())
        (settings / "config.toml").write_text(f'[network]\nstandin = "{settings / "standin.json"}"\n')
        yield standin


@pytest.fixture
def mine(decamp: Decamp) -> Decamp:
    """decamp with the words of the one who sends."""
    return lambda *words, **more: decamp(*words, env={"DECAMP_WORDS": WORDS}, **more)


def got(standin: StandIn, keys: AccountKeys) -> list[Event]:
    events = Device(standin, keys, now=moment).events()
    return [event for event in events if not isinstance(event, ProfileSeen)]


def test_a_contact_gets_what_was_said_and_every_node_is_counted(mine: Decamp, network: StandIn) -> None:
    done = mine("send", "ali", "See you at eight")
    assert done.exit_code == 0, done.output
    assert "Delivered to Ali: 6 of 6 nodes hold it." in done.stdout
    assert "Your own devices will show it too: 6 of 6 nodes hold it." in done.stdout
    assert f"This goes to Ali:  {ALICE.session_id}" in done.stderr
    assert done.stderr.index("This goes to the stand-in network") < done.stderr.index("This goes to Ali")
    (message,) = got(network, ALICE)
    assert isinstance(message, Wrote)
    assert (message.sender, message.body) == (ME.session_id, "See you at eight")
    (copy,) = got(network, ME)
    assert (copy.mine, copy.conversation) == (True, ALICE.session_id)


def test_a_file_goes_with_it(mine: Decamp, network: StandIn, tmp_path: Path) -> None:
    picture = tmp_path / "garden.jpg"
    picture.write_bytes(b"\xff\xd8 picture")
    done = mine("send", "Alice", "The garden", "--file", picture, "--json")
    assert done.exit_code == 0, done.output
    told = said(done)
    assert (told["sent"], told["files"], len(told["message"]["holders"])) == (True, 1, 6)
    assert told["to"] == {"id": ALICE.session_id, "name": "Ali", "kind": "person"}
    (message,) = got(network, ALICE)
    assert isinstance(message, Wrote)
    assert [(file.name, file.type) for file in message.files] == [("garden.jpg", "image/jpeg")]
    assert len(network.file_server.files) == 1


def test_a_note_to_oneself_is_read_from_standard_input(mine: Decamp, network: StandIn) -> None:
    done = mine("send", "me", "-", typed="Buy milk\nand bread\n")
    assert done.exit_code == 0, done.output
    assert "yourself, as a note" in done.stderr
    assert "only you can read it" in done.stderr
    (note,) = got(network, ME)
    assert isinstance(note, Wrote)
    assert (note.conversation, note.body) == (ME.session_id, "Buy milk\nand bread")


def test_two_people_of_one_name_are_listed_and_neither_gets_anything(mine: Decamp, network: StandIn) -> None:
    done = mine("send", "bob", "Which one?")
    assert done.exit_code == 2
    assert BOB.session_id in done.stderr
    assert OTHER_BOB.session_id in done.stderr
    assert got(network, BOB) == got(network, OTHER_BOB) == []
    assert mine("send", BOB.session_id, "You").exit_code == 0
    assert len(got(network, BOB)) == 1


def test_a_name_that_nobody_has_is_answered_with_near_ones(mine: Decamp, network: StandIn) -> None:
    done = mine("send", "Alise", "Hello")
    assert done.exit_code == 2
    assert "Did you mean Alice" in done.stderr
    assert not any("store" in seen.what for seen in network.requests)


def test_whoever_is_blocked_gets_nothing_and_their_name_does_no_harm(mine: Decamp, network: StandIn) -> None:
    done = mine("send", MALLORY.session_id, "Hello")
    assert done.exit_code == 2
    assert "is blocked" in done.stderr
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr
    assert not any("store" in seen.what for seen in network.requests)


def test_a_stranger_is_written_to_by_their_id_and_it_is_said_that_it_is_a_request(
    mine: Decamp, network: StandIn
) -> None:
    done = mine("send", NOBODY.session_id, "Hello")
    assert done.exit_code == 0
    assert "message request" in done.stderr
    assert len(got(network, NOBODY)) == 1


@pytest.mark.parametrize(("answer", "arrives"), [("1", True), ("2", False)])
def test_on_a_terminal_it_is_asked_once(
    mine: Decamp, network: StandIn, monkeypatch: pytest.MonkeyPatch, answer: str, arrives: bool
) -> None:
    monkeypatch.setattr(Ui, "interactive", property(lambda ui: True))
    done = mine("send", "Alice", "Hello", typed=f"{answer}\n")
    assert done.exit_code == 0
    assert "Send it?" in done.stderr
    assert len(got(network, ALICE)) == arrives
    assert "Send it?" not in mine("send", "Alice", "Hello", "--yes").stderr


async def at_once(pace: Pace, attempt: int) -> None:
    """What a test has instead of patience."""


def test_a_copy_that_no_node_takes_is_told_with_an_exit_code(
    mine: Decamp, network: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def moves(ui: Ui, question: str, choices: list[str]) -> int:
        network.faults.moved = {ME.session_id: ()}
        return 0

    monkeypatch.setattr(Ui, "interactive", property(lambda ui: True))
    monkeypatch.setattr(Ui, "choose", moves)
    monkeypatch.setattr(Pace, "pause", at_once)
    done = mine("send", "Alice", "Hello")
    assert done.exit_code == 6, done.output
    assert "Delivered to Ali" in done.stdout
    assert "Your own devices will not show it" in done.stderr


def test_what_will_not_go_is_said_before_anybody_is_asked_for_words(decamp: Decamp, network: StandIn) -> None:
    assert decamp("send", "Alice", "x" * 2001).exit_code == 2
    assert decamp("send", "Alice").exit_code == 2
    assert decamp("send", "Alice", "--file", "nowhere.jpg").exit_code == 2
    assert decamp("send", "Alice", "-", "--words-file", "-").exit_code == 2
    done = decamp("send", "Alice", "Hello")
    assert done.exit_code == 3
    assert "DECAMP_WORDS" in done.stderr
    assert network.connections == 0


def test_a_message_that_no_node_takes_is_an_error_of_its_own(mine: Decamp, network: StandIn) -> None:
    network.faults.moved = {ALICE.session_id: ()}
    done = mine("send", "Alice", "Hello")
    assert done.exit_code == 5, done.output
    assert "No node has taken the message" in done.stderr
    network.faults.moved = {ME.session_id: ()}
    assert mine("send", "Alice", "Hello").exit_code == 5
    assert WORDS.split()[0] not in done.output
