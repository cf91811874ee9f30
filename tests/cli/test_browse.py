"""`decamp info`, `decamp search`, `decamp contacts`: looking into an archive."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from migrate.demo.profile import NOW, ProfileBuilder
from tests.cli.conftest import Decamp, said


def test_info_tells_how_much_there_is_of_what_and_of_when(decamp: Decamp, exported: Path) -> None:
    done = decamp("info", exported)
    assert "Robin" in done.stdout
    assert "9 messages in" in done.stdout
    assert "From 2026-03-2" in done.stdout
    found = said(decamp("info", exported, "--json"))
    assert sum(c["message_count"] for c in found["conversations"]) == found["counts"]["messages"] == 9
    assert found["finished"] is True


def test_info_says_when_the_last_export_was_not_finished(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    assert decamp("export", profile, "--to", folder, "--format", "csv").exit_code == 0
    (folder / "manifest.json").unlink()
    assert "did not get to its end" in decamp("info", folder).stderr


def test_search_shows_the_newest_first_and_who_said_it(decamp: Decamp, exported: Path) -> None:
    done = decamp("search", exported, "garden")
    lines = [line for line in done.stdout.splitlines() if "arden" in line]
    assert "markup" in lines[0]
    assert lines[1].strip() == "The garden it is"
    assert lines[2].strip() == "Shall we meet in the garden?"
    assert "Ali  you" in done.stdout


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["garden"], 3),
        (["garden", "--from", "me"], 1),
        (["garden", "--from", "ali"], 1),
        (["garden", "--from", "Alice", "--from", "me"], 2),
        (["garden", "--chat", "Ali"], 2),
        (["garden", "--since", "2027"], 0),
        (["garden", "--until", "2026"], 3),
        (["茶"], 1),
        (["GARD"], 3),
        (["number", "--chat", "Hikers"], 5),
        (["garden number"], 0),
        (['"the garden"'], 2),
        (["' OR 1=1 --"], 0),
    ],
)
def test_search_finds_what_was_asked_for(decamp: Decamp, exported: Path, words: list[str], found: int) -> None:
    done = decamp("search", exported, *words, "--json")
    assert done.exit_code == 0
    assert len(said(done)["hits"]) == found


def test_search_says_how_many_it_did_not_show(decamp: Decamp, exported: Path) -> None:
    done = decamp("search", exported, "number", "--limit", "2")
    assert "3 older ones are not shown; --limit 5 shows them." in done.stderr
    found = said(decamp("search", exported, "number", "--limit", "2", "--json"))
    assert (len(found["hits"]), found["more"]) == (2, 3)


def test_search_without_a_hit_says_so(decamp: Decamp, exported: Path) -> None:
    done = decamp("search", exported, "unheard-of")
    assert done.exit_code == 0
    assert done.stdout == ""
    assert "No message has these words." in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--from", "Alise"], "Did you mean alice"),
        (["--chat", "Hickers"], "Did you mean hikers"),
        (["--limit", "0"], "--limit"),
        (["--since", "then"], "--since does not understand"),
    ],
)
def test_search_helps_with_wrong_words(decamp: Decamp, exported: Path, words: list[str], says: str) -> None:
    done = decamp("search", exported, "garden", *words)
    assert done.exit_code == 2
    assert says in done.stderr


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], {"Ali", "Bob", "Carla", "Mallory"}),
        (["ali"], {"Ali"}),
        (["ALICE"], {"Ali"}),
        (["--blocked"], {"Mallory"}),
        (["--relation", "request_out"], {"Carla"}),
        (["--relation", "request_out", "--relation", "contact", "b"], {"Bob", "Mallory"}),
    ],
)
def test_contacts_are_filtered(decamp: Decamp, exported: Path, words: list[str], names: set[str]) -> None:
    found = said(decamp("contacts", exported, *words, "--json"))
    shown = {"Mallory" if "Mallory" in c["display"] else c["display"] for c in found["contacts"]}
    # Ids are hex, so a single letter may be in any of them.
    assert names <= shown
    assert len(shown) == found["count"]
    assert words[-1:] == ["b"] or shown == names


def test_approved_leaves_out_whom_the_account_never_answered(decamp: Decamp, tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "Session") as profile:
        friend = profile.person("Friend")
        stranger = profile.person("Stranger", approved=False)
        for who in (friend, stranger):
            profile.message(who, who, "hello", NOW)
    assert decamp("export", tmp_path / "Session", "--to", tmp_path / "archive").exit_code == 0
    shown = said(decamp("contacts", tmp_path / "archive", "--approved", "--json"))["contacts"]
    assert [contact["display"] for contact in shown] == ["Friend"]


def test_a_relation_that_does_not_exist(decamp: Decamp, exported: Path) -> None:
    done = decamp("contacts", exported, "--relation", "friend")
    assert done.exit_code == 2
    assert "acquaintance" in done.stderr


def test_contacts_as_csv_are_the_same_rows_as_contacts_csv(decamp: Decamp, exported: Path) -> None:
    done = decamp("contacts", exported, "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout_bytes.decode("utf-8-sig"))))
    assert [row["display"] for row in rows if row["nickname"] == "Ali"] == ["Ali"]
    with (exported / "contacts.csv").open(encoding="utf-8-sig", newline="") as whole:
        known = {row["id"]: row for row in csv.DictReader(whole)}
    assert all(known[row["id"]] == row for row in rows)


def test_nobody_fits(decamp: Decamp, exported: Path) -> None:
    done = decamp("contacts", exported, "nobody-is-called-this")
    assert done.exit_code == 0
    assert done.stdout == ""
    assert "Nobody in this archive fits." in done.stderr
