"""`decamp demo --network`: a network to try restoring and sending on, until somebody stops it."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from migrate.archive.read import Archive
from migrate.cli.demo_network import commands
from tests.cli.conftest import Decamp, said, start
from tests.patience import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal here")


@contextmanager
def running(environ: dict[str, str], folder: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The demo as a program of its own, once it has said all that it says."""
    with start(["demo", "--network", "--to", folder], environ, folder.parent) as child:
        try:
            assert child.stdout is not None
            lines = [line for _, line in zip(range(5), iter(child.stdout.readline, ""), strict=False)]
            yield child, lines
        finally:
            child.kill()


def test_a_newcomer_restores_and_sends_on_one_machine(decamp: Decamp, environ: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "look"
    home, words, restored = folder / "home", folder / "words.txt", folder / "restored"
    with running(environ, folder) as (child, lines):
        assert [line.strip() for line in lines[1:4]] == commands(folder)
        assert stat.S_IMODE(words.stat().st_mode) == 0o600
        sent = decamp("--home", home, "send", "Echo", "Hello!", "--words-file", words, "--yes", "--json")
        assert sent.exit_code == 0, sent.stderr
        deadline = time.monotonic() + PATIENCE
        while "You wrote: Hello!" not in bodies(restored):
            assert time.monotonic() < deadline, "Echo never answered"
            done = decamp("--home", home, "export", "--recovery", "--words-file", words, "--to", restored, "--json")
            assert done.exit_code == 0, done.stderr
        assert "Hello!" in bodies(restored)
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 0, err
    assert "nothing leaves it" in err
    assert err.splitlines()[-1] == "The stand-in network is gone."


def test_the_next_start_in_the_same_folder_shows_the_same_account(
    decamp: Decamp, environ: dict[str, str], tmp_path: Path
) -> None:
    folder, found = tmp_path / "look", []
    for _ in range(2):
        with running(environ, folder) as (child, _lines):
            listed = decamp("--home", folder / "home", "network", "nodes", "--json")
            child.send_signal(signal.SIGINT)
            child.communicate(timeout=PATIENCE)
        assert listed.exit_code == 0
        assert said(listed)
        found.append((folder / "words.txt").read_text())
    assert found[0] == found[1]


def test_a_folder_of_yours_is_left_alone(decamp: Decamp, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("mine")
    done = decamp("demo", "--network", "--to", tmp_path / "letters")
    assert done.exit_code == 2
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["one.txt"]


def bodies(archive: Path) -> list[str | None]:
    if not (archive / "archive.sqlite").exists():
        return []
    with Archive.at(archive) as opened:
        return [
            message.body
            for number, where in opened.numbered_conversations()
            for _, message in opened.messages(number, where.id)
        ]
