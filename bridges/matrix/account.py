"""A normal account that is logged in: everything that works with its token and its keys."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from ..api import Desk, Gone, NotNow, Refused
from ..events import Person
from .about import is_on
from .calls import Calls, Denied, path
from .contents import Tickets
from .device import Device
from .finding import homeserver
from .hearing import Hearing
from .keep import Keep, secret_of
from .loose import Object, a_text
from .media import Media
from .place import Place, as_person
from .rooms import Rooms
from .sending import Pen, Voice
from .trying import Trying


@dataclass(slots=True)
class Account:
    """Its parts."""

    me: Person
    calls: Calls
    device: Device
    media: Media
    rooms: Rooms
    pen: Pen
    hearing: Hearing
    tickets: Tickets
    largest_file: int | None

    @classmethod
    async def opened(cls, desk: Desk, keep: Keep, trying: Trying) -> Account:
        """Log in with the token. Raises `TokenRefused`, `LostKeys`, `Refused` or `BadSetting`."""
        settings = desk.settings
        base = await trying.insist(lambda: homeserver(settings["homeserver"]))
        calls = Calls(base, settings["token"])
        async with AsyncExitStack() as opened:
            opened.push_async_callback(calls.close)
            told = await trying.insist(lambda: calls.ask("GET", path("account", "whoami")))
            user, device_id = a_text(told, "user_id"), a_text(told, "device_id")
            if not user or not device_id:
                raise Refused("The access token belongs to no login of a person.", "Log in with a password instead.")
            secret = secret_of(desk.folder, desk.random_bytes)
            keys = _keys(desk.folder)
            device = await trying.insist(
                lambda: Device.opened(calls, base, settings["token"], (user, device_id), keys, secret)
            )
            opened.push_async_callback(device.close)
            media = Media(calls, desk.folder, desk.random_bytes)
            largest = await trying.insist(media.largest)
            profile = await trying.insist(lambda: _profile(calls, user))
            opened.pop_all()
        tickets, rooms = Tickets(secret), Rooms(calls, media)
        pen = Pen(calls, media, keep, tickets, public=is_on(settings["receipts"]))
        hearing = Hearing(user, settings["owner"], calls, device, keep, tickets, pen, rooms, trying)
        return cls(as_person(user, profile), calls, device, media, rooms, pen, hearing, tickets, largest)

    async def close(self) -> None:
        await self.device.close()
        await self.calls.close()

    def is_sealed(self, place: Place) -> bool:
        return place.encrypted or self.device.is_sealed(place.id)

    async def put(self, room: str, kind: str, content: Object, ticket: str, voice: Voice) -> str:
        """An event into a room, sealed where the room is. Reactions are open everywhere: recipe, section 2."""
        place = self.hearing.places.get(room)
        if place is None:  # we were taken out of it while a file was on its way
            raise Gone("There is no such chat (any more).")
        if self.is_sealed(place) and kind != "m.reaction":
            kind, content = await self.device.seal(room, kind, content)
        told = await self.calls.ask("PUT", path("rooms", room, "send", kind, ticket), content)
        if not (event := a_text(told, "event_id")):
            raise NotNow("The homeserver does not say under which id it has the message.")
        return event


async def _profile(calls: Calls, user: str) -> Object:
    """Name and picture; an account that never had any has none."""
    try:
        return await calls.ask("GET", path("profile", user))
    except Denied:
        return {}


def _keys(folder: Path) -> Path:
    """The folder of the keys, in which others may not even look."""
    keys = folder / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    return keys
