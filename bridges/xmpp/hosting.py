"""An account as the host of rooms: one for the owner and each contact, and one for each group."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from msgspec.structs import replace

from migrate.model import short_id

from ..api import BadSetting, Chat, Desk, Person, Refused
from . import archive, opening, people, rooms
from .addresses import account, domain
from .listening import Listener
from .record import Made
from .rooms import NotLetIn, Room, RoomGone
from .stream import Stream

log = logging.getLogger(__name__)


class Host(Listener):
    """Makes rooms, and keeps them as they are to be."""

    async def start(self, desk: Desk) -> None:
        self._owner = account(desk.settings["owner"]) if desk.settings.get("owner") else ""
        if self._owner == account(desk.settings["address"]):
            raise BadSetting("The owner has the same address as the bridge.", "Leave the setting owner empty.")
        self._making = asyncio.Lock()
        self._configuring = asyncio.Lock()
        self._service: tuple[Stream, str] | None = None
        await super().start(desk)

    def _own_rooms(self) -> list[Room]:
        return [rooms.own(made, self._nick()) for made in self._record.rooms()]

    # -- new rooms -----------------------------------------------------------------------------------------

    async def try_chats(self) -> None:
        """Make a room and take it away again: only that tells whether one may."""
        stream, owner = self._connected(), self._told_owner()
        async with self._making:
            place = await self._place(stream)
            room = Room(address=f"{self._desk.random_bytes(10).hex()}@{place}", title="decamp", wished=self._nick())
            if not await opening.take(stream, room):
                raise Refused(f"There is no place for new rooms at {place}.", "Name another one in the setting rooms.")
            await opening.close(stream, room, owner)
            await opening.destroy(stream, room)

    async def open_chat(
        self, title: str, person: Person | None = None, picture: Path | None = None, *, whose: str | None = None
    ) -> Chat:
        """The room for one contact, or for what else it stands for, with the owner asked in."""
        stream, owner = self._connected(), self._told_owner()
        async with self._making:
            known = self._record.room_for(person.id) if person else await self._room_of(stream, whose)
            room = self._rooms.get(known) if known else None
            if room is None or not await self._is_still_there(stream, room):
                self._rooms.pop(known or "", None)
                room = await self._make(stream, title, person, whose, owner)
                if picture is not None:
                    await self._portray(stream, room, picture)
            if not opening.is_there(room, owner):
                opening.invite(stream, room, owner)
        return room.chat

    async def _is_still_there(self, stream: Stream, room: Room) -> bool:
        if room.nick is not None:
            return True
        try:
            await self._enter(stream, room)
        except NotLetIn:
            return False
        return True

    async def _room_of(self, stream: Stream, whose: str | None) -> str | None:
        """The room of a conversation of several people: it is told by its address alone."""
        if whose is None:
            return None
        place, key = await self._place(stream), await self._key(stream)
        found = (opening.address(key, whose, number, place) for number in range(opening.TRIES))
        return next((address for address in found if address in self._rooms), None)

    async def _make(self, stream: Stream, title: str, person: Person | None, whose: str | None, owner: str) -> Room:
        """A room at the first of its addresses where nobody else has one."""
        place, key = await self._place(stream), await self._key(stream)
        whom = person.id if person else whose or self._desk.random_bytes(16).hex()
        shown = opening.title_of(title, short_id(person.id) if person else "decamp")
        for number in range(opening.TRIES):
            address = opening.address(key, whom, number, place)
            made = Made(
                address=address, person=person.id if person else None, title=shown, archived=True, last="",
                made_at=self._desk.now(),
            )  # fmt: skip
            room = self._rooms[address] = rooms.own(made, self._nick())
            try:
                if await opening.take(stream, room):
                    await self._furnish(stream, room, owner)
                    return room
            finally:
                if room.made == made:  # it did not become what it was to be
                    del self._rooms[address]
        raise Refused(f"Others have rooms at {place} wherever we want one.", "Name another one in the setting rooms.")

    async def _furnish(self, stream: Stream, room: Room, owner: str) -> None:
        """Make a room what it is to be, and note where its archive ends now."""
        assert room.made is not None and room.nick is not None  # noqa: S101, PT018  both come before this
        async with self._configuring:
            archived = await opening.close(stream, room, owner)
        last = await archive.end_of(stream, room.address, True) if archived else None
        room.made = replace(room.made, archived=last is not None, last=last or "", made_at=self._desk.now())
        self._record.keep_room(room.made)
        self._record.note_nick(room.address, room.nick, self._who.address)

    async def _walked_in(self, stream: Stream, room: Room, said: set[str]) -> None:
        """A room of ours that the server has lost is made anew; one that somebody else has now is not ours."""
        if room.rank != "owner":
            rooms.leave(stream, room)
            room.stay = False
            raise RoomGone(room.address, "it is somebody else's now")
        if rooms.CREATED in said or not await opening.is_closed(stream, room):
            self._kept.pop(room.address, None)
            await self._furnish(stream, room, self._told_owner())
            opening.invite(stream, room, self._told_owner())
        await rooms.rename(stream, room)

    # -- what they are called ------------------------------------------------------------------------------

    async def dress_chat(self, chat: str, title: str, picture: Path | None) -> None:
        stream, room = self._connected(), self._rooms.get(chat)
        if room is None or room.made is None:
            raise Refused("This room is not ours to change.", "Ask whoever owns it.")
        async with self._making:
            if room.nick is None:
                await self._enter(stream, room)
            shown = opening.title_of(title, room.title)
            if shown != room.title:
                room.title = shown
                # A form goes back as a whole: one that was fetched before the room was closed would open it again.
                async with self._configuring:
                    await opening.entitle(stream, room)
                room.made = replace(room.made, title=shown)
                self._record.keep_room(room.made)
                room.wished = rooms.own(room.made, self._nick()).wished
                await rooms.rename(stream, room)
            if picture is not None:
                await self._portray(stream, room, picture)

    async def _portray(self, stream: Stream, room: Room, picture: Path) -> None:
        """Give a room a picture, where the service has such."""
        content = await asyncio.to_thread(picture.read_bytes)
        if len(content) > (most := people.LARGEST_PICTURE):
            raise Refused(f"The picture has {len(content)} bytes, and {most} fit on a card.", "Shrink it.")
        if not await opening.portray(stream, room, content):
            log.info("The service %s has no pictures for rooms.", domain(room.address))

    # -- what it takes -------------------------------------------------------------------------------------

    @property
    def _encrypts(self) -> bool:
        return self._desk.settings.get("omemo") == "true"

    def _told_owner(self) -> str:
        if not self._owner:
            raise Refused("Nobody is there to make a room for.", "Name your own address in the setting owner.")
        if self._encrypts:
            raise Refused("Rooms are not encrypted, and the setting omemo is on.", "Set omemo to false to have rooms.")
        return self._owner

    async def _place(self, stream: Stream) -> str:
        """The service where rooms are made, looked for once on each connection."""
        if self._service is None or self._service[0] is not stream:
            named = self._desk.settings.get("rooms", "")
            self._service = stream, await opening.service(stream, domain(self._who.address), named)
        return self._service[1]

    async def _key(self, stream: Stream) -> str:
        known = self._record.fact("key")
        if known is None:
            known = await opening.key(stream, self._who.address, lambda: self._desk.random_bytes(32).hex())
            self._record.learn("key", known)
        return known
