"""Which serial numbers were given out here, and the newest statement of each account that was found to be genuine.

A statement cannot tell that there is a later one. Whoever has checked the later one knows, so it is remembered.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import DecampError
from .statement import SignedStatement, find

NAME = "statements.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS issued (session_id TEXT PRIMARY KEY, serial INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS seen (
  session_id TEXT, audience TEXT, serial INTEGER NOT NULL, text TEXT NOT NULL, checked_at INTEGER NOT NULL,
  PRIMARY KEY (session_id, audience)
);
"""


class BrokenSerials(DecampError):
    """The numbers of earlier statements cannot be read or written."""

    hint = "Check who may write to it. If it is damaged, delete it, and give the next card a high --serial yourself."


class Serials:
    """The file `statements.db` in the app folder. It is made when there is something to remember."""

    def __init__(self, path: Path) -> None:
        self._path = path

    # -- what was given out --------------------------------------------------------------------------

    def last(self, session_id: str) -> int:
        """The highest serial number of an account that was used or seen here; 0 if there is none."""
        rows = self._rows("SELECT serial FROM issued WHERE session_id = ?", session_id)
        rows += self._rows("SELECT serial FROM seen WHERE session_id = ?", session_id)
        return max((int(str(serial)) for (serial,) in rows), default=0)

    def use(self, session_id: str, serial: int) -> None:
        """Give a number out. Done before anything is signed, so that no two statements ever share one."""
        self._change(
            "INSERT INTO issued VALUES (?, ?) ON CONFLICT DO UPDATE SET serial = max(serial, excluded.serial)",
            (session_id, serial),
        )

    def accounts(self) -> list[str]:
        """The accounts that cards were made for here."""
        return [str(id) for (id,) in self._rows("SELECT session_id FROM issued ORDER BY session_id")]

    # -- what was seen -------------------------------------------------------------------------------

    def remember(self, found: Iterable[SignedStatement], now: int) -> None:
        """Keep each genuine statement that is newer than what is kept of its account, for the same audience."""
        rows = [
            (one.statement.session_id, one.statement.audience or "", one.statement.serial, one.text(), now)
            for one in found
        ]
        self._change(
            "INSERT INTO seen VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " serial = excluded.serial, text = excluded.text, checked_at = excluded.checked_at"
            " WHERE excluded.serial > serial",
            *rows,
        )

    def seen(self, session_id: str) -> list[tuple[SignedStatement, int]]:
        """The newest statements of an account, one for each audience, and when they were checked."""
        rows = self._rows("SELECT text, checked_at FROM seen WHERE session_id = ?", session_id)
        return [
            (signed, int(str(checked_at)))
            for text, checked_at in rows
            for signed in find(str(text))
            if isinstance(signed, SignedStatement)
        ]

    # -- the file ------------------------------------------------------------------------------------

    def _rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        if not self._path.exists():
            return []
        with self._opened() as con:
            return con.execute(sql, values).fetchall()

    def _change(self, sql: str, *rows: tuple[object, ...]) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._opened() as con, con:
            con.executemany(sql, rows)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path)) as con:
                con.executescript(_SCHEMA)
                yield con
        except sqlite3.Error as error:
            raise BrokenSerials(
                f"The numbers of earlier statements in {self._path} cannot be used: {error}."
            ) from error
