"""What a bridge of XMPP remembers between runs: ids of what it sent, ids that rooms gave, invitations, ghosts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from migrate.model import Noun

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sent (
    id TEXT PRIMARY KEY, key TEXT NOT NULL, chat TEXT NOT NULL, began_at INTEGER NOT NULL, native TEXT, url TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sent_chats ON sent (chat, native);
CREATE TABLE IF NOT EXISTS room_ids (
    room TEXT, author TEXT, id TEXT, native TEXT NOT NULL, PRIMARY KEY (room, author, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS room_natives ON room_ids (room, native);
CREATE TABLE IF NOT EXISTS invitations (token TEXT PRIMARY KEY, made_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rooms (
    address TEXT PRIMARY KEY, person TEXT UNIQUE, title TEXT NOT NULL, archived INTEGER NOT NULL, last TEXT NOT NULL,
    made_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nicks (
    room TEXT, nick TEXT, account TEXT NOT NULL, PRIMARY KEY (room, nick)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ghosts (
    address TEXT PRIMARY KEY, person TEXT, name TEXT NOT NULL, picture TEXT
) WITHOUT ROWID;
"""


class Mailed(Noun, frozen=True, kw_only=True):
    """A message of ours. `native` is the id to refer to it by, None while nobody knows whether it arrived."""

    id: str
    key: str
    chat: str
    began_at: int
    native: str | None = None
    url: str | None = None


class Ghost(Noun, frozen=True, kw_only=True):
    """An address of the component and who it is."""

    address: str
    person: str | None
    name: str
    picture: str | None = None


class Made(Noun, frozen=True, kw_only=True):
    """A room that we made, and for whom. `last` and `made_at`: where its archive ended when we came.

    `archived`: the service keeps what is said there for longer than it is shown to those who come in.
    """

    address: str
    person: str | None
    title: str
    archived: bool
    last: str
    made_at: int


class Record:
    """The file with all of it, in the folder of the bridge. Each call is written down when it returns."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "xmpp.sqlite", isolation_level=None)
        (folder / "xmpp.sqlite").chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(f"BEGIN;{_SCHEMA}COMMIT;")

    def close(self) -> None:
        self._db.close()

    def mailed(self, id: str) -> Mailed | None:
        """What we know of a message by the id that we gave to it."""
        row = self._db.execute("SELECT id, key, chat, began_at, native, url FROM sent WHERE id = ?", [id]).fetchone()
        if row is None:
            return None
        return Mailed(id=row[0], key=row[1], chat=row[2], began_at=row[3], native=row[4], url=row[5])

    def begin(self, id: str, key: str, chat: str, now: int) -> None:
        """Note that a message is about to be sent."""
        self._db.execute(
            "INSERT OR IGNORE INTO sent (id, key, chat, began_at) VALUES (?, ?, ?, ?)", [id, key, chat, now]
        )

    def arrived(self, id: str, native: str) -> None:
        """Note that the server has it."""
        self._db.execute("UPDATE sent SET native = ? WHERE id = ?", [native, id])

    def uploaded(self, id: str, url: str) -> None:
        """Note where the file of a message lies, so that it is not put there twice."""
        self._db.execute("UPDATE sent SET url = ? WHERE id = ?", [url, id])

    def wrote_to(self, chat: str) -> bool:
        """Whether we have ever sent anything there."""
        return self._db.execute("SELECT 1 FROM sent WHERE chat = ? LIMIT 1", [chat]).fetchone() is not None

    def own_id(self, chat: str, native: str) -> str | None:
        """The id that we gave to a message of ours: corrections name that one, in rooms too."""
        row = self._db.execute("SELECT id FROM sent WHERE native = ? AND chat = ?", [native, chat]).fetchone()
        return None if row is None else str(row[0])

    def note_room_id(self, room: str, author: str, id: str, native: str) -> None:
        """Note what a room calls a message. The first one counts: an id used twice is a trick or a mistake."""
        self._db.execute("INSERT OR IGNORE INTO room_ids VALUES (?, ?, ?, ?)", [room, author, id, native])

    def room_id(self, room: str, author: str, id: str) -> str | None:
        """What a room calls the message that this author sent with this id."""
        row = self._db.execute(
            "SELECT native FROM room_ids WHERE room = ? AND author = ? AND id = ?", [room, author, id]
        ).fetchone()
        return None if row is None else str(row[0])

    def room_author(self, room: str, native: str) -> str | None:
        """Under which nickname the message was written that a room calls so."""
        row = self._db.execute("SELECT author FROM room_ids WHERE room = ? AND native = ?", [room, native]).fetchone()
        return None if row is None else str(row[0])

    def rooms(self) -> list[Made]:
        """Every room that we made."""
        rows = self._db.execute("SELECT address, person, title, archived, last, made_at FROM rooms ORDER BY address")
        return [
            Made(address=row[0], person=row[1], title=row[2], archived=bool(row[3]), last=row[4], made_at=row[5])
            for row in rows
        ]

    def room_for(self, person: str) -> str | None:
        """The room of one contact."""
        row = self._db.execute("SELECT address FROM rooms WHERE person = ?", [person]).fetchone()
        return None if row is None else str(row[0])

    def keep_room(self, made: Made) -> None:
        values = [made.address, made.person, made.title, made.archived, made.last, made.made_at]
        self._db.execute("INSERT OR REPLACE INTO rooms VALUES (?, ?, ?, ?, ?, ?)", values)

    def forget_room(self, address: str) -> None:
        """It is no longer ours."""
        self._db.execute("DELETE FROM rooms WHERE address = ?", [address])

    def note_nick(self, room: str, nick: str, account: str) -> None:
        """Note who goes by a name in a room of ours: an archive does not tell it."""
        self._db.execute("INSERT OR REPLACE INTO nicks VALUES (?, ?, ?)", [room, nick, account])

    def whose(self, room: str, nick: str) -> str | None:
        """Who went by a name last."""
        row = self._db.execute("SELECT account FROM nicks WHERE room = ? AND nick = ?", [room, nick]).fetchone()
        return None if row is None else str(row[0])

    def fact(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
        return None if row is None else str(row[0])

    def learn(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", [name, value])

    def invite(self, token: str, now: int) -> None:
        self._db.execute("INSERT INTO invitations VALUES (?, ?)", [token, now])

    def redeem(self, token: str) -> bool:
        """Whether this is an open invitation; from now on it no longer is."""
        return self._db.execute("DELETE FROM invitations WHERE token = ?", [token]).rowcount > 0

    def ghost(self, address: str) -> Ghost | None:
        row = self._db.execute("SELECT address, person, name, picture FROM ghosts WHERE address = ?", [address])
        found = row.fetchone()
        return None if found is None else Ghost(address=found[0], person=found[1], name=found[2], picture=found[3])

    def ghosts(self) -> list[Ghost]:
        """Every address that was made, in order."""
        rows = self._db.execute("SELECT address, person, name, picture FROM ghosts ORDER BY address")
        return [Ghost(address=row[0], person=row[1], name=row[2], picture=row[3]) for row in rows]

    def keep_ghost(self, ghost: Ghost) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO ghosts VALUES (?, ?, ?, ?)",
            [ghost.address, ghost.person, ghost.name, ghost.picture],
        )
