"""What must survive a restart, in one small database beside the keys. The folder is its owner's alone."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from .loose import Object, a_number, a_text

DAYS_KNOWN = 30
"""How long it is known what was sent under which key: nobody repeats a message after that."""
MOST_UNREADABLE = 500
"""Messages of one room whose keys are waited for: anybody in it can seal any number for somebody else."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sent (ticket TEXT PRIMARY KEY, event TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unreadable
    (event TEXT PRIMARY KEY, room TEXT NOT NULL, raw BLOB NOT NULL, shown INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS knock (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS newest (room TEXT PRIMARY KEY, id TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (number INTEGER PRIMARY KEY AUTOINCREMENT, raw BLOB NOT NULL);
"""


class Keep:
    """The database. What it has said to have kept is on the disk."""

    def __init__(self, folder: Path, now: Callable[[], int]) -> None:
        self._now = now
        file = folder / "matrix.db"
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        old = now() - DAYS_KNOWN * 86_400_000
        self._db.execute("DELETE FROM sent WHERE at < ?", (old,))
        self._db.execute("DELETE FROM knock WHERE at < ?", (old,))

    def close(self) -> None:
        self._db.close()

    def fact(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def learn(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def sent_as(self, ticket: str) -> str | None:
        """The event that was made under a ticket, here or in an earlier run."""
        row = self._db.execute("SELECT event FROM sent WHERE ticket = ?", (ticket,)).fetchone()
        return row[0] if row else None

    def note_sent(self, ticket: str, event: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO sent VALUES (?, ?, ?)", (ticket, event, self._now()))

    def note_unreadable(self, event: str, room: str, raw: Object) -> None:
        """Keep a message for when its key comes. Of very many in one room the newest: the others stay a notice."""
        row = (event, room, msgspec.json.encode(raw))
        self._db.execute("INSERT OR IGNORE INTO unreadable VALUES (?, ?, ?, NULL)", row)
        self._db.execute(
            "DELETE FROM unreadable WHERE event IN (SELECT event FROM unreadable WHERE room = ?"
            " ORDER BY json_extract(CAST(raw AS TEXT), '$.origin_server_ts') DESC LIMIT -1 OFFSET ?)",
            (room, MOST_UNREADABLE),
        )

    def unreadable(self) -> Iterator[tuple[str, str, Object]]:
        rows = self._db.execute("SELECT event, room, raw FROM unreadable WHERE shown IS NULL").fetchall()
        for event, room, raw in rows:
            yield event, room, msgspec.json.decode(raw)

    def note_shown(self, event: str, number: int) -> None:
        """That its key came, and with which batch it was told."""
        self._db.execute("UPDATE unreadable SET shown = ? WHERE event = ?", (number, event))

    def settle(self, number: int) -> None:
        """Forget what was told up to a batch that somebody has stored; what came later is to be told again."""
        self._db.execute("DELETE FROM unreadable WHERE shown <= ?", (number,))
        self._db.execute("UPDATE unreadable SET shown = NULL")

    def receive(self, events: list[Object]) -> None:
        """Take what a homeserver brought, all of it or nothing; the same event once more changes nothing.

        It is known by its own id. Those of transactions say nothing: Synapse with SQLite begins with 1 again when it
        is restarted at a moment when nothing waits (seen with Synapse 1.163).
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for event in events:
                if self._is_news(event):
                    self._db.execute("INSERT INTO journal (raw) VALUES (?)", (msgspec.json.encode(event),))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _is_news(self, event: Object) -> bool:
        """What has no id is of the moment, and is not brought again."""
        id, now = a_text(event, "event_id"), self._now()
        if not id:
            return True
        if self.knows(id):
            return False
        self._db.execute("INSERT INTO knock VALUES (?, ?)", (id, now))
        at = min(a_number(event, "origin_server_ts") or 0, now)
        self._db.execute("INSERT OR REPLACE INTO newest VALUES (?, ?, ?)", (a_text(event, "room_id"), id, at))
        return True

    def knows(self, id: str) -> bool:
        """Whether an event was brought: lately, or as the last of its room."""
        for query in ("SELECT 1 FROM knock WHERE id = ?", "SELECT 1 FROM newest WHERE id = ?"):
            if self._db.execute(query, (id,)).fetchone():
                return True
        return False

    def newest(self, room: str) -> int | None:
        """When the last that was brought from a room was said."""
        row = self._db.execute("SELECT at FROM newest WHERE room = ?", (room,)).fetchone()
        return row[0] if row else None

    def after(self, number: int) -> Iterator[tuple[int, Object]]:
        """A page of what came after an entry of the journal, in the order in which it came."""
        page = "SELECT number, raw FROM journal WHERE number > ? ORDER BY number LIMIT 200"
        for at, raw in self._db.execute(page, (number,)).fetchall():
            yield at, msgspec.json.decode(raw)

    def forget_before(self, number: int) -> None:
        """Drop entries of the journal that have been dealt with."""
        self._db.execute("DELETE FROM journal WHERE number <= ?", (number,))


def secret_of(folder: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    """32 bytes that are this folder's own, made when they are first asked for."""
    file = folder / "secret"
    if not file.exists():
        begun = file.with_suffix(".part")
        begun.unlink(missing_ok=True)
        with os.fdopen(os.open(begun, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
            out.write(random_bytes(32))
            out.flush()
            os.fsync(out.fileno())
        begun.replace(file)
    return file.read_bytes()
