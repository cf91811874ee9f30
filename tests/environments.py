"""Environments for programs that share nothing with ours, made once per machine and kept outside of the repository.

Such a program brings versions and a licence of its own, which have no business in ours. A text file beside the code
that starts it names what it needs. DECAMP_ENVIRONMENTS says where to keep them, else it is the user's cache.
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
from functools import cache
from pathlib import Path

import platformdirs

PATIENCE = 600.0
"""Seconds in which an environment is there, or will not be."""


class NotThere(Exception):
    """The environment could not be made. It says why."""


def python_with(needs: Path) -> Path:
    """A Python in which everything is installed that the file names. Raises `NotThere`, and tries only once."""
    folder, why = _environment(needs)
    if why:
        raise NotThere(f"the environment for {needs.stem} could not be made: {why}")
    return _python(folder)


@cache
def _environment(needs: Path) -> tuple[Path, str]:
    """Its folder, and why it is not there if it is not."""
    name = hashlib.sha256(needs.read_bytes() + sys.version.encode()).hexdigest()[:12]
    named = os.environ.get("DECAMP_ENVIRONMENTS")
    folder = (Path(named) if named else platformdirs.user_cache_path("decamp") / "tests") / f"{needs.stem}-{name}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.is_dir():
        return folder, ""
    with _alone(folder.with_suffix(".lock")):
        return folder, "" if folder.is_dir() else _made(folder, needs)


def _made(folder: Path, needs: Path) -> str:
    """Make it under another name first, so that one that was begun and not finished is never used. Or say why not."""
    begun = folder.with_suffix(".part")
    shutil.rmtree(begun, ignore_errors=True)
    venv.create(begun, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(_python(begun)), "install", "--quiet", "--retries", "1"]
    # What our own environment is held to is not what such a program was tried with.
    around = {name: value for name, value in os.environ.items() if name not in {"PIP_CONSTRAINT", "PYTHONPATH"}}
    command = [*pip, "--no-deps", "--requirement", str(needs)]
    try:
        done = subprocess.run(command, env=around, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return f"it was not there after {PATIENCE:.0f} seconds"
    if done.returncode:
        shutil.rmtree(begun)
        return (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    begun.replace(folder)
    return ""


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process at a time. SQLite's locks are the same on every system, and whoever dies gives theirs back."""
    held = sqlite3.connect(lock, timeout=PATIENCE, isolation_level=None)
    try:
        held.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        held.close()
