"""Copies the database with its write-ahead log, so that the profile itself is never opened.

Why a copy, and why it is compared with the original afterwards: formats page of Session Desktop, section 3.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ...errors import NoSpace, SourceBusy, UnreadableSource
from .locate import DATABASE, Profile

TRIES = 5
_LOG_HEADER = 32
_STEP = 1 << 30
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would translate line ends without it

Mark = tuple[int, int, bytes | None]


def take_snapshot(profile: Profile, folder: Path, copied: Callable[[Path], None] | None = None) -> Path:
    """Copy the database into `folder` and say where the copy is. `copied` hears of each file that was copied.

    Raises `SourceBusy` if a checkpoint ran during each of five tries, `NoSpace`, or `UnreadableSource`.
    """
    copy = folder / DATABASE
    try:
        _check_space(profile, folder)
        for _ in range(TRIES):
            before = _mark(profile)
            for original, target in ((profile.database, copy), (profile.log, folder / f"{DATABASE}-wal")):
                _copy(original, target)
                if copied is not None:
                    copied(original)
            if _mark(profile) == before:
                return copy
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(f"The disk filled up while the Session database was copied to {folder}.") from error
        raise UnreadableSource(
            f"The Session database cannot be copied: {error.strerror or error}.",
            f"Make sure that you may read {profile.database} and write to {folder}.",
        ) from error
    raise SourceBusy("Session kept writing to its database while it was copied.")


def _mark(profile: Profile) -> Mark:
    """What changes when a checkpoint moves pages from the log into the database."""
    status = profile.database.stat()
    return status.st_size, status.st_mtime_ns, log_header(profile)


def log_header(profile: Profile) -> bytes | None:
    """The start of the write-ahead log, with the salts that change each time the log starts over; None without one."""
    try:
        with profile.log.open("rb") as log:
            return log.read(_LOG_HEADER)
    except FileNotFoundError:
        return None


def _check_space(profile: Profile, folder: Path) -> None:
    needed = profile.database.stat().st_size
    if profile.log.exists():
        needed += profile.log.stat().st_size
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoSpace(
            f"A private copy of the Session database needs {needed / 1e6:,.0f} MB, "
            f"and the disk of {folder} has {free / 1e6:,.0f} MB free."
        )


def _copy(original: Path, target: Path) -> None:
    """Copy one file for its owner's eyes; no original leaves no copy, as is right for the log of a closed app."""
    target.unlink(missing_ok=True)
    try:
        source = original.open("rb")
    except FileNotFoundError:
        if original.name.endswith("-wal"):
            return
        raise
    with source, open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "wb") as copy:
        if not _cloned(source, copy):
            shutil.copyfileobj(source, copy, 1 << 20)


def _cloned(source: BinaryIO, copy: BinaryIO) -> bool:
    """Let the kernel copy, which costs nothing on file systems that share blocks; False where it cannot."""
    if not hasattr(os, "copy_file_range"):
        return False
    try:
        while os.copy_file_range(source.fileno(), copy.fileno(), _STEP):
            pass
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        source.seek(0)
        copy.seek(0)
        copy.truncate()
        return False
    return True
