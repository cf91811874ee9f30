"""Opens `archive.sqlite`, and refuses what is not one. The only place that knows how the file is configured."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ArchiveBusy, ArchiveError, NothingFound

if TYPE_CHECKING:
    from sqlite3 import Connection

FORMAT_VERSION = 1
NO_ARCHIVE = "Name another folder. If this was an archive, it is damaged: take it from a backup, or export once more."
NAME = "archive.sqlite"
JOURNAL = NAME + "-journal"
PATIENCE = 2.0  # seconds to wait for another process that is just finishing


def create_or_open(folder: Path) -> Connection:
    """Open the archive in `folder` for writing, alone; makes an empty one if there is none.

    Raises `ArchiveBusy` while another process writes, `ArchiveError` if the file is not an archive of ours.
    """
    path = folder / NAME
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    with _opened(path) as con:
        con.execute("PRAGMA locking_mode = EXCLUSIVE")
        con.execute("PRAGMA synchronous = FULL")
        con.execute("BEGIN IMMEDIATE")
        if con.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            for statement in _statements(files(__package__).joinpath("schema.sql").read_text("utf-8")):
                con.execute(statement)
            con.execute("INSERT INTO meta VALUES ('format_version', ?)", (str(FORMAT_VERSION),))
        con.execute("COMMIT")
        _check_version(con, path)
    return con


def open_to_read(folder: Path) -> Connection:
    """Open the archive in `folder` for reading only. Raises `NothingFound` or `ArchiveError`."""
    path = folder / NAME
    if not path.is_file():
        raise NothingFound(
            f"There is no archive in {folder}.", "Name the folder that `decamp export` made; it holds archive.sqlite."
        )
    with _opened(path) as con:
        con.execute("PRAGMA query_only = ON")
        _check_version(con, path)
    return con


@contextmanager
def _opened(path: Path) -> Iterator[Connection]:
    """A connection that stays open unless its first use fails; then the failure is one of ours."""
    import sqlite3

    con: Connection = sqlite3.connect(str(path), isolation_level=None, timeout=PATIENCE)
    try:
        con.execute("PRAGMA foreign_keys = ON")
        con.execute("PRAGMA temp_store = FILE")
        con.execute("PRAGMA cache_size = -32000")
        yield con
    except sqlite3.OperationalError as error:
        con.close()
        if "locked" in str(error):
            raise ArchiveBusy(f"Another decamp is writing to {path.parent}.") from error
        raise ArchiveError(f"{path} cannot be opened: {error}.") from error
    except sqlite3.DatabaseError as error:
        con.close()
        raise ArchiveError(f"{path} is not an archive of decamp.", NO_ARCHIVE) from error
    except BaseException:
        con.close()
        raise


def _check_version(con: Connection, path: Path) -> None:
    row = con.execute("SELECT value FROM meta WHERE key = 'format_version'").fetchone()
    if row is None:
        raise ArchiveError(f"{path} is not an archive of decamp.", NO_ARCHIVE)
    if int(row[0]) > FORMAT_VERSION:
        raise ArchiveError(
            f"{path} was made by a newer decamp (format {row[0]}).", "Install the current version of decamp."
        )


def _statements(script: str) -> list[str]:
    """Split the schema at semicolons that end a line; executescript would commit behind our back."""
    lines = [line.split(" --", 1)[0] for line in script.splitlines() if not line.startswith("--")]
    return [part for part in "\n".join(lines).split(";\n") if part.strip()]
