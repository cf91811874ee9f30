"""Being in rooms: going in, reading what was said before, noticing that one is out, and going in again."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from contextlib import suppress
from xml.etree.ElementTree import Element

import msgspec

from ..api import Desk, Joined, Left, NotNow, Person, Refused
from . import archive, rooms
from .addresses import local, resource
from .archive import Kept
from .letter import Letter, read
from .line import Line
from .rooms import Room
from .stream import Declined, Stream

AT_ONCE = 8
"""So many rooms are entered at a time."""
QUIET_MS = 300_000
"""A room in which nothing was heard for so long is asked whether it still has us."""
BREATH_MS = 10_000
"""Whoever is sent out of a room of theirs goes back at once, but not again and again."""


class Attendant(Line):
    """Is in every room that the account has kept or made, for as long as there is a connection."""

    _owner: str
    """The person for whom rooms are made; empty where nobody is."""

    async def start(self, desk: Desk) -> None:
        self._kept = msgspec.json.decode(desk.cursor, type=dict[str, Kept]) if desk.cursor else {}
        self._caught_up: set[tuple[str, str]] = set()
        self._rooms: dict[str, Room] = {}
        self._waiting: dict[str, list[Element]] = {}
        await super().start(desk)

    def _cursor(self) -> str:
        return msgspec.json.encode(self._kept).decode()

    def _connected_or_coming(self) -> Stream:
        """The connection, also while we catch up on it."""
        if self._stream is None:
            raise NotNow("There is no connection to the server.")
        return self._stream

    # -- what the others say -------------------------------------------------------------------------------

    @abstractmethod
    def _own_rooms(self) -> list[Room]:
        """The rooms that we have made."""

    @abstractmethod
    async def _walked_in(self, stream: Stream, room: Room, said: set[str]) -> None:
        """We are in a room of our own again. Raises `NotLetIn` where it no longer is ours."""

    @abstractmethod
    async def _understand(self, letter: Letter, place: str, number: str | None, *, live: bool) -> None:
        """Yield what a message means."""

    async def _readable(self, message: Element) -> Element:
        """The message as its reader sees it, where it was encrypted for us."""
        return message

    # -- going in ------------------------------------------------------------------------------------------

    def _nick(self) -> str:
        return rooms.nickname(self._desk.settings.get("nick", ""), local(self._who.address))

    async def _enter_all(self, stream: Stream) -> None:
        """Go into all rooms at once, and read what was said in one after the other: a cursor is for all of them."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def walk_in(room: Room) -> None:
            async with turn:
                with suppress(Refused, NotNow):  # whoever writes there is told then
                    await self._walk_in(stream, room)

        staying = [room for room in self._rooms.values() if room.stay]
        waiting: dict[str, list[Element]] = {room.address: [] for room in staying}
        self._waiting.update(waiting)
        try:
            await asyncio.gather(*(walk_in(room) for room in staying))
            for room in staying:
                if room.nick is not None:
                    with suppress(Refused, NotNow):  # the next round tries again
                        await self._read_up(stream, room, waiting[room.address])
        finally:
            await self._hear_what_waited(waiting)

    async def _enter(self, stream: Stream, room: Room) -> None:
        """Go into a room, and read what was said before what is said."""
        if room.address in self._waiting:
            return
        waiting: dict[str, list[Element]] = {room.address: []}
        self._waiting.update(waiting)
        try:
            await self._walk_in(stream, room)
            await self._read_up(stream, room, waiting[room.address])
        finally:
            await self._hear_what_waited(waiting)

    async def _hear_what_waited(self, waiting: dict[str, list[Element]]) -> None:
        """Hear what came while we read. What waits for somebody who goes in on a newer connection is theirs."""
        own = [address for address, messages in waiting.items() if self._waiting.get(address) is messages]
        for address in own:
            del self._waiting[address]
        for address in own:
            for message in waiting[address]:
                await self._hear(message)

    async def _walk_in(self, stream: Stream, room: Room) -> None:
        start = self._kept.get(room.address) or room.start
        said = await rooms.join(stream, room, start.at if start and not room.is_archived else None)
        room.heard_at = room.entered_at = self._desk.now()
        if room.made is not None:
            try:
                await self._walked_in(stream, room, said)
            except (Refused, NotNow):  # nothing is to be said in a room that may not be closed
                if room.nick is not None and not stream.gone.done():
                    rooms.leave(stream, room)
                room.nick = None
                raise
            self._record.note_nick(room.address, room.nick or "", self._who.address)
        if not room.is_archived:
            await rooms.is_in(stream, room)  # the answer comes after all that the room shows to whoever comes in

    async def _read_up(self, stream: Stream, room: Room, waiting: list[Element]) -> None:
        """Read what was said before. Where that cannot be we go out again: what is said now would come before it."""
        try:
            await self._catch_up(stream, room.address, room)
        except (Refused, NotNow):
            waiting.clear()
            if not stream.gone.done():
                rooms.leave(stream, room)
            raise

    async def _look_after(self, stream: Stream) -> None:
        """Go back into rooms that have lost us without telling (XEP-0410): a quiet one may have."""
        for room in list(self._rooms.values()):
            is_quiet = self._desk.now() - room.heard_at >= QUIET_MS
            if room.nick is not None and is_quiet and not await rooms.is_in(stream, room):
                room.nick = None
            if room.stay and room.nick is None:
                with suppress(Refused, NotNow):  # the next round tries again
                    await self._enter(stream, room)

    async def _catch_up(self, stream: Stream, place: str, room: Room | None = None) -> None:
        """Yield what an archive has since we last read in it; the first time, only note where it ends."""
        start = self._kept.get(place) or (room.start if room else None)
        if room is not None and not room.is_archived:
            return  # it shows what it has to whoever comes in
        if start is None:
            last = await archive.end_of(stream, place, room is not None)
            if last is not None:
                self._kept[place] = Kept(last=last, at=self._desk.now())
            return
        try:
            async for number, message in archive.since(stream, place, room is not None, start):
                self._caught_up.add((place, number))
                await self._understand(read(await self._readable(message)), place, number, live=False)
        except Declined as error:
            if error.condition not in archive.MISSING:
                raise

    # -- who is there --------------------------------------------------------------------------------------

    async def _notice_in_room(self, room: Room, presence: Element) -> None:
        room.heard_at, nick = self._desk.now(), resource(presence.get("from", ""))
        news = rooms.heard(room, presence)
        if room.made is not None:  # who is online there is for the owner's eyes: no message tells it
            if account := room.others.get(nick):
                self._record.note_nick(room.address, nick, account)
            if news is not None and news[0] == "we" and self._desk.now() - room.entered_at > BREATH_MS and room.stay:
                with suppress(Refused, NotNow):  # the next round tries again
                    await self._enter(self._connected_or_coming(), room)
            return
        if news is None or news[0] == "we":
            return
        person = Person(id=f"{room.address}/{news[1]}", name=news[1])
        event = Joined(chat=room.chat, person=person) if news[0] == "came" else Left(chat=room.chat, person=person)
        self.feed.add(event)

    def _whose(self, letter: Letter, room: Room) -> str:
        """Which account wrote in a room of ours. Who is not known by name is the owner: nobody else can come in."""
        nick = resource(letter.from_)
        if nick == room.nick:
            return self._who.address
        return room.others.get(nick) or self._record.whose(room.address, nick) or self._owner
