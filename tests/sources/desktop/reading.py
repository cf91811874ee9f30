"""Shortcuts for tests: open a profile, read all of it, change its database behind the app's back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import sqlcipher3

from migrate.sources.base import Found
from migrate.sources.desktop import DesktopSource, recognise
from migrate.sources.desktop.database import key_literal

if TYPE_CHECKING:
    from sqlcipher3.dbapi2 import Connection


def source_of(folder: Path, work: Path, password: str | None = None) -> DesktopSource:
    """The source for a profile folder that is known to be one."""
    profile = recognise(folder)
    assert profile is not None
    return DesktopSource(profile, password, work)


def read_all(source: DesktopSource) -> dict[str, Found]:
    """Every message of an opened source, by native id."""
    return {row.native_id: source.read(row) for batch in source.rows() for row in batch}


@contextmanager
def database_of(folder: Path) -> Iterator[Connection]:
    """The database of a profile without a password, open for changes."""
    con = sqlcipher3.connect(str(folder / "sql" / "db.sqlite"), isolation_level=None)
    con.execute(f"PRAGMA key = {key_literal(json.loads((folder / 'config.json').read_text())['key'])}")
    yield con
    con.close()
