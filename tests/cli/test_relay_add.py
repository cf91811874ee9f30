"""`decamp relay add`, `list`, `remove` and `doctor`: chats by name, and a reason for everything that is refused."""

from __future__ import annotations

import importlib.util
import socket
import tomllib
from typing import Any

import pytest

from bridges.relay.model import Mode, Options, Rule
from migrate.cli.relay_setup import Named, keep_rules, rules_of
from migrate.cli.run import Options as Said
from migrate.cli.run import Run
from tests.cli.conftest import Decamp, said
from tests.cli.relay_town import Town


def config(town: Town) -> dict[str, Any]:
    return tomllib.loads((town.home / "config.toml").read_text())


def test_a_part_of_the_name_is_enough(town: Town, decamp: Decamp) -> None:
    done = decamp("relay", "add", "folder:KITCH", "shelf:roo", "--one-way", "--receipts", "--json")
    assert done.exit_code == 0, done.stderr
    link = said(done)["added"]
    assert [end["chat"] for end in link["ends"]] == ["kitchen", "room"]
    assert (link["direction"], link["options"]["receipts"], link["options"]["typing"]) == ("out", True, False)
    assert "kitchen" in decamp("relay", "list").stdout


def test_where_several_are_called_so_they_are_listed(town: Town, decamp: Decamp) -> None:
    done = decamp("relay", "add", "folder:c", "shelf:room")
    assert done.exit_code == 2
    assert "club (group, club); kitchen (group, kitchen)" in done.stderr
    assert "room" in decamp("relay", "add", "folder:club", "shelf:nowhere").stderr


