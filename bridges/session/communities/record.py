"""How far each room was read, which message is which, who felt what, and what we posted.

A room is read by itself, so each has a place of its own in every *look* (`bridges/session/record.py`). Whoever goes
back to an older look finds the room as it was then, and hears again what came later.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

import msgspec

from migrate.session.community.messages import Sealed

Felt = dict[str, tuple[str, ...]]
"""Who has which emoji below a message."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rooms (
    chat TEXT NOT NULL, look INTEGER NOT NULL, seqno INTEGER NOT NULL, PRIMARY KEY (chat, look)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS room_facts (chat TEXT PRIMARY KEY, past INTEGER, title TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS room_posts (
    chat TEXT NOT NULL, number INTEGER NOT NULL, author TEXT NOT NULL, name TEXT NOT NULL, posted INTEGER NOT NULL,
    look INTEGER NOT NULL, PRIMARY KEY (chat, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS room_posts_of ON room_posts (chat, author, posted);
CREATE TABLE IF NOT EXISTS room_felt (
    chat TEXT NOT NULL, number INTEGER NOT NULL, look INTEGER NOT NULL, felt BLOB NOT NULL,
    PRIMARY KEY (chat, number, look)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS room_touched (
    chat TEXT NOT NULL, number INTEGER NOT NULL, emoji TEXT NOT NULL, there INTEGER NOT NULL,
    PRIMARY KEY (chat, number, emoji)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS room_sent (
    chat TEXT NOT NULL, key TEXT NOT NULL, sent_at INTEGER NOT NULL, signature BLOB NOT NULL, sealed BLOB,
    number INTEGER, posted INTEGER, author TEXT, PRIMARY KEY (chat, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS room_sent_as ON room_sent (chat, signature);
"""


class Post(NamedTuple):
    """A message of a room: its number there, who wrote it, and when, in milliseconds."""

    number: int
    author: str
    posted: int

    @property
    def id(self) -> str:
        """What it is called for ever: as apps refer to it, and as its server does."""
        return f"{self.known_as}:{self.number}"

    @property
    def known_as(self) -> str:
        """What quotes say of it."""
        return f"{self.posted}:{self.author}"

    @classmethod
    def read(cls, id: str) -> Post | None:
        """The message that an id means, if it is one of a room."""
        posted, _, rest = id.partition(":")
        author, _, number = rest.partition(":")
        if not (author and all(part.isascii() and part.isdigit() and len(part) < 17 for part in (posted, number))):
            return None
        return cls(int(number), author, int(posted))


class Mailed(NamedTuple):
    """Something that was written under a key; `sealed` as long as nobody knows that it was posted, `post` after."""

    sent_at: int
    sealed: Sealed | None
    post: Post | None


class RoomRecord:
    """The part of the bridge's file that is about rooms. Each call is written down when it returns, or `at_once`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_SCHEMA)

    # -- how far it was read ---------------------------------------------------------------------------

    def go_back_to(self, look: int) -> None:
        """Be as it was at a look. Where a room was begun later, nothing of it was told before: it begins there again.

        Without a look to go back to nothing is known, and what lies in a room already is not news.
        """
        if not look:
            self._db.execute("DELETE FROM rooms")
        self._db.execute(
            "DELETE FROM rooms WHERE look > ?1"
            " AND look > (SELECT MIN(look) FROM rooms AS first WHERE first.chat = rooms.chat)",
            [look],
        )
        self._db.execute("DELETE FROM room_posts WHERE look > ?", [look])
        self._db.execute("DELETE FROM room_felt WHERE look > ?", [look])

    def forget_before(self, look: int, long_ago: int) -> None:
        """Let go of what nobody can come back to, and of messages from `long_ago`: from now on they are the past."""
        self._db.execute(
            "DELETE FROM rooms WHERE look <"
            " (SELECT MAX(look) FROM rooms AS last WHERE last.chat = rooms.chat AND last.look <= ?)",
            [look],
        )
        self._db.execute(
            "DELETE FROM room_felt WHERE look < (SELECT MAX(look) FROM room_felt AS last"
            " WHERE last.chat = room_felt.chat AND last.number = room_felt.number AND last.look <= ?)",
            [look],
        )
        old = self._db.execute(
            "SELECT chat, MAX(number) FROM room_posts WHERE posted < ? GROUP BY chat", [long_ago]
        ).fetchall()
        for chat, number in old:
            self._db.execute("UPDATE room_facts SET past = MAX(past, ?) WHERE chat = ?", [number, chat])
            self._db.execute("DELETE FROM room_posts WHERE chat = ? AND number <= ?", [chat, number])
            self._db.execute("DELETE FROM room_felt WHERE chat = ? AND number <= ?", [chat, number])
            self._db.execute("DELETE FROM room_touched WHERE chat = ? AND number <= ?", [chat, number])

    def position(self, chat: str) -> int | None:
        """The last change that was told, or None for a room that nobody reads yet."""
        row = self._db.execute("SELECT seqno FROM rooms WHERE chat = ? ORDER BY look DESC LIMIT 1", [chat]).fetchone()
        return int(row[0]) if row else None

    def past(self, chat: str) -> int:
        """Messages up to this number are no news, whatever happens to them."""
        row = self._db.execute("SELECT past FROM room_facts WHERE chat = ?", [chat]).fetchone()
        return int(row[0] or 0) if row else 0

    def begin(self, chat: str, look: int, seqno: int, past: int) -> None:
        """From here on a room is read."""
        self._db.execute("INSERT OR REPLACE INTO rooms VALUES (?, ?, ?)", [chat, look, seqno])
        self._db.execute(
            "INSERT INTO room_facts (chat, past) VALUES (?, ?) ON CONFLICT DO UPDATE SET past = excluded.past",
            [chat, past],
        )

    def move(self, chat: str, look: int, seqno: int) -> None:
        """It was read up to here."""
        self._db.execute("INSERT OR REPLACE INTO rooms VALUES (?, ?, ?)", [chat, look, seqno])

    def leave(self, *wanted: str) -> None:
        """Nobody reads any other room now: whoever wants one again begins anew."""
        left = msgspec.json.encode(wanted).decode()
        self._db.execute("DELETE FROM rooms WHERE chat NOT IN (SELECT value FROM json_each(?))", [left])

    def titles(self) -> dict[str, str]:
        """What rooms are called, as far as anybody asked."""
        return dict(self._db.execute("SELECT chat, title FROM room_facts WHERE title IS NOT NULL").fetchall())

    def entitle(self, chat: str, title: str) -> None:
        self._db.execute(
            "INSERT INTO room_facts (chat, title) VALUES (?, ?) ON CONFLICT DO UPDATE SET title = excluded.title",
            [chat, title],
        )

    # -- messages --------------------------------------------------------------------------------------

    def note(self, chat: str, post: Post, look: int) -> None:
        """A message is known from this look on; with 0, for good."""
        self._db.execute(
            "INSERT OR IGNORE INTO room_posts VALUES (?, ?, ?, '', ?, ?)",
            [chat, post.number, post.author, post.posted, look],
        )

    def name(self, chat: str, number: int, name: str) -> None:
        """How whoever wrote a message was called then."""
        self._db.execute("UPDATE room_posts SET name = ? WHERE chat = ? AND number = ?", [name, chat, number])

    def post(self, chat: str, number: int) -> Post | None:
        row = self._db.execute(
            "SELECT number, author, posted FROM room_posts WHERE chat = ? AND number = ?", [chat, number]
        ).fetchone()
        return Post(*row) if row else None

    def quoted(self, chat: str, author: str, posted: int) -> Post | None:
        """The message that a quote means: of two that were written at one time, the first."""
        row = self._db.execute(
            "SELECT number, author, posted FROM room_posts WHERE chat = ? AND author = ? AND posted = ?"
            " ORDER BY number LIMIT 1",
            [chat, author, posted],
        ).fetchone()
        return Post(*row) if row else None

    def name_of(self, chat: str, author: str) -> str:
        """What somebody called themselves last."""
        row = self._db.execute(
            "SELECT name FROM room_posts WHERE chat = ? AND author = ? AND name <> '' ORDER BY number DESC LIMIT 1",
            [chat, author],
        ).fetchone()
        return str(row[0]) if row else ""

    # -- reactions -------------------------------------------------------------------------------------

    def felt(self, chat: str, number: int) -> Felt:
        """Who had which emoji below a message when we looked last."""
        row = self._db.execute(
            "SELECT felt FROM room_felt WHERE chat = ? AND number = ? ORDER BY look DESC LIMIT 1", [chat, number]
        ).fetchone()
        return msgspec.msgpack.decode(row[0], type=Felt) if row else {}

    def feel(self, chat: str, number: int, look: int, felt: Felt) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO room_felt VALUES (?, ?, ?, ?)", [chat, number, look, msgspec.msgpack.encode(felt)]
        )

    def touched(self, chat: str, number: int) -> dict[str, bool]:
        """The emoji that we put below a message ourselves, or took away: whether they are there."""
        found = self._db.execute(
            "SELECT emoji, there FROM room_touched WHERE chat = ? AND number = ?", [chat, number]
        ).fetchall()
        return {emoji: bool(there) for emoji, there in found}

    def touch(self, chat: str, number: int, emoji: str, *, there: bool | None) -> None:
        """Note whether an emoji of ours is there; with None, that we have done nothing about it."""
        where = [chat, number, emoji]
        if there is None:
            self._db.execute("DELETE FROM room_touched WHERE chat = ? AND number = ? AND emoji = ?", where)
        else:
            self._db.execute("INSERT OR REPLACE INTO room_touched VALUES (?, ?, ?, ?)", [*where, there])

    # -- what we posted --------------------------------------------------------------------------------

    def mailed(self, chat: str, key: str) -> Mailed | None:
        row = self._db.execute(
            "SELECT sent_at, sealed, number, author, posted FROM room_sent WHERE chat = ? AND key = ?", [chat, key]
        ).fetchone()
        if row is None:
            return None
        sent_at, sealed, number, author, posted = row
        post = Post(number, author, posted) if number is not None else None
        return Mailed(sent_at, msgspec.msgpack.decode(sealed, type=Sealed) if sealed else None, post)

    def mail(self, chat: str, key: str, sent_at: int, sealed: Sealed) -> None:
        """Write down what is to be posted, before it is."""
        self._db.execute(
            "INSERT OR REPLACE INTO room_sent (chat, key, sent_at, signature, sealed) VALUES (?, ?, ?, ?, ?)",
            [chat, key, sent_at, sealed.signature, msgspec.msgpack.encode(sealed)],
        )

    def was_posted(self, chat: str, signature: bytes, post: Post) -> bool:
        """Note that a message is there. Whether it is one of those that we wrote down."""
        ours = self._db.execute(
            "UPDATE room_sent SET sealed = NULL, number = ?, author = ?, posted = ? WHERE chat = ? AND signature = ?",
            [*post, chat, signature],
        ).rowcount
        if ours:
            self.note(chat, post, look=0)
        return bool(ours)

    def last_sent_at(self) -> int:
        """The time on the last message of ours."""
        return int(self._db.execute("SELECT COALESCE(MAX(sent_at), 0) FROM room_sent").fetchone()[0])
