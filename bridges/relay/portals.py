"""Which places are linked, what stands still, which portals are still to be made, and what waits for them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Set

import msgspec

from ..events import AnyEvent, Chat, Posted
from .database import Database
from .model import Link, Place, Rule
from .orders import Hold, Wish
from .words import name

REMADE = "its chat is made anew"
_encode = msgspec.json.Encoder().encode
_event: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


class Portals:
    """All links are in memory as well, because every event asks for them."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.load()

    def load(self) -> None:
        """Read what may have been changed by a command in another process."""
        con = self._db.con
        self.links: dict[str, Link] = {}
        self._at: defaultdict[Place, dict[str, Link]] = defaultdict(dict)
        self._persons: defaultdict[tuple[str, str], dict[str, Link]] = defaultdict(dict)
        self._titled: defaultdict[str, dict[str, Link]] = defaultdict(dict)
        self._timers: dict[str, int] = {}
        self.ended: set[str] = set()
        for text, timer, over_at in con.execute("SELECT link, timer, over_at FROM links"):
            link = msgspec.json.decode(text, type=Link)
            self.links[link.name], self._timers[link.name] = link, timer
            if over_at is None:
                self._index(link)
            else:
                self.ended.add(link.name)
        rows = con.execute("SELECT link, bridge, chat, why FROM stops").fetchall()
        self.stops = {
            (link, Place(bridge=bridge, chat=chat) if bridge else None): why for link, bridge, chat, why in rows
        }
        rows = con.execute("SELECT source, target, why FROM rests").fetchall()
        self.rests = {(source, target): why for source, target, why in rows}
        self.over = {Place(bridge=bridge, chat=chat) for bridge, chat in con.execute("SELECT bridge, chat FROM over")}
        rows = con.execute("SELECT bridge, chat, target FROM wishes").fetchall()
        self.wished = {(Place(bridge=bridge, chat=chat), target) for bridge, chat, target in rows}

    def _index(self, link: Link) -> None:
        for end in link.ends:
            self._at[end][link.name] = link
        if link.made and link.person is not None:
            self._persons[link.ends[0].bridge, link.person][link.name] = link
        if link.made and not link.shared:
            self._titled[_key(link)][link.name] = link

    def _lose(self, link: Link) -> None:
        for end in link.ends:
            self._at[end].pop(link.name, None)
        if link.person is not None:
            self._persons[link.ends[0].bridge, link.person].pop(link.name, None)
        self._titled[_key(link)].pop(link.name, None)
        if not self._titled[_key(link)]:
            del self._titled[_key(link)]

    # -- links -------------------------------------------------------------------------------------------

    def at(self, place: Place) -> tuple[Link, ...]:
        return tuple(self._at[place].values()) if place in self._at else ()

    def wanted(self, bridge: str) -> frozenset[str]:
        """The chats of a bridge from which something is relayed."""
        return frozenset(
            place.chat
            for place, links in self._at.items()
            if place.bridge == bridge and any(link.targets(place) for link in links.values())
        )

    def add(self, link: Link) -> None:
        """A new link, or one with other ends or options."""
        if link.name in self.links:
            self._lose(self.links[link.name])
        self._db.write(
            "INSERT INTO links (name, link) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET link = excluded.link, over_at = NULL, ends_at = NULL",
            (link.name, msgspec.json.encode(link).decode()),
        )
        self.reopen(link.ends[0])
        self.ended.discard(link.name)
        self.links[link.name] = link
        self._index(link)

    def remove(self, name: str) -> None:
        link = self.links.pop(name, None)
        if link is not None:
            self._db.write("DELETE FROM links WHERE name = ?", (name,))
            self._lose(link)

    def of_person(self, bridge: str, person: str) -> Iterator[Link]:
        """The portals of somebody."""
        return (
            (link for link in self._persons[bridge, person].values()) if (bridge, person) in self._persons else iter(())
        )

    def namesakes(self, link: Link) -> list[Link]:
        """The portals of others who are called the same, by chance or so as to be taken for somebody."""
        found = self._titled.get(_key(link), {})
        return [other for name, other in found.items() if name != link.name]

    def is_of_another(self, place: Place, source: Place) -> bool:
        """Whether a place stands for another conversation than this one, or once did."""
        return any(place in link.ends[1:] and link.ends[0] != source for link in self.links.values())

    def kept(self) -> dict[int, list[str]]:
        """For how many days messages are kept, and the links for which it is so many."""
        found: defaultdict[int, list[str]] = defaultdict(list)
        for link in self.links.values():
            found[link.options.kept_days].append(link.name)
        return found

    def change(self, link: Link) -> None:
        """The same link with other options; one that is over stays so."""
        if link.name not in self.ended:
            self._lose(self.links[link.name])
            self._index(link)
        self.links[link.name] = link
        self._db.write("UPDATE links SET link = ? WHERE name = ?", (msgspec.json.encode(link).decode(), link.name))

    def abandon(self, name: str, end: Place) -> None:
        """Nobody reads there any more."""
        link = self.links[name]
        if end not in link.abandoned:
            self.change(msgspec.structs.replace(link, abandoned=(*link.abandoned, end)))

    def come_back(self, name: str, end: Place) -> None:
        """The owner is there again, by themselves or because they were asked."""
        link = self.links[name]
        if end in link.abandoned and (link.ends[0], end.bridge) not in self.wished:
            self.change(msgspec.structs.replace(link, abandoned=tuple(one for one in link.abandoned if one != end)))

    def is_remade(self, name: str, end: Place) -> bool:
        """Whether a chat that is gone is being made anew: what was to go there waits for the new one."""
        link = self.links.get(name)
        return link is not None and end in link.abandoned and (link.ends[0], end.bridge) in self.wished

    def retitle(self, name: str, title: str) -> None:
        link = msgspec.structs.replace(self.links[name], title=title)
        if link != self.links[name]:
            self.change(link)

    def end(self, name: str, at: int) -> None:
        """Relay no more, and make no new portal by a rule; replies to old messages are still understood."""
        link = self.links[name]
        self._db.write("UPDATE links SET over_at = ?, ends_at = NULL WHERE name = ?", (at, name))
        self.ended.add(name)
        self._lose(link)
        self.close(link.ends[0])

    def close(self, source: Place) -> None:
        """No rule makes a portal for this chat."""
        self._db.write("INSERT OR IGNORE INTO over VALUES (?, ?)", (source.bridge, source.chat))
        self.over.add(source)

    def reopen(self, source: Place) -> None:
        self._db.write("DELETE FROM over WHERE bridge = ? AND chat = ?", (source.bridge, source.chat))
        self.over.discard(source)

    def end_at(self, name: str, at: int) -> None:
        """Relay until then: its contact is elsewhere now."""
        self._db.write("UPDATE links SET ends_at = ? WHERE name = ?", (at, name))

    def ending(self, now: int) -> list[str]:
        rows = self._db.con.execute("SELECT name FROM links WHERE ends_at <= ? AND over_at IS NULL", (now,))
        return [name for (name,) in rows]

    def arrive(self, contact: Place, there: Place, until: int) -> None:
        """A contact is to be found at another place from now on."""
        row = (contact.bridge, contact.chat, there.bridge, there.chat, until)
        self._db.write("INSERT OR REPLACE INTO arrived VALUES (?, ?, ?, ?, ?)", row)

    def arrived(self, contact: Place) -> Place | None:
        row = self._db.con.execute(
            "SELECT to_bridge, to_chat FROM arrived WHERE bridge = ? AND chat = ?", (contact.bridge, contact.chat)
        ).fetchone()
        return Place(bridge=row[0], chat=row[1]) if row else None

    def timer(self, name: str) -> int:
        return self._timers.get(name, 0)

    def set_timer(self, name: str, seconds: int) -> None:
        self._timers[name] = seconds
        self._db.write("UPDATE links SET timer = ? WHERE name = ?", (seconds, name))

    # -- directions that stand still ---------------------------------------------------------------------

    def stopped(self, link: str, source: Place, target: Place) -> str | None:
        """Why nothing goes from this end to that, or None."""
        return (
            self.stops.get((link, None))
            or self.stops.get((link, source))
            or self._resting(link, {source.bridge, target.bridge})
            or (REMADE if self.is_remade(link, target) else None)
        )

    def why(self, link: Link) -> str | None:
        """Why a link, or a part of it, stands still, or None."""
        stopped = (why for (name, _), why in self.stops.items() if name == link.name)
        return next(stopped, None) or self._resting(link.name, {end.bridge for end in link.ends})

    def _resting(self, name: str, bridges: Set[str]) -> str | None:
        """Why the rule stands still that made this part of a link, or None."""
        link = self.links.get(name) if self.rests else None
        if link is None or not link.made:
            return None
        rests = (self.rests.get((link.ends[0].bridge, bridge)) for bridge in bridges)
        return next((why for why in rests if why), None)

    def stop(self, link: str, source: Place | None, why: str, now: int) -> None:
        bridge, chat = (source.bridge, source.chat) if source else ("", "")
        self._db.write("INSERT OR REPLACE INTO stops VALUES (?, ?, ?, ?, ?)", (link, bridge, chat, why, now))
        self.stops[link, source] = why

    def resume(self, link: str) -> bool:
        """Let every direction of a link go on. Returns whether one stood still."""
        stood = [key for key in self.stops if key[0] == link]
        for key in stood:
            del self.stops[key]
        self._db.write("DELETE FROM stops WHERE link = ?", (link,))
        return bool(stood)

    def rest(self, rule: Rule, why: str, now: int) -> None:
        """Let a rule stand still, with every link that it made and will make."""
        self._db.write("INSERT OR REPLACE INTO rests VALUES (?, ?, ?, ?)", (rule.source, rule.target, why, now))
        self.rests[rule.source, rule.target] = why

    def go_on(self, rule: Rule) -> bool:
        """Let a rule go on. Returns whether it stood still."""
        self._db.write("DELETE FROM rests WHERE source = ? AND target = ?", (rule.source, rule.target))
        return self.rests.pop((rule.source, rule.target), None) is not None

    # -- portals that are to be made ---------------------------------------------------------------------

    def wish(self, order: Wish) -> bool:
        """Note that a portal is needed. Returns whether that is news."""
        key = (order.source, order.target)
        if key in self.wished:
            return False
        self.wished.add(key)
        self._db.write(
            "INSERT OR IGNORE INTO wishes (bridge, chat, target, wish) VALUES (?, ?, ?, ?)",
            (order.source.bridge, order.source.chat, order.target, _encode(order)),
        )
        return True

    def wishes(self) -> list[Wish]:
        return [msgspec.json.decode(wish, type=Wish) for (wish,) in self._db.con.execute("SELECT wish FROM wishes")]

    def fulfil(self, source: Place, target: str) -> None:
        """The portal is there, or will never be: nothing waits for it from now on."""
        self.wished.discard((source, target))
        for table in ("wishes", "held"):
            self._db.write(
                f"DELETE FROM {table} WHERE bridge = ? AND chat = ? AND target = ?",
                (source.bridge, source.chat, target),
            )

    def hold(self, order: Hold) -> None:
        event = _encode(msgspec.structs.replace(order.event, cursor=None))
        digest = hashlib.sha256(event).digest()
        said = order.event
        fades_at = None
        if isinstance(said, Posted) and said.expires and not said.expires_after_read:
            fades_at = said.sent_at + said.expires * 1000
        self._db.write(
            "INSERT OR IGNORE INTO held (bridge, chat, target, digest, event, fades_at) VALUES (?, ?, ?, ?, ?, ?)",
            (order.source.bridge, order.source.chat, order.target, digest, event, fades_at),
        )

    def drop_faded(self, now: int) -> list[tuple[Place, str]]:
        """Wipe what was to disappear and still waits for a portal, with whatever was said about it. Returns which."""
        if not self.wished:
            return []
        rows = self._db.con.execute(
            "SELECT DISTINCT bridge, chat, json_extract(CAST(event AS TEXT), '$.id') FROM held WHERE fades_at <= ?",
            (now,),
        ).fetchall()
        gone = [(Place(bridge=bridge, chat=chat), id) for bridge, chat, id in rows]
        for place, id in gone:
            self.unhold(place, id, None)
        return gone

    def unhold(self, source: Place, message: str, by: str | None) -> None:
        """Wipe what waits for portals and is about a message, or only what one person said of it."""
        self._db.has_wiped = True
        self._db.write(
            "DELETE FROM held WHERE bridge = ? AND chat = ?"
            " AND ? IN (json_extract(CAST(event AS TEXT), '$.id'), json_extract(CAST(event AS TEXT), '$.message'))"
            " AND (? IS NULL OR json_extract(CAST(event AS TEXT), '$.sender.id') = ?)",
            (source.bridge, source.chat, message, by, by),
        )

    def held(self, source: Place, target: str) -> Iterator[AnyEvent]:
        rows = self._db.con.execute(
            "SELECT event FROM held WHERE bridge = ? AND chat = ? AND target = ? ORDER BY number",
            (source.bridge, source.chat, target),
        ).fetchall()
        for (event,) in rows:
            yield _event.decode(event)

    # -- what chats are called ---------------------------------------------------------------------------

    def chat(self, place: Place) -> Chat | None:
        row = self._db.con.execute(
            "SELECT what FROM chats WHERE bridge = ? AND chat = ?", (place.bridge, place.chat)
        ).fetchone()
        return msgspec.json.decode(row[0], type=Chat) if row else None

    def chats(self) -> Iterator[tuple[Place, Chat]]:
        """Every chat that something came from."""
        for bridge, chat, what in self._db.con.execute("SELECT bridge, chat, what FROM chats").fetchall():
            yield Place(bridge=bridge, chat=chat), msgspec.json.decode(what, type=Chat)


def _key(link: Link) -> str:
    """What two titles have in common that look the same."""
    return name(link.title).casefold()
