"""An environment for each peer, made once per machine and kept outside of the repository.

A peer brings versions and licences of its own, which have no business in ours. DECAMP_PEERS names another folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NoReturn

import platformdirs

PATIENCE = 300.0
"""Seconds in which an environment is there, or will not be."""


def python_of(peer: str, absent: Callable[[str], NoReturn]) -> Path:
    """The Python of a peer's environment, which is made now if there is none. `peer` is direct or onion."""
    folder, why = _environment(peer)
    if why:
        absent(f"the environment of the {peer} peer could not be made: {why}")
    return _python(folder)


@cache
def _environment(peer: str) -> tuple[Path, str]:
    """Its folder, and why it is not there if it is not."""
    needs = Path(__file__).with_name(f"{peer}.txt")
    name = hashlib.sha256(needs.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = _cache() / f"{peer}-{name}"
    if folder.is_dir():
        return folder, ""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_suffix(".lock")):
        return folder, "" if folder.is_dir() else _made(folder, needs)


def _cache() -> Path:
    named = os.environ.get("DECAMP_PEERS")
    return Path(named) if named else platformdirs.user_cache_path("decamp") / "peers"


def _made(folder: Path, needs: Path) -> str:
    """Make it under another name first, so that one that was begun and not finished is never used. Or say why not."""
    begun = folder.with_suffix(".part")
    shutil.rmtree(begun, ignore_errors=True)
    venv.create(begun, with_pip=False)
    pip = [sys.executable, "-m", "pip", "--python", str(_python(begun)), "install", "--quiet", "--retries", "1"]
    # What our own environment is held to is not what a peer was tried with.
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
