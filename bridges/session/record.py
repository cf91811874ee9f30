"""What the bridge must not forget: how far it read, what it sent under which key, and who waits to be let in.

One SQLite file for each account, in the folder of the bridge. A *look* is one round of asking the network. Its number
is the cursor: whoever starts with it finds everything as it was then, and hears again what came later.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from migrate.account.prepared import Kind

from .communities.record import RoomRecord

KEPT = 20
"""Looks before the one that the reader has come to: it may not have stored the last few."""
VISIBLE = frozenset({Kind.TEXT, Kind.FILES})
"""What people can answer, react to, and take back."""
REMEMBERED = 15 * 86_400_000
"""Longer than nodes keep messages: formats page of the Session network, section 3.1."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS looks (number INTEGER PRIMARY KEY AUTOINCREMENT, cursors BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS told (what TEXT PRIMARY KEY, look INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS held (
    number INTEGER PRIMARY KEY, chat TEXT NOT NULL, name TEXT NOT NULL, event BLOB NOT NULL, let_in INTEGER,
    UNIQUE (chat, name)
);
CREATE TABLE IF NOT EXISTS heard (
    hash TEXT PRIMARY KEY, chat TEXT NOT NULL, author TEXT NOT NULL, sent_at INTEGER NOT NULL, unread INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS heard_at ON heard (chat, author, sent_at);
CREATE TABLE IF NOT EXISTS sent (
    chat TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, sent_at INTEGER NOT NULL, hash TEXT NOT NULL,
    own_hash TEXT NOT NULL, prepared BLOB, delivered INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (chat, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sent_hash ON sent (own_hash);
CREATE INDEX IF NOT EXISTS sent_at ON sent (sent_at);
"""


class Mailed(NamedTuple):
    """Something that was prepared under a key. `prepared` is gone when nothing is left to be done about it."""

    chat: str
    key: str
    kind: Kind
    sent_at: int
    hash: str
    own_hash: str
    prepared: bytes | None
    delivered: bool


class Heard(NamedTuple):
    """A message that came: how the network calls it, and how people refer to it."""

    hash: str
    chat: str
    author: str
    sent_at: int
    unread: bool = False


class Held(NamedTuple):
    """An event of somebody who waits to be let in. `name` tells it from all others of theirs."""

    chat: str
    name: str
    event: bytes


class Record:
    """The file with all of it. Each call is written down when it returns, or together with others `at_once`."""

    def __init__(self, folder: Path, account: str) -> None:
        path = folder / f"account-{sha256(account.encode()).hexdigest()[:12]}.sqlite"
        self._db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # what was sent is known even after a power cut
        self._db.executescript(_SCHEMA)
        self.rooms = RoomRecord(self._db)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """All of it, or, if something goes wrong, nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # -- how far it read -----------------------------------------------------------------------------

    def go_back_to(self, look: int) -> bytes | None:
        """Have told only what was told up to a look, and return the cursors of that one, if they are still kept."""
        with self.at_once():
            self._db.execute("DELETE FROM told WHERE look > ?", [look])
            if look:
                self._db.execute("UPDATE held SET let_in = NULL WHERE let_in > ?", [look])
            self.rooms.go_back_to(look)
        row = self._db.execute("SELECT cursors FROM looks WHERE number = ?", [look]).fetchone()
        return row[0] if row else None

    def next_look(self) -> int:
        """The number of a look that begins; `keep_look` gives it exactly this one."""
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'looks'").fetchone()
        return int(row[0]) + 1 if row else 1

    def keep_look(self, number: int, cursors: bytes) -> None:
        self._db.execute("INSERT INTO looks VALUES (?, ?)", [number, cursors])

    def keep_look_elsewhere(self, number: int) -> None:
        """A look at a room: with the account all is as it was at the look before."""
        self._db.execute(
            "INSERT INTO looks VALUES (?, COALESCE((SELECT cursors FROM looks ORDER BY number DESC LIMIT 1), x''))",
            [number],
        )

    def forget_before(self, look: int, now: int) -> None:
        """Let go of what nobody can come back to any more."""
        with self.at_once():
            self._db.execute("DELETE FROM looks WHERE number < ?", [look - KEPT])
            self._db.execute("DELETE FROM held WHERE let_in < ?", [look - KEPT])
            self._db.execute("DELETE FROM heard WHERE sent_at < ?", [now - REMEMBERED])
            if look % KEPT == 0:
                self.rooms.forget_before(look - KEPT, now - REMEMBERED)

    def tell(self, what: str, look: int) -> bool:
        """Whether this was not told yet; from now on it is."""
        return self._db.execute("INSERT OR IGNORE INTO told VALUES (?, ?)", [what, look]).rowcount == 1

    def untell(self, what: str) -> None:
        """It may be told again: it is no longer so."""
        self._db.execute("DELETE FROM told WHERE what = ?", [what])

    # -- who waits to be let in ------------------------------------------------------------------------

    def hold(self, held: Held) -> None:
        self._db.execute("INSERT OR IGNORE INTO held (chat, name, event) VALUES (?, ?, ?)", held)

    def waiting(self) -> list[str]:
        """The chats in which something waits."""
        return [chat for (chat,) in self._db.execute("SELECT DISTINCT chat FROM held WHERE let_in IS NULL")]

    def held(self, chat: str) -> Iterator[Held]:
        """What waits there, in the order in which it came."""
        found = self._db.execute(
            "SELECT chat, name, event FROM held WHERE chat = ? AND let_in IS NULL ORDER BY number", [chat]
        )
        return map(Held._make, found.fetchall())

    def let_in(self, chat: str, look: int, name: str | None = None) -> None:
        """Note that all of it came through, or the event with this name."""
        self._db.execute(
            "UPDATE held SET let_in = ?1 WHERE chat = ?2 AND let_in IS NULL AND (?3 IS NULL OR name = ?3)",
            [look, chat, name],
        )

    def drop_held(self, chat: str) -> None:
        """Nobody wants what waits there."""
        self._db.execute("DELETE FROM held WHERE chat = ?", [chat])

    # -- what came ------------------------------------------------------------------------------------

    def note_heard(self, messages: Iterable[Heard]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO heard VALUES (?, ?, ?, ?, ?)", messages)

    def heard_as(self, chat: str, hash: str) -> Heard | None:
        """The message that a group knows by its hash, one of ours too."""
        row = self._db.execute("SELECT * FROM heard WHERE hash = ? AND chat = ?", [hash, chat]).fetchone()
        return Heard(*row) if row else None

    def heard_of(self, chat: str, author: str) -> list[Heard]:
        """Everything that somebody wrote in a chat, as far as nodes still have it."""
        found = self._db.execute("SELECT * FROM heard WHERE chat = ? AND author = ? ORDER BY sent_at", [chat, author])
        return [Heard(*row) for row in found.fetchall()]

    def chat_of(self, author: str, sent_at: int) -> str | None:
        """Where somebody wrote something."""
        row = self._db.execute("SELECT chat FROM heard WHERE author = ? AND sent_at = ?", [author, sent_at]).fetchone()
        return str(row[0]) if row else None

    def hashes_of(self, chat: str, author: str, sent_at: int) -> list[str]:
        """The names that nodes have for one message: several if it was stored several times."""
        found = self._db.execute(
            "SELECT hash FROM heard WHERE chat = ? AND author = ? AND sent_at = ?", [chat, author, sent_at]
        )
        return [hash for (hash,) in found.fetchall()]

    def unread(self, chat: str, up_to: int) -> list[int]:
        """The times of messages there that we have not said to have read."""
        found = self._db.execute(
            "SELECT DISTINCT sent_at FROM heard WHERE chat = ? AND unread AND sent_at <= ? ORDER BY sent_at",
            [chat, up_to],
        )
        return [sent_at for (sent_at,) in found.fetchall()]

    def note_read(self, chat: str, up_to: int) -> None:
        self._db.execute("UPDATE heard SET unread = 0 WHERE chat = ? AND sent_at <= ?", [chat, up_to])

    def last_heard(self) -> dict[str, int]:
        """When somebody last wrote something, for each chat."""
        return dict(self._db.execute("SELECT chat, MAX(sent_at) FROM heard GROUP BY chat").fetchall())

    # -- what was sent --------------------------------------------------------------------------------

    def mailed(self, chat: str, key: str) -> Mailed | None:
        row = self._db.execute("SELECT * FROM sent WHERE chat = ? AND key = ?", [chat, key]).fetchone()
        return _mailed(row) if row else None

    def mailed_as(self, own_hash: str) -> Mailed | None:
        """What we sent, by the name of the copy for our own devices."""
        row = self._db.execute("SELECT * FROM sent WHERE own_hash = ?", [own_hash]).fetchone()
        return _mailed(row) if row else None

    def mail(self, mailed: Mailed) -> None:
        """Write down what is to be sent, before it is, and how the network will call it."""
        with self.at_once():
            self._db.execute("INSERT INTO sent VALUES (?, ?, ?, ?, ?, ?, ?, ?)", mailed)

    def note_delivered(self, mailed: Mailed, author: str, *, complete: bool) -> None:
        """It has arrived; with `complete` nothing is left to be done about it."""
        with self.at_once():
            self._db.execute(
                "UPDATE sent SET delivered = 1, prepared = CASE WHEN ? THEN NULL ELSE prepared END"
                " WHERE chat = ? AND key = ?",
                [complete, mailed.chat, mailed.key],
            )
            if mailed.kind in VISIBLE:
                self.note_heard([Heard(mailed.own_hash, mailed.chat, author, mailed.sent_at)])

    def unfinished(self, since: int) -> list[Mailed]:
        """What has arrived, while our own devices do not know it yet."""
        found = self._db.execute(
            "SELECT * FROM sent WHERE delivered AND prepared IS NOT NULL AND sent_at > ? ORDER BY sent_at", [since]
        )
        return [_mailed(row) for row in found.fetchall()]

    def last_sent_at(self) -> int:
        """The time on the last message of ours."""
        return int(self._db.execute("SELECT COALESCE(MAX(sent_at), 0) FROM sent").fetchone()[0])

    def written_to(self) -> dict[str, int]:
        """Whom we said something to that approves them, and when last."""
        found = self._db.execute(
            "SELECT chat, MAX(sent_at) FROM sent WHERE delivered AND kind NOT IN (?, ?, ?) GROUP BY chat",
            [Kind.RECEIPT, Kind.TYPING, Kind.UNSEND],
        )
        return dict(found.fetchall())


def _mailed(row: tuple[str, str, str, int, str, str, bytes | None, int]) -> Mailed:
    chat, key, kind, sent_at, hash, own_hash, prepared, delivered = row
    return Mailed(chat, key, Kind(kind), sent_at, hash, own_hash, prepared, bool(delivered))
