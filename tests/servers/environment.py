"""An environment for a server that comes as a Python package, made once per machine and kept outside of the repository.

A server brings versions and a licence of its own, which have no business in ours. DECAMP_SERVERS names another folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

PATIENCE = 600.0
"""Seconds in which an environment is there, or will not be."""


class NotThere(Exception):
    """The environment could not be made. It says why."""


def python_with(server: str) -> Path:
    """A Python in which everything is installed that `{server}.txt` beside this file names."""
    needs = Path(__file__).with_name(f"{server}.txt")
    name = hashlib.sha256(needs.read_bytes() + sys.version.encode()).hexdigest()[:12]
    named = os.environ.get("DECAMP_SERVERS")
    folder = (Path(named) if named else platformdirs.user_cache_path("decamp") / "servers") / f"{server}-{name}"
    python = folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.is_dir():
        with _alone(folder.with_suffix(".lock")):
            if not folder.is_dir():
                _make(folder, needs)
    return python


def _make(folder: Path, needs: Path) -> None:
    """Under another name first, so that one that was begun and not finished is never used."""
    begun = folder.with_suffix(".part")
    shutil.rmtree(begun, ignore_errors=True)
    venv.create(begun, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(begun / "bin" / "python"), "install", "--quiet"]
    # What our own environment is held to is not what a server was tried with.
    around = {name: value for name, value in os.environ.items() if name not in {"PIP_CONSTRAINT", "PYTHONPATH"}}
    command = [*pip, "--no-deps", "--only-binary", ":all:", "--retries", "1", "--requirement", str(needs)]
    try:
        done = subprocess.run(command, env=around, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise NotThere(f"it was not there after {PATIENCE:.0f} seconds") from None
    if done.returncode:
        shutil.rmtree(begun)
        raise NotThere((done.stderr.strip().splitlines() or ["pip failed"])[-1])
    begun.replace(folder)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process at a time. SQLite's locks are the same on every system, and whoever dies gives theirs back."""
    held = sqlite3.connect(lock, timeout=PATIENCE, isolation_level=None)
    try:
        held.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        held.close()
