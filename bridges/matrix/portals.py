"""The rooms of an application service, and what happens in them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from ..events import AnyEvent, Edited, Receipt, Typing
from . import reading
from .calls import Calls, Denied, path
from .ghosts import Ghosts
from .loose import Object, a_text, an_object, objects
from .place import Place
from .rooms import Rooms
from .sending import Pen
from .trying import Trying

log = logging.getLogger(__name__)
MARK = "decamp"
CLOSED = "This message is encrypted, and ghosts have no keys. Make a new chat with this contact: it is not encrypted."


@dataclass(slots=True)
class Portals:
    """What the bot sees. Rooms are looked at when something happens in them."""

    owner: str
    calls: Calls
    ghosts: Ghosts
    rooms: Rooms
    pen: Pen
    trying: Trying
    _places: dict[str, Place] = field(default_factory=dict)
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    _typing: dict[str, frozenset[str]] = field(default_factory=dict)
    typing_for: set[str] = field(default_factory=set)
    """The rooms in which we said ourselves that the owner types."""

    async def place(self, room: str) -> Place:
        """A room as it is. Raises `Denied` where the bot is not in it."""
        async with self._turn(room):
            if room not in self._places:
                place = Place(room, self.ghosts.bot)
                told = await self.calls.ask_list("GET", path("rooms", room, "state"))
                for event in objects(told):
                    place.take(event)
                self._places[room] = place
            return self._settled(self._places[room])

    async def _changed(self, room: str, raw: Object) -> None:
        """Learn what changed in a room. One that is looked at for the first time may have been looked at before it."""
        async with self._turn(room):
            if room in self._places:
                self._places[room].take(raw)

    def _turn(self, room: str) -> asyncio.Lock:
        return self._turns.setdefault(room, asyncio.Lock())

    def forget(self, room: str) -> None:
        """The bot is not in this room any more; if it ever is again, it is looked at anew."""
        self._places.pop(room, None)
        self._typing.pop(room, None)

    def _settled(self, place: Place) -> Place:
        """A room with the owner and one ghost is a chat of two, for the owner."""
        people = [id for id in place.people if not self.ghosts.is_ours(id)]
        ghosts = len(place.people) - len(people) - (self.ghosts.bot in place.people)
        place.direct_with = self.owner if people == [self.owner] and ghosts <= 1 else None
        return place

    async def all(self) -> AsyncIterator[Place]:
        told = await self.calls.ask("GET", path("joined_rooms"))
        listed = told.get("joined_rooms")
        for room in listed if isinstance(listed, list) else []:
            if isinstance(room, str):
                yield await self.place(room)

    async def said(self, raw: Object) -> list[AnyEvent]:
        """What an entry of the journal says."""
        room, sender, about = a_text(raw, "room_id"), a_text(raw, "sender"), a_text(raw, "state_key")
        if raw.get("type") == "m.room.member" and self.ghosts.is_ours(about):
            return await self._ours_moved(room, about, raw)
        if self.ghosts.is_ours(sender) or a_text(raw, "content", reading.OUR_MARK) == MARK:
            if raw.get("state_key") is not None:
                await self._changed(room, raw)
            return []
        try:
            place = await self.trying.insist(lambda: self.place(room))
        except Denied:
            return []  # a room that the bot is not in (any more)
        if raw.get("type") == "m.receipt":
            return [one for one in reading.receipts(place, an_object(raw, "content")) if self._is_news(room, one)]
        if raw.get("type") == "m.room.encrypted" and raw.get("content"):
            return [reading.unreadable(place, raw, CLOSED)]
        event = reading.read(place, raw)
        self._settled(place)
        return [event] if event is not None and await self._is_allowed(room, event) else []

    async def _is_allowed(self, room: str, event: AnyEvent) -> bool:
        if not isinstance(event, Edited):
            return True
        return await self.trying.insist(lambda: self.rooms.wrote(room, event.message, event.sender.id))

    def _is_news(self, room: str, receipt: Receipt) -> bool:
        reader = receipt.sender.id
        return not self.ghosts.is_ours(reader) and self.pen.read.get((room, reader)) != receipt.messages[0]

    async def _ours_moved(self, room: str, ghost: str, raw: Object) -> list[AnyEvent]:
        """One of us was invited, came or went. Only the owner may invite; whoever else does is left alone."""
        if a_text(raw, "content", "membership") == "invite" and not self.ghosts.is_ours(a_text(raw, "sender")):
            await self.trying.insist(lambda: self._invited(room, ghost, a_text(raw, "sender")))
        else:
            await self._changed(room, raw)
        return []

    async def _invited(self, room: str, ghost: str, inviter: str) -> None:
        query = {} if ghost == self.ghosts.bot else {"user_id": ghost}
        try:
            if inviter != self.owner:
                await self.calls.ask("POST", path("rooms", room, "leave"), {}, query)
                return
            await self.calls.ask("POST", path("join", room), {}, query)
            if query:  # the bot has to be where its ghosts are, to see what is said there
                await self.rooms.invite(room, self.ghosts.bot, query)
                await self.calls.ask("POST", path("join", room), {})
        except Denied as error:
            log.warning("An invitation could not be followed: %s", error)

    def fleeting(self, raw: Object) -> list[AnyEvent]:
        """Who types. In a room that nobody has looked at yet it is not worth looking."""
        room = a_text(raw, "room_id")
        place = self._places.get(room)
        if place is None:
            return []
        before = self._typing.get(room, frozenset())
        self._typing[room], news = reading.typing(place, an_object(raw, "content"), before)
        return [one for one in news if not self.ghosts.is_ours(one.sender.id) and not self._is_puppet(room, one)]

    def _is_puppet(self, room: str, typing: Typing) -> bool:
        return typing.sender.id == self.owner and room in self.typing_for
