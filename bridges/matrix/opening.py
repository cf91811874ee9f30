"""Making the room for one contact, with the owner in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..events import Person
from .calls import path
from .contents import local_part

if TYPE_CHECKING:
    from .service import Service


async def opened(
    service: Service, settings: Mapping[str, str], title: str, person: Person | None, picture: Path | None,
    whose: str | None = None,
) -> str:  # fmt: skip
    """The room of a contact, who makes it, so that apps show it as a chat with them; or the one for a group."""
    owner, bot = service.owner, service.ghosts.bot
    voice = await service.ghosts.voice(person) if person else None
    query = voice.query if voice else {}
    key = person.id if person else whose
    room, is_new = await service.rooms.make(
        title,
        local_part(f"{settings['prefix']}room_", key) if key else None,
        [owner, bot] if voice else [owner],
        server=settings["server"],
        direct=person is not None,
        sealed=False,
        query=query,
    )
    if voice and not is_new:  # whoever took the bot out of the room left the contact in it
        await service.rooms.invite(room, bot, query)
    await service.calls.ask("POST", path("join", room), {})
    if service.puppets:  # nobody has to accept two hundred invitations by hand
        await service.rooms.invite(room, owner, query)
        await service.calls.ask("POST", path("join", room), {}, {"user_id": owner})
        if voice:
            await service.rooms.mark_direct(owner, room, voice.user, {"user_id": owner})
    elif not is_new:
        await service.rooms.invite(room, owner, query)
    if is_new and picture is not None:
        await service.rooms.dress(room, title, picture, query)
    return room
