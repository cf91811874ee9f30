"""What reaches a terminal, and what does not."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from migrate.cli.progress import Lines
from migrate.cli.ui import plain
from tests.cli.conftest import HOSTILE, Decamp, said

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def in_terminal(words: list[object], environ: dict[str, str], columns: int) -> str:
    """What a person sees in a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "migrate", *map(str, words)],
        env={**environ, "TERM": "xterm", "NO_COLOR": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        seen = b""
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end has closed
                break
            if not more:
                break
            seen += more
    os.close(ours)
    return seen.decode()


@given(st.text())
def test_no_character_of_somebody_else_steers_a_terminal(text: str) -> None:
    made = plain(text)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in made)
    assert not set(made) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u2028\u2029")
    assert not any(0xD800 <= ord(c) <= 0xDFFF for c in made)


@pytest.mark.parametrize("text", ["Zoë", "小雨", "دانیال می\u200cآید", FAMILY, "❤️", "a [bold]b[/bold] :smile:"])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize("words", [["contacts"], ["info"], ["search", "garden"]])
@pytest.mark.parametrize("columns", [40, 80])
def test_hostile_names_stay_text_and_lines_stay_short(
    exported: Path, environ: dict[str, str], words: list[str], columns: int
) -> None:
    seen = in_terminal([words[0], exported, *words[1:]], environ, columns)
    bare = seen.replace("\x1b[1m", "").replace("\x1b[0m", "")  # our own bold
    assert "\x1b" not in bare
    assert "\x07" not in bare
    assert "\u202e" not in bare
    assert "[red]markup[/red]" in bare or "Ali" in bare
    # Whole ids and paths are for copying: the terminal breaks them, we do not.
    lines = [line for line in bare.splitlines() if "05" not in line and "/" not in line]
    assert lines
    assert max(map(cell_len, lines)) <= columns


def test_a_pipe_gets_whole_ids_and_nothing_cut(decamp: Decamp, exported: Path) -> None:
    done = decamp("contacts", exported)
    assert "…" not in done.stdout
    assert sum(len(word) == 66 for word in done.stdout.split()) == 4


@pytest.mark.parametrize(
    "words",
    [["info"], ["contacts"], ["search", "garden"], ["verify"], ["contacts", "--all"], ["search", "nothing-like-it"]],
)
def test_json_is_one_object_in_ascii_and_nothing_else(decamp: Decamp, exported: Path, words: list[str]) -> None:
    done = decamp(words[0], exported, *words[1:], "--json")
    assert done.exit_code == 0
    found = said(done)
    assert found["command"] == f"decamp {words[0]}"
    assert found["exit_code"] == 0
    assert done.stdout.isascii()


def test_quiet_leaves_the_answer_and_nothing_else(decamp: Decamp, exported: Path) -> None:
    assert decamp("contacts", exported, "--quiet").stderr == ""
    assert "Ali" in decamp("contacts", exported, "--quiet").stdout
    assert decamp("--quiet", "verify", exported).output == ""


def test_a_console_that_knows_only_ascii_gets_question_marks(exported: Path, environ: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "migrate", "search", str(exported), "茶"],
        env={**environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        check=True,
    )
    assert b"?" in done.stdout
    assert done.stdout.isascii()


def test_json_survives_a_path_that_is_no_text(decamp: Decamp, exported: Path) -> None:
    done = decamp("--json", "info", os.fsdecode(b"/tmp/\xff\xfe"))
    assert json.loads(done.stdout)["exit_code"] == 4


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_a_terminal_there_is_a_line_every_ten_seconds() -> None:
    heard: list[str] = []
    clock = Clock()
    lines = Lines(heard.append, clock)
    lines.stage("Reading messages", 100_000, "messages")
    for _ in range(25):
        clock.now += 1
        lines.advance(1000)
    lines.stage("Checking files", 5_000_000, "bytes")
    clock.now += 9
    lines.advance(1_000_000)
    assert heard == [
        "Reading messages: 10,000 of 100,000 · 1,000/s · 2 min left",
        "Reading messages: 20,000 of 100,000 · 1,000/s · 80 s left",
        "Checking files: 1.0 MB of 5.0 MB · 111 KB/s · 36 s left",
    ]


def test_the_hostile_name_is_as_hostile_as_we_think() -> None:
    assert plain(HOSTILE) == "\ufffd[31mred\ufffd [bold]Mallory[/bold] \ufffdevil line :warning:"


@pytest.mark.parametrize("columns", [50, 80])
def test_a_narrow_terminal_shows_every_bridge_with_what_it_is_and_can_do(environ: dict[str, str], columns: int) -> None:
    listed = in_terminal(["bridge", "list"], environ, columns)
    assert "simplex: not set up" in listed
    assert "tells who came." in " ".join(listed.split()), "to the last word"
    table = in_terminal(["bridge", "list", "--abilities"], environ, columns)
    assert table.count("Repeatable sends") > 1, "in several parts, each with what it is about"
    for seen in (listed, table):
        for name in ("deltachat", "matrix", "matrix-appservice", "session", "simplex", "xmpp", "xmpp-component"):
            assert name in seen
        assert max(len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) for line in seen.splitlines()) <= columns
