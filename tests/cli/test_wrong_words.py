"""What a person sees who typed something wrong, or whom the machine failed: two sentences and an exit code."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from migrate.cli import browse
from migrate.errors import NothingFound
from tests.cli.conftest import HOSTILE, Decamp, said


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["exprt"], 2, "Did you mean 'export'?"),
        (["search"], 2, "Missing argument 'ARCHIVE'"),
        (["info", "here", "--nothing"], 2, "No such option: --nothing"),
        (["info", "here", "there"], 2, "there"),
        (["info", "nowhere"], 4, "There is no archive in nowhere"),
        (["search", "nowhere", "word"], 4, "There is no archive in nowhere"),
        (["verify", "nowhere"], 4, "There is nothing at nowhere"),
        (["render", "nowhere"], 4, "There is no archive in nowhere"),
        (["export", "nowhere"], 4, "There is nothing at nowhere"),
        (["export"], 4, "no data on this machine"),
        (["export", "--since", "yesteryear"], 2, "--since does not understand 'yesteryear'"),
        (["export", "--since", "2025", "--until", "2024"], 2, "--since lies after --until"),
    ],
)
def test_wrong_words_get_two_sentences_and_no_traceback(
    decamp: Decamp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = decamp(*words)
    assert done.exit_code == code, done.output
    assert done.stdout == ""
    first, second, *more = done.stderr.splitlines()
    assert first.startswith("Error: ")
    assert says in first
    assert second
    assert not more


@pytest.mark.parametrize(
    "words", [["--json", "info", "x"], ["info", "x", "--json"], ["info", "--json", "x", "--wrong"]]
)
def test_a_program_gets_the_error_as_an_object_wherever_it_says_json(
    decamp: Decamp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = decamp(*words)
    found = said(done)
    assert found["command"] == "decamp info"
    assert found["exit_code"] == done.exit_code
    assert found["error"]["message"]
    assert found["error"]["hint"]


def test_a_program_that_names_no_command_gets_an_object_too(decamp: Decamp) -> None:
    done = decamp("--json")
    assert done.exit_code == 2
    assert said(done)["error"]["message"] == "No command was named."


def test_a_fault_of_ours_is_two_sentences_and_names_no_secret(decamp: Decamp, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(browse, "plain", fail)
    monkeypatch.setattr("migrate.archive.read.Archive.at", fail)
    done = decamp("info", "x")
    assert done.exit_code == 1
    assert "Something went wrong inside decamp (KeyError)." in done.stderr
    assert "--debug" in done.stderr
    assert "secret" not in done.output
    assert "Traceback" not in done.output


def test_debug_shows_where_an_error_came_from(decamp: Decamp) -> None:
    done = decamp("--debug", "info", "/nowhere")
    assert "Traceback" in done.stderr
    assert done.exit_code == 4


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full."),
        (PermissionError(errno.EACCES, "Permission denied", "/x/y"), "Permission denied (/x/y)"),
    ],
)
def test_what_the_system_refuses_is_said_plainly(
    decamp: Decamp, monkeypatch: pytest.MonkeyPatch, error: OSError, says: str
) -> None:
    def fail(folder: Path) -> None:
        raise error

    monkeypatch.setattr("migrate.archive.read.Archive.at", fail)
    done = decamp("info", "x")
    assert done.exit_code == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hostile_name_in_an_error_does_not_reach_the_terminal(
    decamp: Decamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path) -> None:
        raise NothingFound(f"There is no {HOSTILE}.", f"Ask {HOSTILE}.")

    monkeypatch.setattr("migrate.archive.read.Archive.at", fail)
    done = decamp("info", "x")
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr
    assert "[bold]Mallory[/bold]" in done.stderr
    assert ":warning:" in done.stderr
