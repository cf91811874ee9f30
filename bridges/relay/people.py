"""Names and pictures of contacts on the other side: kept fresh, given again where they were lost (page, section 2)."""

from __future__ import annotations

import asyncio
import hashlib
import os
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.errors import DecampError
from migrate.model import display_name

from ..about import About, Can
from ..events import Chat, Person
from . import words
from .clock import ended
from .model import Link, Options, Place

if TYPE_CHECKING:
    from .files import Spool
    from .run import Relay

log = getLogger("decamp.relay")
LARGEST = 5_000_000  # bytes of a picture
CLIP = 250  # characters of a name, where the network says nothing else


def ghost_name(person: Person, about: About, most: int | None, template: str = Options().ghost_name) -> str:
    """How a contact is called on the new network: one line, never empty, never longer than it takes."""
    most = min(most or CLIP, CLIP)
    name = words.name(person.name, most)
    ending = template.replace("{name}", "").replace("{network}", about.title)
    name = display_name(person.id, None, name)[: max(most - len(ending), 1)]
    return template.replace("{network}", about.title).replace("{name}", name)[:most]


class People:
    """Dresses ghosts and portals, a few at a time, each only when something changed."""

    def __init__(self, relay: Relay, spool: Spool) -> None:
        self._relay, self._pictures = relay, spool.pictures
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(4)

    def met(self, bridge: str, person: Person) -> None:
        """Somebody has another name or picture: show it wherever something stands for them."""
        for link in list(self._relay.store.portals.of_person(bridge, person.id)):
            self._begin(link)

    def visited(self, place: Place, chat: Chat) -> None:
        """A chat is called otherwise: so are its portals."""
        for link in self._relay.store.links_at(place):
            if link.ends[0] == place and link.made:
                self._relay.store.portals.retitle(link.name, chat.title)
                self._begin(self._relay.store.portals.links[link.name])

    def dress(self, link: Link) -> None:
        self._begin(link)

    def repair(self, bridge: str) -> None:
        """Look once, when a bridge is connected, whether everybody is dressed as they should be."""
        for link in list(self._relay.store.portals.links.values()):
            if link.made and any(end.bridge == bridge for end in link.ends[1:]):
                self._begin(link)

    async def close(self, seconds: float) -> None:
        await ended(list(self._tasks), seconds)

    def _begin(self, link: Link) -> None:
        task = asyncio.create_task(self._dress(link))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _dress(self, link: Link) -> None:
        async with self._turn:
            for end in link.ends[1:]:
                if self._relay.connected(end.bridge) is not None and not link.shared:
                    try:
                        await self._dress_end(link, end)
                    except (DecampError, OSError) as error:  # the old name stays; the next change tries again
                        log.info("A portal on %s keeps its old name: %s", end.bridge, type(error).__name__)
                    except Exception:  # outermost: other people's code
                        log.exception("The bridge %s broke while it gave a portal its name.", end.bridge)

    async def _dress_end(self, link: Link, end: Place) -> None:
        store, bridge = self._relay.store, self._relay.connected(end.bridge)
        if bridge is None:
            return
        source = link.ends[0].bridge
        person = store.acquaintance.person(source, link.person) if link.person else None
        about, can, most = store.sides[source].about, bridge.about.can, bridge.limits.name_characters
        template = link.options.ghost_name
        picture = person.picture if person else None
        if person is not None and Can.GHOSTS in can:
            name = ghost_name(person, about, most, template)
            if store.acquaintance.dressed(end.bridge, f"person {person.id}") != (name, picture):
                shown, file = await self._picture(source, picture)
                await bridge.dress_person(Person(id=person.id, name=name), file)
                store.acquaintance.dress(end.bridge, f"person {person.id}", name, shown)
        if Can.MAKE_CHATS in can:
            title = ghost_name(Person(id=link.person or link.ends[0].chat, name=link.title), about, most, template)
            if store.acquaintance.dressed(end.bridge, f"chat {end.chat}") != (title, picture):
                shown, file = await self._picture(source, picture) if Can.CHAT_PICTURES in can else (picture, None)
                await bridge.dress_chat(end.chat, title, file)
                store.acquaintance.dress(end.bridge, f"chat {end.chat}", title, shown)

    async def _picture(self, source: str, ref: str | None) -> tuple[str | None, Path | None]:
        """A picture by its reference, fetched once. Where it cannot be had, the old one stays and it is tried again."""
        bridge = self._relay.running(source)
        if ref is None or bridge is None or Can.FILES not in bridge.about.can:
            return None, None
        path = self._pictures / hashlib.sha256(ref.encode("utf-8", "replace")).hexdigest()
        if not path.exists():
            content = bytearray()
            async for piece in bridge.fetch(ref):
                content += piece
                if len(content) > LARGEST:
                    return ref, None
            part = path.with_suffix(".part")
            with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out:  # noqa: ASYNC230  small
                out.write(content)
            part.replace(path)
        return ref, path
