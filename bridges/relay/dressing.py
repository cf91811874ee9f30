"""Gives what stands for a contact its name and its picture (formats page of bridges, section 2)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Awaitable, Callable
from functools import partial
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.errors import DecampError
from migrate.model import display_name, short_id

from ..about import About, Can
from ..api import CannotDo, NotNow, Refused
from ..events import Person
from . import words
from .model import Link, Options, Place

if TYPE_CHECKING:
    from .files import Spool
    from .run import Relay

log = getLogger("decamp.relay")
LARGEST = 5_000_000  # bytes of a picture
CLIP = 250  # characters of a name, where the network says nothing else


def ghost_name(
    person: Person, about: About, most: int | None, template: str = Options().ghost_name, *, apart: bool = False
) -> str:
    """How a contact is called on the new network: one line, never empty, never longer than it takes.

    `apart`: with a part of the address, because somebody else is called the same.
    """
    most = min(most or CLIP, CLIP)
    mark = f" ({short_id(person.id)})" if apart else ""
    name = words.name(person.name, most)
    ending = template.replace("{name}", mark).replace("{network}", about.title)
    name = display_name(person.id, None, name)[: max(most - len(ending), 1)] + mark
    return template.replace("{network}", about.title).replace("{name}", name)[:most]


class Dressing:
    """Dresses one end of a portal, where it is not dressed so already."""

    def __init__(self, relay: Relay, spool: Spool) -> None:
        self._relay, self._pictures = relay, spool.pictures

    async def dress(self, link: Link, end: Place) -> None:
        """Raises `NotNow` where it is worth another try; the name may be given then, without the picture."""
        store, bridge = self._relay.store, self._relay.connected(end.bridge)
        if bridge is None:
            return  # everybody is looked at when it is
        source = link.ends[0].bridge
        person = store.acquaintance.person(source, link.person) if link.person else None
        about, can, most = store.sides[source].about, bridge.about.can, bridge.limits.name_characters
        picture = person.picture if person else None
        late: NotNow | None = None
        if person is not None and Can.GHOSTS in can:
            ghost = Person(id=person.id, name=ghost_name(person, about, most, link.options.ghost_name))
            give = partial(bridge.dress_person, ghost)
            late = await self._give(end.bridge, f"person {ghost.id}", ghost.name, source, picture, give)
        if Can.MAKE_CHATS in can:
            called = Person(id=link.person or link.ends[0].chat, name=link.title)
            has_namesake = bool(store.portals.namesakes(link))
            title = ghost_name(called, about, most, link.options.ghost_name, apart=has_namesake)
            give = partial(bridge.dress_chat, end.chat, title)
            shown = picture if Can.CHAT_PICTURES in can else None
            late = await self._give(end.bridge, f"chat {end.chat}", title, source, shown, give) or late
        if late is not None:
            raise late

    async def _give(
        self, bridge: str, what: str, name: str, source: str, picture: str | None,
        give: Callable[[Path | None], Awaitable[None]],
    ) -> NotNow | None:  # fmt: skip
        """Give a name at once, and the picture as soon as it can be had. Returns why it cannot be had yet."""
        known = self._relay.store.acquaintance
        before = known.dressed(bridge, what)
        if before == (name, picture):
            return None
        file, had, late = await self._picture(source, picture)
        shown = picture if had else None
        if before == (name, shown):
            return late
        try:
            await give(file)
        except Refused as error:
            if file is None:
                raise
            log.info("A portal on %s goes without its picture: %s", bridge, error)
            await give(None)
            shown = None if isinstance(error, CannotDo) else picture  # what we can't do now, we may at the next start
        known.dress(bridge, what, name, shown)
        return late

    async def _picture(self, source: str, ref: str | None) -> tuple[Path | None, bool, NotNow | None]:
        """A picture by its reference, fetched once; whether there is no more to come; and why it cannot be had yet."""
        bridge = self._relay.running(source)
        if ref is None or bridge is None or Can.FILES not in bridge.about.can:
            return None, False, None
        path = self._pictures / hashlib.sha256(ref.encode("utf-8", "replace")).hexdigest()
        if path.exists():
            return path, True, None
        content = bytearray()
        try:
            async for piece in bridge.fetch(ref):
                content += piece
                if len(content) > LARGEST:
                    return None, True, None
        except NotNow as error:
            return None, False, error
        except (DecampError, OSError) as error:  # it is asked for again when the bridge is connected anew
            log.info("A picture of somebody on %s cannot be had: %s", source, type(error).__name__)
            return None, False, None
        part = path.with_suffix(".part")
        with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out:  # noqa: ASYNC230  small
            out.write(content)
        part.replace(path)
        return path, True, None
