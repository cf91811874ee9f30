"""A network of mailboxes in one SQLite file, which outlives whoever posts: what tests of announcing send over.

`StreetBridge` tells by its key what it has shown before; `ForgetfulBridge` does not. `GardenBridge` is a network to
move to, with an invitation for each. Faults are drawn by chance, so that some posts are refused for the moment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

from bridges.about import About, Can, Limits, Setting
from bridges.actions import AnyAction, Post, Sent
from bridges.api import Desk, Invitation, NotNow, Refused
from bridges.events import Asked, Changed, Chat, ChatKind, Joined, Person, Posted, Receipt
from bridges.feed import Feed
from bridges.memory import MemoryBridge
from bridges.state import State
from migrate.model import Network

_SCHEMA = """
CREATE TABLE IF NOT EXISTS boxes (id TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS shown (number INTEGER PRIMARY KEY, box TEXT, key TEXT, text TEXT);
CREATE TABLE IF NOT EXISTS invitations (number INTEGER PRIMARY KEY, contact TEXT);
CREATE TABLE IF NOT EXISTS happened (number INTEGER PRIMARY KEY, what TEXT, box TEXT, name TEXT, said TEXT);
"""
SETTINGS = (
    Setting(name="place", help="The file of the street.", example="street.sqlite"),
    Setting(name="faults", help="How many of a hundred posts are put off.", example="3", default="0"),
)


def street(path: Path) -> sqlite3.Connection:
    """The street as it is seen from a window."""
    db = sqlite3.connect(path, timeout=30, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript(_SCHEMA)
    return db


class StreetBridge(MemoryBridge):
    """Posts into mailboxes, one for each person."""

    about = About(
        name="street",
        title="Street",
        network=Network.WEB,
        summary="Mailboxes in a file, for tests.",
        settings=SETTINGS,
        can=frozenset({Can.IDEMPOTENT, Can.READ, Can.DELIVERY}),
        limits=Limits(text_characters=2_000),
    )

    async def start(self, desk: Desk) -> None:
        self._desk, self._feed = desk, Feed(desk.now)
        self._me = Person(id="me", name="Robin")
        self._db = street(Path(desk.settings["place"]))
        self._faults, self._random = int(desk.settings["faults"]), Random()
        self._feed.change(State.CONNECTED)
        self._seen = int(desk.cursor) if desk.cursor else self._newest()
        self._feed.add(Changed(health=self.health, cursor=str(self._seen)))
        self.look()

    async def stop(self) -> None:
        if self._feed and self.health.state is not State.STOPPED:
            self._feed.change(State.STOPPED)
            self._feed.close()
            self._db.close()

    async def chats(self) -> AsyncIterator[Chat]:
        for id, name in self._db.execute("SELECT id, name FROM boxes ORDER BY id").fetchall():
            kind = ChatKind.GROUP if id.startswith("group") else ChatKind.DIRECT
            yield Chat(id=id, title=name, kind=kind, person=id if kind is ChatKind.DIRECT else None)

    async def act(self, chat: str, action: AnyAction) -> Sent:
        self.look()
        if not isinstance(action, Post):
            return Sent()
        if self._random.randrange(100) < self._faults:
            raise NotNow("The postman is ill.")
        if chat.startswith("refused"):
            raise Refused("The box is nailed up.")
        known = self._db.execute("SELECT number FROM shown WHERE key = ?", [action.key]).fetchone()
        if known is not None and Can.IDEMPOTENT in self.about.can:
            return Sent(ids=(f"s{known[0]}",))
        posted = self._db.execute(
            "INSERT INTO shown (box, key, text) VALUES (?, ?, ?)", [chat, action.key, action.text]
        )
        return Sent(ids=(f"s{posted.lastrowid}",), sent_at=self._desk.now())

    # -- what others do -------------------------------------------------------------------------------

    def _newest(self) -> int:
        return int(self._db.execute("SELECT COALESCE(MAX(number), 0) FROM happened").fetchone()[0])

    def look(self) -> None:
        """Yield what happened in the street since we looked last."""
        assert self._feed is not None
        rows = self._db.execute("SELECT number, what, box, name, said FROM happened WHERE number > ?", [self._seen])
        for number, what, box, name, said in rows.fetchall():
            self._seen, cursor = number, str(number)
            person = Person(id=box, name=name)
            chat = Chat(id=box, title=name, person=box)
            if what == "came":
                self._feed.add(Joined(chat=chat, person=person, invitation=said, cursor=cursor))
            elif what == "said":
                event = Posted(chat=chat, sender=person, id=f"h{number}", sent_at=0, text=said, cursor=cursor)
                self._feed.add(event)
            elif what == "asked":
                self._feed.add(Asked(chat=chat, person=person, text=said, cursor=cursor))
            else:
                ids = tuple(said.split())
                self._feed.add(Receipt(chat=chat, sender=person, messages=ids, read=what == "read", cursor=cursor))


class ForgetfulBridge(StreetBridge):
    """The same, on a network that shows everything as often as it is sent."""

    about = About(
        name="forgetful",
        title="Forgetful",
        network=Network.WEB,
        summary="Mailboxes without a memory, for tests.",
        settings=SETTINGS,
        limits=Limits(text_characters=2_000),
    )


class BrokenBridge(StreetBridge):
    """A bridge of somebody else, with a fault in it."""

    about = About(
        name="broken", title="Broken", network=Network.WEB, summary="Falls over, for tests.", settings=SETTINGS
    )

    async def start(self, desk: Desk) -> None:
        raise ZeroDivisionError("a fault of somebody else")


class GardenBridge(StreetBridge):
    """A network to move to: each invitation is for one."""

    about = About(
        name="garden",
        title="Garden",
        network=Network.XMPP,
        summary="Gates in a file, for tests.",
        settings=SETTINGS,
        can=frozenset({Can.IDEMPOTENT, Can.INVITATIONS}),
        limits=Limits(text_characters=5_000),
    )

    async def invite(self, contact: Person) -> Invitation:
        if self._random.randrange(100) < self._faults:
            raise NotNow("The gardener is ill.")
        made = self._db.execute("INSERT INTO invitations (contact) VALUES (?)", [contact.id])
        id = f"i{made.lastrowid}"
        return Invitation(id=id, link=f"xmpp:robin@garden.example?roster;preauth=token{id}", one_time=True)


def happens(path: Path, what: str, box: str, name: str, said: str) -> None:
    """Somebody `came` by an invitation, `said` a text, `asked` with or without one, `read` or got messages."""
    db = street(path)
    db.execute("INSERT INTO happened (what, box, name, said) VALUES (?, ?, ?, ?)", [what, box, name, said])
    db.close()