@pytest.mark.usefixtures("somebody_there")
def test_at_a_terminal_one_chooses_from_a_list(town: Town, decamp: Decamp) -> None:
    done = decamp("relay", "add", "folder:c", "shelf:", typed="2\n1\n")
    assert done.exit_code == 0, done.output
    (link,) = said(decamp("relay", "list", "--json"))["links"]
    assert [end["chat"] for end in link["ends"]] == ["kitchen", "attic"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["folder:kitchen", "folder:kitchen"], "linked to itself"),
        (["folder:kitchen", "folder:club"], "same network"),
        (["folder", "folder"], "cannot be relayed to itself"),
        (["folder", "shelf"], "have to share one"),
        (["folder:kitchen", "shelf"], "makes no chats by itself"),
        (["folder", "shelf:room", "hotel:"], "one place at a time"),
        (["folder:kitchen", "xmpp:books"], "has not been set up"),
        (["folder:kitchen", "nothing:books"], "no bridge called nothing"),
        (["folder", "hotel", "--mode", "ghosts"], "no ghosts for contacts"),
        (["folder", "hotel", "--mode", "cats"], "no mode"),
        (["folder", "hotel", "--history", "5"], "come from an archive"),
        ([":books", "shelf:room"], "names no bridge"),
        (["folder", "hotel", "--ghost-name", "Bob"], "called the same"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_work_is_refused_with_the_reason(town: Town, decamp: Decamp, words: list[str], reason: str) -> None:
    done = decamp("relay", "add", *words)
    assert done.exit_code == 2
    assert reason in done.stderr
    assert decamp("relay", "list").exit_code == 2


def test_a_circle_of_links_or_of_rules_is_refused(town: Town, decamp: Decamp) -> None:
    (town.folder / "inn" / "lounge").mkdir()
    assert decamp("relay", "add", "folder:kitchen", "shelf:room").exit_code == 0
    assert decamp("relay", "add", "shelf:room", "hotel:lounge").exit_code == 0
    circle = decamp("relay", "add", "hotel:lounge", "folder:kitchen")
    assert (circle.exit_code, "in a circle" in circle.stderr) == (2, True)
    assert decamp("relay", "add", "folder", "hotel").exit_code == 0
    assert decamp("relay", "add", "hotel", "shelf:attic").exit_code == 0
    circle = decamp("relay", "add", "shelf", "folder:club")
    assert (circle.exit_code, "in a circle" in circle.stderr) == (2, True)


def test_every_contact_gets_a_chat_and_the_relay_one_to_speak_to_its_owner(town: Town, decamp: Decamp) -> None:
    done = decamp("relay", "add", "folder", "hotel", "--groups", "--typing")
    assert done.exit_code == 0, done.stderr
    assert "gets a chat of their own on hotel" in done.stdout
    assert "speaks to you in decamp on hotel" in done.stderr
    (rule,) = config(town)["portals"]
    assert rule == {
        "name": "folder-hotel",
        "from": "folder",
        "to": "hotel",
        "mode": "chats",
        "groups": True,
        "typing": True,
    }
    assert config(town)["relay"]["control"] == ["hotel:decamp"]
    again = decamp("relay", "add", "folder", "hotel", "--json")
    assert said(again)["again"] is True
    assert "typing" not in config(town)["portals"][0]


def test_the_direct_chat_with_the_owner_is_taken_where_there_is_one(town: Town, decamp: Decamp) -> None:
    (town.folder / "inn" / "with robin").mkdir()
    assert decamp("relay", "add", "folder", "hotel").exit_code == 0
    assert config(town)["relay"]["control"] == ["hotel:with robin"]
    refused = decamp("relay", "add", "folder:club", "hotel:with robin")
    assert "speak to the relay itself" in refused.stderr


def test_where_no_chats_can_be_made_all_share_the_one_with_the_owner_and_the_reason_is_said(
    town: Town, decamp: Decamp
) -> None:
    for chat in ("with robin", "full"):
        (town.folder / "inn" / chat).mkdir()
    refused = decamp("relay", "add", "folder", "hotel", "--mode", "chats")
    assert refused.exit_code != 0
    assert "The hotel is full. Come back later." in " ".join(refused.stderr.split())
    done = decamp("relay", "add", "folder", "hotel")
    assert done.exit_code == 0, done.stderr
    assert "The hotel is full. Come back later. Until then all contacts share one chat." in " ".join(
        done.stderr.split()
    )
    (rule,) = config(town)["portals"]
    assert (rule["mode"], rule["chat"]) == ("shared", "with robin")


def test_a_chat_that_all_share_tells_who_the_owner_is(town: Town, decamp: Decamp) -> None:
    (town.folder / "inn" / "with alice").mkdir()
    assert decamp("relay", "add", "folder", "hotel:with alice").exit_code == 0
    assert config(town)["portals"][0]["mode"] == "shared"
    assert config(town)["relay"]["owners"] == {"hotel": ["alice"]}


def test_what_is_said_to_one_person_is_what_the_owner_writes_alone(town: Town, decamp: Decamp) -> None:
    (town.folder / "inn" / "with carla").mkdir()
    done = decamp("relay", "add", "hotel:with carla", "shelf:room")
    assert "what others write there does not" in done.stderr
    assert said(decamp("relay", "list", "--json"))["links"][0]["private"] is True
    decamp("relay", "add", "hotel:with carla", "shelf:room", "--everybody")
    assert said(decamp("relay", "list", "--json"))["links"][0]["private"] is False


def test_a_chat_is_made_where_none_is_named(town: Town, decamp: Decamp) -> None:
    done = decamp("relay", "add", "folder:kitchen", "hotel", "shelf:room", "--ghost-name", "{name} on {network}")
    assert done.exit_code == 0, done.stderr
    assert (town.folder / "inn" / "kitchen on Shared folder").is_dir()
    (link,) = said(decamp("relay", "list", "--json"))["links"]
    assert [end["chat"] for end in link["ends"]] == ["kitchen", "kitchen on Shared folder", "room"]


def test_chats_of_one_name_get_one_each_where_a_network_finds_them_by_it(town: Town, decamp: Decamp) -> None:
    names = [f"{'family ' * 34}{number}" for number in (1, 2)]  # as long as nobody shows them
    for name in names:
        (town.folder / "old" / name).mkdir()
        assert decamp("relay", "add", f"folder:{name}", "hotel").exit_code == 0
    first, second = (link["ends"][1]["chat"] for link in said(decamp("relay", "list", "--json"))["links"])
    assert first != second
    assert second.endswith(f" ({names[1][:4]}…{names[1][-4:]}) (Shared folder)")


def test_removing_says_what_stays(town: Town, decamp: Decamp) -> None:
    decamp("relay", "add", "folder:kitchen", "shelf:room")
    decamp("relay", "add", "folder", "hotel")
    done = decamp("relay", "remove", "kitchen")
    assert "The chats stay as they are" in done.stdout
    assert "no further chats are made" in decamp("relay", "remove", "folder-hotel").stdout
    assert decamp("relay", "list").exit_code == 2
    assert decamp("relay", "add", "folder:kitchen", "shelf:room").exit_code == 0


def test_a_name_that_nothing_has_is_answered_with_those_there_are(town: Town, decamp: Decamp) -> None:
    decamp("relay", "add", "folder:kitchen", "shelf:room")
    done = decamp("relay", "pause", "cellar")
    assert done.exit_code == 2
    assert "kitchen (folder: kitchen, shelf: room)" in done.stderr


def test_a_link_is_found_at_the_terminal_by_what_the_relay_calls_it_in_its_chat(town: Town, decamp: Decamp) -> None:
    decamp("relay", "add", "folder:kitchen", "shelf:room")
    assert "kitchen stands still" in decamp("relay", "pause", "Kitchen (kitchen)").stdout


def test_rules_are_the_same_after_they_were_written_down(town: Town) -> None:
    run = Run({"DECAMP_HOME": str(town.home)}, Said())
    options = Options(receipts=True, history=20, disappearing=False, most=7)
    rules = [
        Named("a", Rule(source="session", target="matrix", mode=Mode.CHATS, groups=True, options=options, name="a")),
        Named('b "quoted"', Rule(source="session", target="xmpp", mode=Mode.SHARED, chat="a@b", name='b "quoted"')),
    ]
    keep_rules(run, rules)
    assert rules_of(run) == rules


def test_one_says_how_long_it_is_known_which_message_is_which(town: Town, decamp: Decamp) -> None:
    added = decamp("relay", "add", "folder", "hotel", "--kept-days", "60")
    assert added.exit_code == 0, added.stderr
    assert config(town)["portals"][0]["kept_days"] == 60
    assert decamp("relay", "add", "folder", "hotel", "--kept-days", "29").exit_code == 2
    file = town.home / "config.toml"
    file.write_text(file.read_text().replace("kept_days = 60", "kept_days = 0"))
    done = decamp("relay", "status")
    assert (done.exit_code, "kept_days" in done.stderr) == (2, True)


def test_a_rule_that_cannot_be_read_is_said(town: Town, decamp: Decamp) -> None:
    file = town.home / "config.toml"
    file.write_text(file.read_text() + '\n[[portals]]\nname = "a"\nfrom = "folder"\nto = "shelf"\nmode = "cats"\n')
    done = decamp("relay", "status")
    assert (done.exit_code, "[[portals]]" in done.stderr) == (2, True)


# -- doctor ------------------------------------------------------------------------------------------


def test_the_doctor_finds_files_that_others_may_read(town: Town, decamp: Decamp) -> None:
    decamp("relay", "add", "folder:kitchen", "shelf:room")
    assert decamp("relay", "doctor").exit_code == 0
    (town.home / "bridges").chmod(0o755)
    done = decamp("relay", "doctor")
    assert done.exit_code == 7
    assert "Others may read" in done.stdout
    assert f"chmod 700 '{town.home / 'bridges'}'" in done.stdout


def test_the_doctor_finds_a_bridge_that_is_gone_and_a_link_that_stands_still(town: Town, decamp: Decamp) -> None:
    decamp("relay", "add", "folder:kitchen", "shelf:room")
    decamp("relay", "pause", "kitchen")
    file = town.home / "config.toml"
    file.write_text(file.read_text().replace("[bridge.shelf]", "[bridge.attic]"))
    found = {one["text"]: one["todo"] for one in said(decamp("relay", "doctor", "--json"))["findings"]}
    assert found["The bridge shelf has not been set up."] == "Run: decamp bridge setup shelf"
    assert found["kitchen stands still."] == "Run: decamp relay resume 'kitchen'"


def test_the_doctor_finds_a_program_that_does_not_answer_and_a_library_that_is_not_there(
    town: Town, decamp: Decamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = town.home / "config.toml"
    file.write_text(file.read_text() + f'\n[bridge.simplex]\nhost = "127.0.0.1"\nport = "{port}"\n')
    file.write_text(file.read_text() + '\n[[portals]]\nname = "s"\nfrom = "folder"\nto = "simplex"\nmode = "chats"\n')
    found_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "PIL" else found_spec(name))
    done = decamp("relay", "doctor")
    assert "simplex goes without previews of photos" in done.stdout
    assert "decamp[media]" in done.stdout
    assert (done.exit_code, f"nothing answers at 127.0.0.1:{port}" in done.stdout) == (7, True)


def test_a_link_goes_by_the_name_that_it_was_given_and_is_found_by_its_chat_as_well(town: Town, decamp: Decamp) -> None:
    assert decamp("relay", "add", "folder:kitchen", "shelf:room", "--name", "Family").exit_code == 0
    assert "Family  folder: kitchen" in decamp("relay", "list").stdout
    assert "\nFamily  " in decamp("relay", "status").stdout
    assert decamp("relay", "pause", "kitchen").stdout.startswith("Family stands still.")
    assert "Family stands still." in decamp("relay", "doctor").stdout
    assert decamp("relay", "remove", "family").stdout.startswith("Family is relayed no more.")
