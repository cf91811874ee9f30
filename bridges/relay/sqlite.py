"""The store in one SQLite file."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from ..about import Can
from ..actions import AnyAction, Post, React, Sent
from ..events import AnyEvent, Chat, ChatKind, Person, Reference
from ..state import Health
from .acquaintance import Acquaintance
from .database import Database
from .intents import AnyIntent, Correct, Delivered, Feel, Say
from .ledger import Ledger
from .loops import MARK
from .model import Link, Place, Rule, Side
from .obeying import Obeying
from .orders import Affirm, Order, Queue, Wish
from .outbox import Outbox
from .portals import Portals
from .store import Copy, Emotion, Entry, Taken, Told

NAME = "relay.db"


class SqliteStore:
    """`relay.db` in a folder. `lock=False` is for a look from outside, and for commands to a relay that runs."""

    def __init__(
        self, folder: Path, sides: Mapping[str, Side], *, rules: Sequence[Rule] = (), control: Sequence[Place] = (),
        lock: bool = True,
    ) -> None:  # fmt: skip
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.sides, self.rules, self.control = sides, tuple(rules), frozenset(control)
        self.database = Database(folder / NAME, lock=lock)
        self.name = self._name()
        self.ledger = Ledger(self.database)
        self.outbox = Outbox(self.database, self.name)
        self.portals = Portals(self.database)
        self.acquaintance = Acquaintance(self.database)
        self._cursors: dict[str, str] = {}
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self.database.before_commit = self._flush
        if lock:
            self.outbox.cut_off()
            self.again()  # every bridge is started now anyway
            self.database.commit()

    def _name(self) -> str:
        """What tells the keys of this store from those of others."""
        row = self.database.con.execute("SELECT value FROM meta WHERE name = 'store'").fetchone()
        if row is None:
            row = (secrets.token_hex(6),)
            self.database.write("INSERT INTO meta VALUES ('store', ?)", row)
            self.database.commit()
        name: str = row[0]
        return name

    def _flush(self) -> None:
        """Cursors and counts are written once for all events of a transaction."""
        for bridge, cursor in self._cursors.items():
            self.database.write("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (bridge, cursor))
        for (link, bridge, what), count in self._counts.items():
            self.database.write(
                "INSERT INTO counts VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                (link, bridge, what, count),
            )
        self._cursors, self._counts = {}, Counter()

    # -- what the engine asks ----------------------------------------------------------------------------

    def links_at(self, place: Place) -> tuple[Link, ...]:
        return self.portals.at(place)

    def link(self, name: str) -> Link | None:
        return self.portals.links.get(name)

    def told(self, place: Place, id: str) -> Told | None:
        return self.ledger.told(place, id)

    def message(self, number: int) -> Told | None:
        return self.ledger.message(number)

    def is_revised(self, message: int, change: int) -> bool:
        return self.ledger.is_revised(message, change)

    def emotion(self, place: Place, id: str) -> Emotion | None:
        return self.ledger.emotion(place, id)

    def emojis(self, message: int, person: str | None) -> tuple[str, ...]:
        return self.ledger.emojis(message, person)

    def is_shown(self, message: int, place: Place, emoji: str) -> bool:
        return self.ledger.is_shown(message, place, emoji)

    def timer(self, link: str) -> int:
        return self.portals.timer(link)

    def is_wished(self, source: Place, target: str) -> bool:
        return (source, target) in self.portals.wished

    def is_waiting(self, source: Place) -> bool:
        return any(source == place for place, _ in self.portals.wished)

    def is_renewed(self, link: Link, end: Place) -> bool:
        source = link.ends[0]
        return (
            link.is_ours_to_make(end)
            and link.name not in self.portals.ended
            and any((rule.source, rule.target) == (source.bridge, end.bridge) for rule in self.rules)
        )

    def is_over(self, place: Place) -> bool:
        return place in self.portals.over

    def arrived(self, contact: Place) -> Place | None:
        return self.portals.arrived(contact)

    def is_ours(self, key: str) -> bool:
        return key.startswith(f"{MARK}{self.name}-")

    def is_ghost(self, place: Place, person: str) -> bool:
        """Where contacts have addresses of their own, the chat with one has that address."""
        side = self.sides[place.bridge]
        return Can.GHOSTS in side.about.can and person == place.chat and person not in side.owners

    def going_out(self, place: Place, text: str) -> str | None:
        return self.outbox.going_out(place, text)

    def coming(self, message: int, place: Place) -> list[AnyIntent]:
        return self.outbox.coming(message, place)

    # -- what comes in -----------------------------------------------------------------------------------

    def cursor(self, bridge: str) -> str | None:
        row = self.database.con.execute("SELECT cursor FROM cursors WHERE bridge = ?", (bridge,)).fetchone()
        return self._cursors.get(bridge) or (row[0] if row else None)

    def take(self, bridge: str, cursor: str | None, orders: Sequence[Order], now: int) -> Taken:
        taken = Taken()
        if orders:
            with self.database.all_or_nothing():
                taken = Obeying(self, now).obey(orders)
        if cursor is not None:
            self.database.begin()
            self._cursors[bridge] = str(cursor)  # whatever a bridge takes for one
        return taken

    def count(self, link: str, bridge: str, what: str) -> None:
        """One more, for the status."""
        self._counts[link, bridge, what] += 1

    def _count(self, entry: Entry, what: str) -> None:
        """The same for what went out. What the relay says itself is no message of anybody's."""
        if entry.link:
            self.count(entry.link, entry.place.bridge, what)

    # -- what goes out -----------------------------------------------------------------------------------

    async def kept(self) -> None:
        await self.database.kept()

    def places_waiting(self) -> list[Place]:
        return self.outbox.places()

    def waiting(self, place: Place, most: int) -> list[Entry]:
        return self.outbox.waiting(place, most)

    def begin(self, entry: Entry, steps: Sequence[AnyAction], now: int) -> bool:
        return self.outbox.begin(entry.number, steps, now)

    def sent(self, entry: Entry, step: int, result: Sent, now: int) -> Place | None:
        steps = entry.steps or ()
        action, done = steps[step], self.outbox.done(entry.number)
        if done is None or done > step:  # it came back before its answer did
            if entry.message is not None:
                self.ledger.also(entry.message, entry.place, result)
            return None
        if isinstance(action, Post):
            message = entry.message if entry.message is not None else self.ledger.ours(entry.place, entry.link, now)
            self.ledger.copied(message, entry.place, result, has_text=bool(action.text), lasts=action.expires is None)
        if entry.message is not None and isinstance(action, React) and isinstance(entry.intent, Feel):
            self.ledger.show(entry.message, entry.place, action.emoji, _identity(action), result.id, add=action.add)
        if step + 1 < len(steps):
            self.outbox.step_taken(entry.number, step + 1)
        elif self.outbox.remove(entry.number):
            self._count(entry, "out")
            if isinstance(entry.intent, Correct):
                self.outbox.supersede(entry, whole=isinstance(action, Post))
            if isinstance(entry.intent, Say | Correct) and entry.intent.confirm and entry.message is not None:
                return self.affirm(Affirm(place=entry.source, message=entry.message, id=entry.intent.confirm), now)
        return None

    def affirm(self, order: Affirm, now: int) -> Place | None:
        """Let whoever wrote a message know that it is everywhere, if it is. Returns where that waits now."""
        if self.outbox.is_coming(order.message) or not self.ledger.is_elsewhere(order.message, order.place):
            return None
        confirm = Queue(place=order.place, source=order.place, link="", intent=Delivered(id=order.id))
        self.outbox.put(confirm, None, now, held_back=False)
        return order.place

    def put_off(self, entry: Entry, why: str, now: int, *, doubtful: bool) -> None:
        self.outbox.put_off(entry.number, why, now, doubtful=doubtful)

    def drop(self, entry: Entry, why: str) -> None:
        self.outbox.remove(entry.number)
        self._count(entry, why)

    def give_up(self, entry: Entry, why: str) -> bool:
        is_there = self.outbox.give_up(entry.number, why)
        if is_there:
            self._count(entry, "failed")
        return is_there

    def retry(self, link: str | None = None, bridge: str | None = None) -> int:
        count = self.outbox.retry(link, bridge)
        self._sort()
        return count

    # -- what came before --------------------------------------------------------------------------------

    def copies(self, message: int, place: Place) -> list[Copy]:
        return self.ledger.copies(message, place)

    def reference(self, message: int, place: Place, me: str) -> Reference | None:
        return self.ledger.reference(message, place, me)

    def shown(self, message: int, place: Place, emoji: str, person: str) -> str | None:
        return self.ledger.shown(message, place, emoji, person)

    # -- portals and health ------------------------------------------------------------------------------

    def wishes(self) -> list[Wish]:
        return self.portals.wishes()

    def held(self, source: Place, target: str) -> Iterator[AnyEvent]:
        return self.portals.held(source, target)

    def chat_of(self, place: Place) -> Chat | None:
        return self.portals.chat(place)

    def stop(self, link: str, source: Place | None, why: str, now: int) -> None:
        """Let a direction, or all of a link, stand still; what waits is held back, and nothing is lost."""
        self.portals.stop(link, source, why, now)
        self._sort()

    def resume(self, link: str) -> bool:
        stood = self.portals.resume(link)
        self._sort()
        return stood

    def rest(self, rule: Rule, why: str, now: int) -> None:
        """Let a rule stand still, with every link that it made and will make."""
        self.portals.rest(rule, why, now)
        self._sort()

    def go_on(self, rule: Rule) -> bool:
        stood = self.portals.go_on(rule)
        self._sort()
        return stood

    def abandon(self, name: str, end: Place) -> Wish | None:
        """Nobody reads at this end any more: it is made anew for what waits for it, or else for the next message.

        Returns what is to be made now.
        """
        self.portals.abandon(name, end)
        link = self.portals.links[name]
        if not self.outbox.has_words(name, end):
            return None
        source = link.ends[0]
        kind = ChatKind.DIRECT if link.private else ChatKind.GROUP
        chat = self.chat_of(source) or Chat(id=source.chat, title=link.title, kind=kind, person=link.person)
        person = self.acquaintance.person(source.bridge, link.person) if link.person else None
        person = person or (Person(id=link.person) if link.person else None)
        wish = Wish(chat=chat, source=source, target=end.bridge, person=person)
        is_new = self.portals.wish(wish)
        self._sort()
        return wish if is_new else None

    def renew(self, link: Link, before: Place | None, place: Place) -> list[int]:
        """An end is made, perhaps anew: what waits for the one before goes there. Returns what has another number."""
        self.portals.add(link)
        self.portals.fulfil(link.ends[0], place.bridge)
        moved = [] if before in {None, place} else self.outbox.move(link.name, before, place)
        self._sort()
        return moved

    def forgo(self, wish: Wish) -> None:
        """A portal will not be made: nothing waits for it any more."""
        self.portals.fulfil(wish.source, wish.target)
        self._sort()

    def _sort(self) -> None:
        self.outbox.sort(lambda link, source, target: self.portals.stopped(link, source, target) is not None)

    def drop_waiting(self, link: str, why: str) -> int:
        """Drop all that waits of a link, counted under the reason. Returns how much that was."""
        dropped = self.outbox.drop(link)
        for bridge in dropped:
            self.count(link, bridge, why)
        return len(dropped)

    def ask_again(self, bridge: str) -> None:
        """Let the relay that runs start a bridge now that is not connected."""
        self.database.write("INSERT OR IGNORE INTO again VALUES (?)", (bridge,))

    def again(self) -> list[str]:
        """The bridges that were asked for in this way since."""
        if self.database.con.execute("SELECT 1 FROM again").fetchone() is None:
            return []
        return [bridge for (bridge,) in self.database.write("DELETE FROM again RETURNING bridge").fetchall()]

    def overhear(self, bridge: str, event: AnyEvent) -> None:
        """Keep an event for somebody beside the relay, together with what follows from it here."""
        self.database.write("INSERT INTO heard (bridge, event) VALUES (?, ?)", (bridge, msgspec.json.encode(event)))

    def overheard(self) -> list[tuple[int, str, AnyEvent]]:
        """What was kept so and not handed over yet, in order."""
        rows = self.database.con.execute("SELECT number, bridge, event FROM heard ORDER BY number").fetchall()
        return [(number, bridge, msgspec.json.decode(event, type=AnyEvent)) for number, bridge, event in rows]

    def handed_over(self, number: int) -> None:
        self.database.write("DELETE FROM heard WHERE number = ?", (number,))

    def note_health(self, bridge: str, health: Health, last_success: int | None, reconnects: int) -> None:
        self.database.write(
            "INSERT OR REPLACE INTO health VALUES (?, ?, ?, ?)",
            (bridge, msgspec.json.encode(health), last_success, reconnects),
        )

    def noted_health(self, bridge: str) -> tuple[Health, int | None, int] | None:
        """How a bridge was when it was noted last, when it last took something, and how often it came back."""
        row = self.database.con.execute(
            "SELECT health, last_success, reconnects FROM health WHERE bridge = ?", (bridge,)
        ).fetchone()
        return (msgspec.json.decode(row[0], type=Health), row[1], row[2]) if row else None

    def counts(self) -> Iterator[tuple[str, str, str, int]]:
        """By link, bridge and what: how many. What no link is about stands under the empty name."""
        found = Counter(self._counts)
        for link, bridge, what, count in self.database.con.execute("SELECT link, bridge, what, count FROM counts"):
            found[link, bridge, what] += count
        return ((*key, count) for key, count in found.items())

    def close(self) -> None:
        self.database.close()


def _identity(action: React) -> str:
    """Whose reaction it is where it was shown: a persona's, the owner's, or that of our account."""
    if action.as_owner:
        return "owner"
    return action.persona.id if action.persona else ""
