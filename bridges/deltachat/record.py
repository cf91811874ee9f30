"""What the bridge remembers between runs: what it told, what it sent under which key, chats and invitations it made."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

from migrate.model import Noun

_SCHEMA = """
CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sent (
    key TEXT, part INTEGER, chat INTEGER NOT NULL, after INTEGER NOT NULL, id INTEGER, PRIMARY KEY (key, part)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sent_ids ON sent (id);
CREATE TABLE IF NOT EXISTS told (
    id INTEGER PRIMARY KEY, chat INTEGER NOT NULL, sender INTEGER NOT NULL, digest BLOB NOT NULL, gone_at INTEGER,
    read INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS told_unread ON told (chat, id) WHERE NOT read;
CREATE TABLE IF NOT EXISTS chats (person TEXT PRIMARY KEY, chat INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS invitations (
    chat INTEGER PRIMARY KEY, person TEXT NOT NULL, link TEXT NOT NULL, state TEXT NOT NULL, contact INTEGER,
    seen INTEGER
);
"""


class Told(Noun, frozen=True, kw_only=True):
    """A message of somebody else that was yielded. Its words are not kept here, only whether they are the same."""

    id: int
    chat: int
    sender: int
    digest: bytes
    gone_at: int | None = None


class Begun(Noun, frozen=True, kw_only=True):
    """A message that was about to be sent when no message had a higher number than `after`."""

    chat: int
    after: int
    id: int | None = None


class Invited(Noun, frozen=True, kw_only=True):
    """A group with a link of its own. `state` is open, used or withdrawn.

    `contact` used it, when the newest message was `seen`.
    """

    chat: int
    person: str
    link: str
    state: str = "open"
    contact: int | None = None
    seen: int | None = None


def digest(text: str) -> bytes:
    """Enough of a text to see that it changed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]


class Record:
    """The file with all of it, one for each account. Each call is written down when it returns."""

    def __init__(self, folder: Path, account: int) -> None:
        path = folder / f"account-{account}.sqlite"
        self._db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def kept(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM kept WHERE name = ?", [name]).fetchone()
        return None if row is None else str(row[0])

    def keep(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", [name, value])

    # -- what was sent -------------------------------------------------------------------------------------

    def begin(self, key: str, part: int, chat: int, after: int) -> Begun:
        """Note that part of an action is about to be sent, or return what is known of an earlier attempt."""
        self._db.execute(
            "INSERT OR IGNORE INTO sent (key, part, chat, after) VALUES (?, ?, ?, ?)",
            [key, part, chat, max(after, self._last())],
        )
        row = self._db.execute("SELECT chat, after, id FROM sent WHERE key = ? AND part = ?", [key, part]).fetchone()
        return Begun(chat=row[0], after=row[1], id=row[2])

    def _last(self) -> int:
        return int(self._db.execute("SELECT ifnull(max(id), 0) FROM sent").fetchone()[0])

    def abandon(self, key: str, part: int) -> None:
        """Note that it was not sent."""
        self._db.execute("DELETE FROM sent WHERE key = ? AND part = ? AND id IS NULL", [key, part])

    def done(self, key: str, part: int, id: int) -> None:
        """Note the number that the message has."""
        self._db.execute("UPDATE sent SET id = ? WHERE key = ? AND part = ?", [id, key, part])

    def unsettled(self) -> list[tuple[str, int, Begun]]:
        """What was begun, and may or may not have been sent."""
        rows = self._db.execute("SELECT key, part, chat, after FROM sent WHERE id IS NULL ORDER BY after, key, part")
        return [(key, part, Begun(chat=chat, after=after)) for key, part, chat, after in rows.fetchall()]

    def key_of(self, id: int) -> str | None:
        """The key under which a message was sent."""
        row = self._db.execute("SELECT key FROM sent WHERE id = ?", [id]).fetchone()
        return None if row is None else str(row[0])

    # -- what was told -------------------------------------------------------------------------------------

    def tell(self, told: Told) -> None:
        self._db.execute(
            "INSERT INTO told (id, chat, sender, digest, gone_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET digest = excluded.digest",
            [told.id, told.chat, told.sender, told.digest, told.gone_at],
        )

    def told(self, id: int) -> Told | None:
        row = self._db.execute("SELECT id, chat, sender, digest, gone_at FROM told WHERE id = ?", [id]).fetchone()
        return None if row is None else Told(id=row[0], chat=row[1], sender=row[2], digest=row[3], gone_at=row[4])

    def forget(self, id: int) -> None:
        self._db.execute("DELETE FROM told WHERE id = ?", [id])

    def unread(self, chat: int, up_to: int) -> list[int]:
        """The messages up to one that nobody was told to have been read."""
        rows = self._db.execute(
            "SELECT id FROM told WHERE chat = ? AND id <= ? AND NOT read ORDER BY id", [chat, up_to]
        )
        return [id for (id,) in rows]

    def read(self, chat: int, up_to: int) -> None:
        self._db.execute("UPDATE told SET read = 1 WHERE chat = ? AND id <= ? AND NOT read", [chat, up_to])

    # -- what was made -------------------------------------------------------------------------------------

    def chat_of(self, person: str) -> int | None:
        row = self._db.execute("SELECT chat FROM chats WHERE person = ?", [person]).fetchone()
        return None if row is None else int(row[0])

    def made_chat(self, person: str, chat: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO chats VALUES (?, ?)", [person, chat])

    def invite(self, invited: Invited) -> None:
        """Write an invitation down, or what became of it."""
        self._db.execute(
            "INSERT OR REPLACE INTO invitations VALUES (?, ?, ?, ?, ?, ?)",
            [invited.chat, invited.person, invited.link, invited.state, invited.contact, invited.seen],
        )

    def invitation(self, chat: int) -> Invited | None:
        return next(iter(self._invited("chat = ?", chat)), None)

    def open_invitation(self, person: str) -> Invited | None:
        """The invitation of somebody who has not used it yet."""
        return next(iter(self._invited("state = 'open' AND person = ?", person)), None)

    def open_invitations(self) -> list[Invited]:
        return self._invited("state = 'open'")

    def used_since(self, seen: int) -> list[Invited]:
        """Those that were used when that message was the newest, or later."""
        return self._invited("state = 'used' AND seen >= ?", seen)

    def _invited(self, where: str, *values: int | str) -> list[Invited]:
        rows = self._db.execute(
            f"SELECT chat, person, link, state, contact, seen FROM invitations WHERE {where} ORDER BY chat", values
        )
        return [
            Invited(chat=chat, person=person, link=link, state=state, contact=contact, seen=seen)
            for chat, person, link, state, contact, seen in rows.fetchall()
        ]
