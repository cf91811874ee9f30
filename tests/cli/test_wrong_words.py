"""What a person sees who typed something wrong, or whom the machine failed: two sentences and an exit code."""

from __future__ import annotations

import errno
import sqlite3
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
        (["export", "https://open.example.org/room"], 4, "cannot read a community from its address"),
        (["export", "--recovery"], 3, "there is no terminal to ask"),
        (["search", "nowhere", "word", "--limit", "0"], 2, "--limit takes a number, at least 1."),
        (["search", "nowhere", "word", "--limit", "many"], 2, "--limit takes a number, at least 1."),
        (["verify", "."], 4, "There is neither an archive nor a card in ."),
        (["card", "show"], 4, "There is no handle yet."),
        (["announce", "status"], 4, "Nobody was told anything yet."),
        (["announce", "retry"], 4, "Nobody was told anything yet."),
        (
            ["bridge", "setup", "xmpp", "--answers", "answers.toml"],
            2,
            "The file of answers answers.toml cannot be read",
        ),
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


def test_whoever_writes_secrets_into_a_file_of_answers_is_told_who_else_may_read_it(
    decamp: Decamp, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text('password = "pw-4" "pw-5"', "utf-8")
    answers.chmod(0o644)
    done = decamp("bridge", "setup", "xmpp", "--answers", answers)
    assert done.exit_code == 2
    assert f"Other users of this machine may read {answers}" in done.stderr
    assert "is not written as answers are" in done.stderr
    assert "pw-" not in done.output


def test_without_a_terminal_it_is_said_which_answers_a_bridge_needs(decamp: Decamp) -> None:
    done = decamp("bridge", "setup", "xmpp-component")
    assert done.exit_code == 2
    assert "--answers: domain, secret, owner, host, port" in done.stderr


def test_a_hint_names_no_option_that_the_command_lacks(decamp: Decamp) -> None:
    for words in (["export", "--recovery"], ["watch", "x"], ["send", "Bob", "hi"], ["card", "revoke"]):
        hint = decamp(*words).stderr.splitlines()[-1]
        offered = decamp(*words, "--help").stdout
        named = [word.strip(",.;") for word in hint.split() if word.startswith("--")]
        assert named
        assert all(f"  {option} " in offered for option in named), (words, named)


def test_a_damaged_archive_is_called_that_by_every_command_that_reads_one(decamp: Decamp, tmp_path: Path) -> None:
    (tmp_path / "archive.sqlite").write_bytes(bytes(5000))
    for words in (["info"], ["contacts"], ["search"], ["render"]):
        done = decamp(*words, tmp_path, *(["word"] if words == ["search"] else []))
        assert done.exit_code == 2
        assert "is not an archive of decamp" in done.stderr
        assert "take it from a backup, or export once more" in done.stderr


def test_what_belongs_to_a_statement_is_not_passed_over_for_an_archive(decamp: Decamp, exported: Path) -> None:
    done = decamp("verify", exported, "--session-id", "05" + "ab" * 32)
    assert done.exit_code == 2
    assert "is an archive" in done.stderr
    assert "--session-id" in done.stderr


def test_an_answer_that_lacks_is_explained_and_never_shown_where_it_is_secret(decamp: Decamp, tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.touch(mode=0o600)
    assert 'Such as: address = "robin@example.org"' in decamp("bridge", "setup", "xmpp", "--answers", answers).stderr
    lacking = decamp("bridge", "setup", "session", "--answers", answers).stderr.splitlines()
    assert "chmod" not in "".join(lacking)
    assert lacking[-2:] == ["Error: The answers lack words.", "The 13 words of the recovery password."]


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
        (sqlite3.OperationalError("database or disk is full"), "The disk is full."),
        (sqlite3.OperationalError("attempt to write a readonly database"), "The system refused: readonly database."),
        (sqlite3.OperationalError("no such column: x"), "Something went wrong inside decamp (OperationalError)."),
    ],
)
def test_what_the_system_refuses_is_said_plainly(
    decamp: Decamp, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
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


@pytest.mark.usefixtures("somebody_there")
def test_whoever_leaves_at_a_question_hears_that_it_is_asked_again(decamp: Decamp) -> None:
    """Nothing was begun, so there is nothing to go on from."""
    done = decamp("bridge", "setup", "simplex", typed="")  # as by Ctrl-D, and by Ctrl-C
    assert done.exit_code == 130
    assert done.stderr.splitlines()[-1].endswith("Interrupted; the next run asks again.")


@pytest.mark.parametrize(("written", "says"), [(b"[relay\n", "at line 1"), (b"\xff\xfe", "it is not text")])
def test_whoever_broke_the_settings_is_not_told_to_delete_them(
    decamp: Decamp, environ: dict[str, str], written: bytes, says: str
) -> None:
    home = Path(environ["DECAMP_HOME"])
    home.mkdir(mode=0o700)
    (home / "config.toml").write_bytes(written)
    done = decamp("handle", "list")
    assert done.exit_code == 2
    assert says in done.stderr
    assert "knows none of your handles, bridges and rules" in done.stderr
    assert "delete" not in done.stderr
