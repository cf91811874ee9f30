"""`decamp render`, `decamp verify`, `decamp doctor`, `decamp demo`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Decamp, said


@pytest.fixture
def archive(exported: Path, tmp_path: Path) -> Path:
    """An archive that a test may spoil."""
    return Path(shutil.copytree(exported, tmp_path / "archive"))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_render_writes_lost_files_again_from_the_database_alone(decamp: Decamp, archive: Path) -> None:
    before = snapshot(archive)
    for path in archive.iterdir():
        if path.name in {"html", "messages"}:
            shutil.rmtree(path)
        elif path.name not in {"archive.sqlite", "files"}:
            path.unlink()
    done = decamp("render", archive)
    assert done.exit_code == 0
    assert str(archive / "html" / "index.html") in done.stdout
    after = snapshot(archive)
    for spoilt in ("archive.sqlite", "manifest.json"):  # these know when they were written
        before.pop(spoilt)
        after.pop(spoilt)
    assert after == before
    assert decamp("verify", archive).exit_code == 0


def test_render_takes_one_format_and_no_unknown_one(decamp: Decamp, archive: Path) -> None:
    (archive / "contacts.csv").unlink()
    assert said(decamp("render", archive, "--format", "csv", "--json"))["written"] == 1
    assert (archive / "contacts.csv").is_file()
    assert decamp("render", archive, "--format", "pdf").exit_code == 2


def test_verify_is_content_with_what_was_written(decamp: Decamp, archive: Path) -> None:
    done = decamp("verify", archive)
    assert done.exit_code == 0
    assert "The archive is whole" in done.stdout
    assert decamp("verify", archive / "archive.sqlite").exit_code == 0


def test_verify_names_what_changed_and_ends_with_7(decamp: Decamp, archive: Path) -> None:
    page = archive / "html" / "index.html"
    page.write_bytes(page.read_bytes() + b" ")
    (archive / "contacts.csv").unlink()
    done = decamp("verify", archive)
    assert done.exit_code == 7
    assert "2 problems" in done.stderr
    assert "html/index.html" in done.stderr
    assert "contacts.csv" in done.stderr
    found = said(decamp("verify", archive, "--json"))
    assert found["exit_code"] == 7
    assert {problem["path"] for problem in found["report"]["problems"]} == {"html/index.html", "contacts.csv"}


def test_verify_mentions_files_that_are_not_of_decamp(decamp: Decamp, archive: Path) -> None:
    (archive / "my notes.txt").write_text("mine")
    done = decamp("verify", archive)
    assert done.exit_code == 0
    assert "1 file in the folder is not of decamp." in done.stderr


def test_verify_does_not_take_a_file_for_an_archive(decamp: Decamp, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("x")
    done = decamp("verify", tmp_path / "note.txt")
    assert done.exit_code == 7
    assert "There is no move statement in this" in done.stderr


def test_doctor_says_when_there_is_nothing_and_which_versions_look(decamp: Decamp) -> None:
    done = decamp("doctor")
    assert done.exit_code == 4
    assert "no data in the usual places" in done.stdout
    assert "SQLCipher" in done.stdout
    assert said(decamp("doctor", "--json"))["profiles"] == []


def test_doctor_tells_what_could_be_read(decamp: Decamp, profile: Path, locked_profile: Path) -> None:
    done = decamp("doctor", profile)
    assert done.exit_code == 0
    assert "Can be read: 9 messages, schema 54." in done.stdout
    locked = decamp("doctor", locked_profile)
    assert "Protected by a password" in locked.stdout
    (found,) = said(decamp("doctor", locked_profile, "--json"))["profiles"]
    assert found["password"] is True
    assert found["messages"] is None


def test_doctor_tells_why_a_profile_cannot_be_read(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(profile, tmp_path / "Session"))
    (folder / "config.json").write_text("{}")
    done = decamp("doctor", folder)
    assert done.exit_code == 0
    assert "Cannot be read: The Session database does not open: config.json holds no key." in done.stdout


@pytest.mark.parametrize("command", ["doctor", "export"])
def test_the_profile_stays_as_it_was(decamp: Decamp, profile: Path, tmp_path: Path, command: str) -> None:
    before = snapshot(profile)
    words = [command, profile, *(["--to", tmp_path / "archive"] if command == "export" else [])]
    assert decamp(*words).exit_code == 0
    assert snapshot(profile) == before


def test_demo_makes_a_profile_and_an_archive_and_can_be_repeated(decamp: Decamp, tmp_path: Path) -> None:
    folder = tmp_path / "look"
    first = decamp("demo", "--to", folder)
    assert first.exit_code == 0
    assert str(folder / "archive" / "html" / "index.html") in first.stdout
    second = decamp("demo", "--to", folder, "--json")
    assert second.exit_code == 0
    assert said(second)["report"]["new_messages"] == 0
    assert "Nothing is new" in second.stderr
    assert decamp("verify", folder / "archive").exit_code == 0


def test_demo_makes_a_card_that_can_be_checked_and_stays_the_same(decamp: Decamp, tmp_path: Path) -> None:
    first = decamp("demo", "--to", tmp_path / "look")
    assert str(tmp_path / "look" / "card" / "card.html") in first.stdout
    page = (tmp_path / "look" / "card" / "card.html").read_bytes()
    assert decamp("verify", tmp_path / "look" / "card").exit_code == 0
    decamp("demo", "--to", tmp_path / "look")
    assert (tmp_path / "look" / "card" / "card.html").read_bytes() == page
    assert decamp("card", "proof").exit_code == 2  # no account of yours had any part in it


def test_demo_begins_anew_where_it_was_stopped(decamp: Decamp, tmp_path: Path) -> None:
    (tmp_path / "look" / "profile.part").mkdir(parents=True)
    (tmp_path / "look" / "profile.part" / "half").write_text("x")
    assert decamp("demo", "--to", tmp_path / "look").exit_code == 0
    assert sorted(entry.name for entry in (tmp_path / "look").iterdir()) == ["archive", "card", "profile"]


def test_demo_leaves_a_folder_of_yours_alone(decamp: Decamp, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("dear")
    done = decamp("demo", "--to", tmp_path / "letters")
    assert done.exit_code == 2
    assert [entry.name for entry in (tmp_path / "letters").iterdir()] == ["one.txt"]
