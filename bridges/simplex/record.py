"""What the bridge remembers of what it sent, so that nothing is sent twice: which key became which entry."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from migrate.model import Noun

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sent (
    key TEXT, part INTEGER, chat TEXT NOT NULL, mark TEXT NOT NULL, after INTEGER NOT NULL, kind TEXT NOT NULL,
    item INTEGER, PRIMARY KEY (key, part)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sent_items ON sent (item);
"""


class Begun(Noun, frozen=True, kw_only=True):
    """A message that was begun. `item` is its number in SimpleX, None while nobody knows whether it was taken.

    `after`: the highest number there was before. `mark`: by what it is recognised. `kind`: what sort of message it is.
    """

    key: str
    part: int
    chat: str
    mark: str
    after: int
    kind: str
    item: int | None = None


class Record:
    """The file with all of it, in the folder of the bridge. Each call is written down when it returns."""

    def __init__(self, folder: Path) -> None:
        path = folder / "simplex.sqlite"
        self._db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def begun(self, key: str, part: int) -> Begun | None:
        row = self._db.execute(
            "SELECT chat, mark, after, kind, item FROM sent WHERE key = ? AND part = ?", [key, part]
        ).fetchone()
        if row is None:
            return None
        return Begun(key=key, part=part, chat=row[0], mark=row[1], after=row[2], kind=row[3], item=row[4])

    def begin(self, one: Begun) -> None:
        """Note that something is about to be sent."""
        self._db.execute(
            "INSERT OR IGNORE INTO sent (key, part, chat, mark, after, kind) VALUES (?, ?, ?, ?, ?, ?)",
            [one.key, one.part, one.chat, one.mark, one.after, one.kind],
        )

    def done(self, key: str, part: int, item: int) -> None:
        """Note that SimpleX has it."""
        self._db.execute("UPDATE sent SET item = ? WHERE key = ? AND part = ?", [item, key, part])

    def drop(self, key: str, part: int) -> None:
        """Forget what SimpleX has refused: nothing of it is there."""
        self._db.execute("DELETE FROM sent WHERE key = ? AND part = ? AND item IS NULL", [key, part])

    def kind_of(self, item: int) -> str | None:
        """What sort of message this entry is; None for one that we did not send."""
        row = self._db.execute("SELECT kind FROM sent WHERE item = ? AND kind != ''", [item]).fetchone()
        return None if row is None else str(row[0])

    def recognise(self, chat: str, mark: str, item: int) -> bool:
        """Whether an entry of ours was sent by this bridge. Settles a message that was begun and never answered."""
        if self.kind_of(item) is not None:
            return True
        row = self._db.execute(
            "SELECT key, part FROM sent WHERE item IS NULL AND kind != '' AND chat = ? AND mark = ? AND after < ?"
            " ORDER BY after LIMIT 1",
            [chat, mark, item],
        ).fetchone()
        if row is not None:
            self.done(row[0], row[1], item)
        return row is not None
