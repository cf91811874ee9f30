"""Ctrl-C, a polite kill, a closed terminal, a reader that went away: decamp leaves nothing private behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from migrate.demo.profile import NOW, ProfileBuilder
from tests.cli.conftest import start

# Reads one batch of rows, says so, and waits; the signal comes then. `removing` interrupts the tidying up.
PAUSED = """
import os, signal, sys, threading
from migrate.cli.app import main
from migrate.sources.desktop.source import DesktopSource

rows, remove = DesktopSource.rows, DesktopSource._remove

def rows_until_told(self):
    for batch in rows(self):
        yield batch
        print("reading", flush=True)
        threading.Event().wait(60)

def remove_interrupted(self):
    os.kill(os.getpid(), signal.SIGINT)
    remove(self)

DesktopSource.rows = rows_until_told
if "impatient" in os.environ:
    DesktopSource._remove = remove_interrupted
main()
"""


@pytest.fixture
def long_profile(tmp_path: Path) -> Path:
    with ProfileBuilder(tmp_path / "Session") as builder:
        alice = builder.person("Alice")
        for number in range(1500):
            builder.message(alice, alice, f"message {number}", NOW + number)
    return tmp_path / "Session"


def interrupted(
    profile: Path, folder: Path, environ: dict[str, str], number: signal.Signals, *words: str
) -> tuple[int, str, str]:
    words = ("export", str(profile), "--to", str(folder), *words)
    with subprocess.Popen(
        [sys.executable, "-c", PAUSED, *words],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "reading\n"
        assert [path.name.split("-")[0] for path in (folder / ".work").iterdir()] == ["desktop"]
        child.send_signal(number)
        out, err = child.communicate()
    return child.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_export_says_so_removes_its_private_copy_and_goes_on_next_time(
    long_profile: Path, tmp_path: Path, environ: dict[str, str], number: signal.Signals
) -> None:
    folder = tmp_path / "archive"
    code, out, err = interrupted(long_profile, folder, environ, number)
    assert code == 130
    assert out == ""
    assert err.splitlines()[-1] == "Interrupted; the next run goes on from there."
    assert "Traceback" not in err
    assert not list(folder.glob(".work/desktop-*"))

    with start(["export", long_profile, "--to", folder], environ, tmp_path) as child:
        out, err = child.communicate()
    assert child.returncode == 0, err
    assert "Saved 1,500 messages" in out


def test_a_second_ctrl_c_does_not_stop_the_tidying_up(
    long_profile: Path, tmp_path: Path, environ: dict[str, str]
) -> None:
    folder = tmp_path / "archive"
    code, _, err = interrupted(long_profile, folder, {**environ, "impatient": "1"}, signal.SIGINT)
    assert code == 130
    assert "Traceback" not in err
    assert not list(folder.glob(".work/desktop-*"))


def test_a_program_learns_that_it_was_interrupted(long_profile: Path, tmp_path: Path, environ: dict[str, str]) -> None:
    code, out, _ = interrupted(long_profile, tmp_path / "archive", environ, signal.SIGINT, "--json")
    assert code == 130
    assert '"exit_code": 130' in out


def test_a_reader_that_goes_away_causes_no_words(exported: Path, environ: dict[str, str], tmp_path: Path) -> None:
    """`decamp search … | head -1`."""
    with start(["search", exported, "number"], environ, tmp_path) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == ""
    assert child.returncode == 130
