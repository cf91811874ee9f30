"""What a sync says: rooms learned, gaps filled, messages opened, in the order in which it was said."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from ..events import AnyEvent, Asked, Deleted, Edited, Left, Person, Posted, Receipt
from . import reading
from .calls import Calls, Denied, path
from .contents import Tickets
from .device import Device
from .keep import Keep
from .loose import Object, a_text, an_object, into, objects
from .place import Place
from .rooms import Rooms
from .sending import Pen
from .trying import Trying

log = logging.getLogger(__name__)
PAGE = 100
MOST_INVITED = 1_000
"""Rooms that we could be in: anybody can invite us to any number. The oldest is forgotten first."""
_NO_PRESENCE: Object = {"not_types": ["*"]}
LATER_SYNC = json.dumps({"presence": _NO_PRESENCE, "room": {"timeline": {"limit": PAGE}}})


def first_sync(mark: str) -> str:
    """What to ask for at the start, with a mark that no start before had.

    Synapse answers who asks the same within two minutes with the same, and would know nothing of newer rooms.
    """
    presence: Object = {"not_types": ["*", mark]}
    return json.dumps({"presence": presence, "room": {"timeline": {"limit": 1}, "ephemeral": {"limit": 0}}})


@dataclass(slots=True)
class Hearing:
    """The ears of one account. `places` are the rooms it is in.

    `invited` are those it could be in, with whoever wants to talk to us alone there.
    """

    me: str
    owner: str
    calls: Calls
    device: Device
    keep: Keep
    tickets: Tickets
    pen: Pen
    rooms: Rooms
    trying: Trying
    places: dict[str, Place] = field(default_factory=dict)
    invited: dict[str, str] = field(default_factory=dict)
    _direct: dict[str, str] = field(default_factory=dict)
    _typing: dict[str, frozenset[str]] = field(default_factory=dict)

    async def arrive(self, mark: str) -> str:
        """Learn where we are, without a word of what was said. Returns from where on to listen."""
        query = {"filter": first_sync(mark), "timeout": "0"}
        batch = await self.trying.insist(lambda: self._sync(query, 0))
        batch["to_device"] = {}  # keys come again with the next sync, which says that we have taken them
        await self.device.take(batch)
        self._note_directs(batch)
        for room, joined in an_object(batch, "rooms", "join").items():
            for event in (*objects(joined, "state", "events"), *reading.timeline(an_object(joined))):
                if event.get("state_key") is not None:
                    self._place(room).take(event)
        for room, told in an_object(batch, "rooms", "invite").items():
            self._invitation(room, an_object(told))
        return a_text(batch, "next_batch")

    async def batch(self, since: str, wait: float) -> Object:
        """One sync after another."""
        return await self._sync({"filter": LATER_SYNC, "timeout": str(int(wait * 1000)), "since": since}, wait)

    async def _sync(self, query: dict[str, str], wait: float) -> Object:
        return await self.calls.ask("GET", path("sync"), query=query, seconds=wait + 60)

    async def events(self, batch: Object, since: str, number: int, *, first: bool) -> AsyncIterator[AnyEvent]:
        """All that a sync says. `number` counts them; with the first of a run, old secrets get another look."""
        opened = await self.device.take(batch)
        self._note_directs(batch)
        for room, told in an_object(batch, "rooms", "join").items():
            self.invited.pop(room, None)
            async for event in self._joined(self._place(room), an_object(told), since, opened):
                yield event
        for room, told in an_object(batch, "rooms", "leave").items():
            async for event in self._left(room, an_object(told), since, opened):
                yield event
        for room, told in an_object(batch, "rooms", "invite").items():
            if (asked := await self._asked(room, an_object(told))) is not None:
                yield asked
        if first or into(batch, "to_device", "events"):
            for event in self._revealed(number):
                yield event

    def _place(self, room: str) -> Place:
        place = self.places.setdefault(room, Place(room, self.me))
        place.direct_with = self._direct.get(room)
        return place

    def _note_directs(self, batch: Object) -> None:
        for told in objects(batch, "account_data", "events"):
            if told.get("type") == "m.direct":
                self._direct = reading.directs(an_object(told, "content"))
                for place in self.places.values():
                    place.direct_with = self._direct.get(place.id)

    async def _joined(
        self, place: Place, told: Object, since: str, opened: dict[str, Object]
    ) -> AsyncIterator[AnyEvent]:  # fmt: skip
        state, events = list(objects(told, "state", "events")), reading.timeline(told)
        came = reading.joined_here(self.me, events)
        if came is None and into(told, "timeline", "limited") is True:
            arrival = reading.joined_here(self.me, state)
            missing = self._gap(place.id, since, a_text(told, "timeline", "prev_batch"))
            try:
                async for raw in _after(missing, None if arrival is None else a_text(state[arrival], "event_id")):
                    async for event in self._said(place, raw, None):
                        yield event
            except Denied:
                yield reading.hole(place, since)
        for raw in (*state, *events[: 0 if came is None else came + 1]):
            if raw.get("state_key") is not None:
                place.take(raw)
        for raw in events[0 if came is None else came + 1 :]:
            async for event in self._said(place, raw, opened.get(a_text(raw, "event_id"))):
                yield event
        for raw in objects(told, "ephemeral", "events"):
            for event in self._fleeting(place, raw):
                yield event

    async def _gap(self, room: str, since: str, until: str) -> AsyncIterator[Object]:
        """What a sync left out because it was too much, oldest first."""
        at = since
        while True:
            query = {"dir": "f", "from": at, "to": until, "limit": str(PAGE)}
            page = await self.trying.insist(
                lambda query=query: self.calls.ask("GET", path("rooms", room, "messages"), query=query)  # type: ignore[misc]  # a default that binds the page
            )
            for event in objects(page, "chunk"):
                yield event
            following = a_text(page, "end")
            if not following or following in {at, until}:
                return
            at = following

    async def _said(self, place: Place, raw: Object, opened: Object | None) -> AsyncIterator[AnyEvent]:
        """One event of a timeline, unless this run sent it."""
        ticket = a_text(raw, "unsigned", "transaction_id")
        if ticket in self.pen.sent:
            self.pen.sent.discard(ticket)
            return
        if raw.get("type") == "m.room.encrypted" and raw.get("content"):
            opened = opened or self.device.open(place.id, raw)
            if opened is None:
                self.keep.note_unreadable(a_text(raw, "event_id"), place.id, raw)
                yield reading.unreadable(place, raw)
                return
        event = reading.read(place, _merged(raw, opened))
        if isinstance(event, Posted) and event.own and ticket:
            event = replace(event, key=self.tickets.key(ticket))
        if isinstance(event, Edited) and not event.own and not await self._wrote(place.id, event):
            return
        if event is not None:
            yield event

    async def _wrote(self, room: str, edited: Edited) -> bool:
        """Whether the message is theirs to change."""
        return await self.trying.insist(lambda: self.rooms.wrote(room, edited.message, edited.sender.id))

    def _fleeting(self, place: Place, raw: Object) -> list[AnyEvent]:
        content = an_object(raw, "content")
        if raw.get("type") == "m.typing":
            self._typing[place.id], news = reading.typing(place, content, self._typing.get(place.id, frozenset()))
            return [*news]
        if raw.get("type") == "m.receipt":
            return [one for one in reading.receipts(place, content) if not self._is_ours(place.id, one)]
        return []

    def _is_ours(self, room: str, receipt: Receipt) -> bool:
        return receipt.own and self.pen.read.get((room, self.me)) == receipt.messages[0]

    async def _left(
        self, room: str, told: Object, since: str, opened: dict[str, Object]
    ) -> AsyncIterator[AnyEvent]:  # fmt: skip
        """The last that was said in a room, and that we are out of it."""
        self._typing.pop(room, None)
        if self.invited.pop(room, None) is not None or room not in self.places:
            return
        place = self.places[room]
        async for event in self._joined(place, told, since, opened):
            yield event
        yield Left(chat=place.chat, person=place.person(self.me))
        del self.places[room]

    async def _asked(self, room: str, told: Object) -> Asked | None:
        """Follow an invitation of the owner, and of those we have a chat with; others have to wait for `Accept`."""
        place, inviter = self._invitation(room, told)
        if inviter == self.owner or inviter in self._direct.values():
            await self.trying.insist(lambda: self.accept(room))
            return None
        return Asked(chat=place.chat, person=place.person(inviter))

    def _invitation(self, room: str, told: Object) -> tuple[Place, str]:
        """Note that we could be in a room, and say what it is like and who wants us there."""
        invite_state = list(objects(told, "invite_state", "events"))
        place, inviter, direct = reading.invitation(self.me, room, invite_state)
        self.invited[room] = inviter if direct else ""
        if len(self.invited) > MOST_INVITED:
            log.warning("More than %d rooms wait for us: one of them has to ask again.", MOST_INVITED)
            del self.invited[next(iter(self.invited))]
        return place, inviter

    async def accept(self, room: str) -> None:
        """Go into a room that somebody invited us to. Two may follow one invitation; the second changes nothing."""
        direct_with = self.invited.get(room)
        try:
            await self.calls.ask("POST", path("join", room), {})
            if direct_with:
                self._direct[room] = direct_with
                await self.rooms.mark_direct(self.me, room, direct_with, {})
        except Denied as error:
            log.warning("A room could not be entered, or not marked as direct: %s", error)
            self.invited.pop(room, None)

    def _revealed(self, number: int) -> list[AnyEvent]:
        """Messages whose key has come, in the batch with this number: the notice goes, the message is there."""
        found: list[AnyEvent] = []
        for id, room, raw in self.keep.unreadable():
            place = self.places.get(room)
            opened = self.device.open(room, raw) if place else None
            if place is None or opened is None:
                continue
            self.keep.note_shown(id, number)
            event = reading.read(place, _merged(raw, opened))
            sender: Person = place.person(a_text(raw, "sender"))
            found.append(Deleted(chat=place.chat, sender=sender, message=reading.unreadable_id(id)))
            found += [event] if event is not None else []
        return found


def _merged(raw: Object, opened: Object | None) -> Object:
    """An event with what was sealed in it. Who sent it when is what the homeserver says, sealed or not."""
    return raw if opened is None else {**raw, "type": opened.get("type"), "content": opened.get("content")}


async def _after(events: AsyncIterator[Object], id: str | None) -> AsyncIterator[Object]:
    """Those that come after the one with this id; without an id, all of them."""
    begun = id is None
    async for event in events:
        if begun:
            yield event
        begun = begun or event.get("event_id") == id
