"""Who is known, how they are called, and who asked, was invited, or was told something already."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from migrate.model import Noun

from ..events import Chat, Person
from .database import Database
from .model import Place
from .orders import Ask
from .words import name


class Asked(Noun, frozen=True, kw_only=True):
    """A stranger who waits to be let in, by the number that the owner says."""

    number: int
    place: Place
    name: str


class Acquaintance:
    """Reads and writes people, chats, requests and invitations. What was seen lately is in memory as well.

    Whatever is written anew has no time of its own: `sweeping.py` gives it one, and drops it when that is long ago.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._met: dict[tuple[str, str], Person] = {}
        self._visited: dict[Place, Chat] = {}
        self._called = self._names()

    def _names(self) -> defaultdict[tuple[str, str], set[str]]:
        """Who is called what on each bridge: asked for with each message of a group."""
        found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for bridge, id, called in self._db.con.execute("SELECT bridge, person, name FROM people"):
            found[bridge, name(called).casefold()].add(id)
        return found

    def has_namesake(self, bridge: str, person: Person) -> bool:
        """Whether somebody else is called the same there, by chance or so as to be taken for them."""
        called = name(person.name).casefold()
        return bool(called) and bool(self._called.get((bridge, called), set()) - {person.id})

    def look_anew(self) -> None:
        """Whoever is seen from now on is noted as seen again."""
        self._met.clear()
        self._visited.clear()
        self._called = self._names()

    def meet(self, bridge: str, person: Person) -> bool:
        """Note how somebody is called. Returns whether that is news. A picture that is missing now is kept."""
        known = self._met.get((bridge, person.id))
        met_lately = known is not None
        known = known or self.person(bridge, person.id)
        if known is not None and person.picture is None:
            person = msgspec.structs.replace(person, picture=known.picture)
        self._met[bridge, person.id] = person
        if known == person and met_lately:
            return False
        if known is not None:
            self._called[bridge, name(known.name).casefold()].discard(person.id)
        self._called[bridge, name(person.name).casefold()].add(person.id)
        self._db.write(
            "INSERT OR REPLACE INTO people (bridge, person, name, picture) VALUES (?, ?, ?, ?)",
            (bridge, person.id, person.name, person.picture),
        )
        return known != person

    def person(self, bridge: str, id: str) -> Person | None:
        row = self._db.con.execute(
            "SELECT name, picture FROM people WHERE bridge = ? AND person = ?", (bridge, id)
        ).fetchone()
        return Person(id=id, name=row[0], picture=row[1]) if row else None

    def visit(self, place: Place, chat: Chat) -> bool:
        """Note how a chat is called. Returns whether it was called otherwise before."""
        if self._visited.get(place) == chat:
            return False
        self._visited[place] = chat
        what = msgspec.json.encode(chat)
        row = self._db.con.execute(
            "SELECT what FROM chats WHERE bridge = ? AND chat = ?", (place.bridge, place.chat)
        ).fetchone()
        self._db.write(
            "INSERT OR REPLACE INTO chats (bridge, chat, what) VALUES (?, ?, ?)", (place.bridge, place.chat, what)
        )
        return row is not None and row[0] != what

    def dressed(self, bridge: str, what: str) -> tuple[str, str | None] | None:
        """The name and the picture that a ghost or a portal was given last."""
        row: tuple[str, str | None] | None = self._db.con.execute(
            "SELECT name, picture FROM dressed WHERE bridge = ? AND what = ?", (bridge, what)
        ).fetchone()
        return row

    def dress(self, bridge: str, what: str, name: str, picture: str | None) -> None:
        self._db.write(
            "INSERT OR REPLACE INTO dressed (bridge, what, name, picture) VALUES (?, ?, ?, ?)",
            (bridge, what, name, picture),
        )

    def undress(self) -> None:
        """Forget what everybody was given, so that they are given it again."""
        self._db.write("DELETE FROM dressed")

    def ask(self, order: Ask) -> bool:
        """Note that a stranger waits. Returns whether that is news."""
        place = order.place
        called = order.person.name or order.person.id
        return self._db.write(
            "INSERT OR IGNORE INTO asked (bridge, chat, person, name) VALUES (?, ?, ?, ?)",
            (place.bridge, place.chat, order.person.id, called),
        ).rowcount > 0  # fmt: skip

    def asked(self) -> list[Asked]:
        rows = self._db.con.execute(
            "SELECT number, bridge, chat, name FROM asked WHERE state = 'waits' ORDER BY number"
        )
        return [
            Asked(number=number, place=Place(bridge=bridge, chat=chat), name=name)
            for number, bridge, chat, name in rows
        ]

    def answer(self, number: int, state: str) -> None:
        self._db.write("UPDATE asked SET state = ? WHERE number = ?", (state, number))

    def expect(self, invitation: str, place: Place) -> None:
        """Whoever comes by this invitation is the contact whose chat this is."""
        self._db.write("INSERT OR REPLACE INTO invitations VALUES (?, ?, ?)", (invitation, place.bridge, place.chat))

    def expected(self, invitation: str) -> Place | None:
        row = self._db.con.execute("SELECT bridge, chat FROM invitations WHERE id = ?", (invitation,)).fetchone()
        return Place(bridge=row[0], chat=row[1]) if row else None

    def first_time(self, what: str) -> bool:
        return self._db.write("INSERT OR IGNORE INTO told_once (what) VALUES (?)", (what,)).rowcount > 0

    def first_command(self, place: Place, id: str) -> bool:
        row = (place.bridge, place.chat, id)
        return self._db.write("INSERT OR IGNORE INTO commands (bridge, chat, id) VALUES (?, ?, ?)", row).rowcount > 0
