"""The words of the chat with the relay, said at a terminal."""

from __future__ import annotations

import tomllib

from bridges.api import Chat, Person
from bridges.relay.model import Place
from bridges.relay.orders import Ask, Visit
from bridges.relay.sqlite import SqliteStore
from tests.cli.conftest import HOSTILE, Decamp, said
from tests.cli.relay_town import Running, Town, until


def heard_of(town: Town, *titles: str) -> None:
    """Have the relay know these chats, and somebody who asks to be let in."""
    store = SqliteStore(town.home, {}, lock=False)
    for number, title in enumerate(titles):
        chat = Chat(id=f"chat {number}", title=title, person=f"05{number:064x}")
        store.take("folder", None, [Visit(place=Place(bridge="folder", chat=chat.id), chat=chat)], 1)
    asked = Ask(place=Place(bridge="folder", chat="stranger"), person=Person(id="05zoe", name=HOSTILE), text="hi")
    store.take("folder", None, [asked], 1)
    store.database.commit()
    store.close()


def test_contacts_are_found_by_a_part_of_their_name_and_told_apart(town: Town, decamp: Decamp) -> None:
    assert decamp("relay", "contacts").exit_code == 4
    heard_of(town, "Maya", "Maya", HOSTILE, "Noor")
    shown = decamp("relay", "contacts", "may").stdout.splitlines()
    assert [line.startswith("Maya (05") for line in shown] == [True, True]
    assert len(decamp("relay", "contacts").stdout.splitlines()) == 4, "each on a line of its own"


def test_whoever_asked_is_let_in_or_not_by_their_number(town: Town, decamp: Decamp) -> None:
    heard_of(town)
    assert decamp("relay", "accept", "7").exit_code == 4
    assert decamp("relay", "accept", "7").stdout.splitlines()[1].startswith("1: ")
    done = decamp("relay", "block", "1")
    assert (done.exit_code, done.stdout.endswith("stays outside.\n")) == (0, True)
    assert "\x1b" not in done.stdout
    assert decamp("relay", "accept", "1").exit_code == 4


def test_an_option_is_changed_for_a_link_and_for_a_rule_with_all_that_it_made(town: Town, decamp: Decamp) -> None:
    assert decamp("relay", "add", "folder", "hotel", "--name", "move", "--groups").exit_code == 0
    with Running(town).is_up():
        town.says("old/kitchen", "ann", "hello")
        until(lambda: any("kitchen" in one["name"] for one in links(decamp)))
        assert decamp("relay", "set", "kitchen", "typing", "on").exit_code == 0
        done = decamp("relay", "set", "move", "receipts", "on")
        assert (done.exit_code, "1 link that it made" in done.stdout) == (0, True)
        assert decamp("relay", "set", "kitchen", "typing", "perhaps").exit_code == 2
        [link] = links(decamp)
        assert (link["options"]["receipts"], link["options"]["typing"]) == (True, True)
    config = tomllib.loads((town.home / "config.toml").read_text())
    assert config["portals"][0]["receipts"] is True
    wrong = decamp("relay", "set", "move", "grace-hours", "soon")
    assert (wrong.exit_code, "This is a number" in wrong.stderr) == (2, True)
    assert "There are: receipts" in decamp("relay", "set", "move", "colour", "red").stderr


def test_a_chat_that_is_wished_for_at_the_terminal_is_made_by_the_relay_that_runs(town: Town, decamp: Decamp) -> None:
    assert decamp("relay", "add", "folder", "hotel").exit_code == 0
    with Running(town).is_up():
        until(lambda: "kitchen" in decamp("relay", "contacts").stdout)
        assert "is being made" in decamp("relay", "start", "kitchen").stdout
        until(lambda: links(decamp))
        assert decamp("relay", "start", "kitchen").stdout == "kitchen has one already.\n"
        assert decamp("relay", "sync").exit_code == 0


def links(decamp: Decamp) -> list[dict[str, dict[str, object]]]:
    found = said(decamp("relay", "list", "--json"))["links"]
    return [one for one in found if one["kind"] == "link"]
