"""What OMEMO has to keep between runs: keys, sessions, and texts that can be decrypted only once.

Loaded only where encryption is on: the library may not be installed. One SQLite file in the folder of the bridge, for
its owner's eyes only. A message is opened with keys that are gone afterwards, so that its text and the keys that are
left are written down in one go: killed at any moment, the next run reads it again or has its text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from omemo.storage import Just, Maybe, Nothing, Storage
from omemo.types import JSONType

_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS opened (message TEXT PRIMARY KEY, text TEXT, at INTEGER NOT NULL) WITHOUT ROWID;
"""
_WEEK_MS = 7 * 86_400_000


class Keys(Storage):
    """The file. `Storage` is what the library asks; the rest is ours."""

    def __init__(self, folder: Path) -> None:
        super().__init__(disable_cache=True)  # what was not written down is not there
        path = folder / "omemo.sqlite"
        path.touch(0o600)
        path.chmod(0o600)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA secure_delete = ON")  # a key that was used up is gone from the file too
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def in_one_go(self) -> Iterator[None]:
        """All that is written inside is there afterwards, or, after a crash, none of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    async def _load(self, key: str) -> Maybe[JSONType]:
        row = self._db.execute("SELECT value FROM keys WHERE name = ?", [key]).fetchone()
        return Nothing() if row is None else Just(msgspec.json.decode(row[0]))

    async def _store(self, key: str, value: JSONType) -> None:
        self._db.execute("INSERT OR REPLACE INTO keys VALUES (?, ?)", [key, msgspec.json.encode(value)])

    async def _delete(self, key: str) -> None:
        self._db.execute("DELETE FROM keys WHERE name = ?", [key])

    def opened(self, message: str, now: int) -> tuple[str | None] | None:
        """The text of a message that was opened before, in case the rest of us did not get to know of it."""
        row: tuple[str | None] | None
        row = self._db.execute("SELECT text FROM opened WHERE message = ?", [message]).fetchone()
        if row is not None:
            self._db.execute("UPDATE opened SET at = ? WHERE message = ?", [now, message])
        return row

    def note(self, message: str, text: str | None, now: int) -> None:
        """Keep the text of a message for a week; None for one that only carries keys."""
        self._db.execute("INSERT OR REPLACE INTO opened VALUES (?, ?, ?)", [message, text, now])

    def forget(self, now: int) -> None:
        """Let go of texts that have long been passed on."""
        self._db.execute("DELETE FROM opened WHERE at < ?", [now - _WEEK_MS])
