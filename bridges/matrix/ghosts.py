"""The accounts that stand for contacts: made when they are needed, named as they are called."""

from __future__ import annotations

import asyncio
from pathlib import Path
from weakref import WeakValueDictionary

from ..events import Person
from .about import LONGEST_NAME
from .calls import Calls, Denied, Query, path
from .contents import local_part, short_name
from .loose import Object, a_text
from .media import Media
from .sending import Voice

LOGIN = "m.login.application_service"
MOST_NAMED = 10_000
"""Ghosts of which it is known what they are called; the others are asked first: a community may have any number."""


class Ghosts:
    """All accounts that begin with our prefix on our server. `bot` is the one that stands for nobody."""

    def __init__(self, calls: Calls, media: Media, prefix: str, server: str) -> None:
        self._calls, self._media, self._prefix, self._server = calls, media, prefix, server
        self._named: dict[str, str] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.bot = f"@{prefix}bot:{server}"

    def id(self, person: Person) -> str:
        """The address of a contact. `=` keeps it apart from the bot's, whatever the contact's id is."""
        local = local_part(self._prefix, person.id)
        return f"@{local}{'=' if local == f'{self._prefix}bot' else ''}:{self._server}"

    def is_ours(self, user: str) -> bool:
        return user.startswith(f"@{self._prefix}") and user.endswith(f":{self._server}")

    async def make_bot(self) -> None:
        await self._register(self.bot)

    async def voice(self, person: Person, at: int | None = None) -> Voice:
        """Somebody's voice. Their account is there afterwards, and called as they are."""
        ghost = self.id(person)
        query = {"user_id": ghost}
        name = shown_name(person)
        async with self._turns.setdefault(ghost, asyncio.Lock()):  # no older name comes after a newer one
            if ghost not in self._named:
                await self._register(ghost)
                self._named[ghost] = a_text(await self._profile(ghost), "displayname")
            if self._named[ghost] != name:
                await self._calls.ask("PUT", path("profile", ghost, "displayname"), {"displayname": name}, query)
                self._named[ghost] = name
            if len(self._named) > MOST_NAMED:
                del self._named[next(iter(self._named))]
        return Voice(ghost, query, at=at)

    async def dress(self, person: Person, picture: Path | None) -> None:
        """The name and, where there is one, the picture."""
        voice = await self.voice(person)
        if picture is not None:
            url = await self._media.store_picture(picture, voice.query)
            await self._calls.ask("PUT", path("profile", voice.user, "avatar_url"), {"avatar_url": url}, voice.query)

    async def bring(self, ghost: str, room: str, query: Query) -> None:
        """Let a ghost come into a room in which the bot is."""
        body: Object = {"user_id": ghost}
        try:
            await self._calls.ask("POST", path("rooms", room, "invite"), body)
        except Denied as error:
            if error.code != "M_FORBIDDEN":  # it is in, or invited already; joining tells
                raise
        await self._calls.ask("POST", path("join", room), {}, query)

    async def _register(self, user: str) -> None:
        """Make an account, unless it is there."""
        local = user[1:].partition(":")[0]
        body: Object = {"type": LOGIN, "username": local, "inhibit_login": True}
        try:
            await self._calls.ask("POST", path("register"), body)
        except Denied as error:
            if error.code != "M_USER_IN_USE":
                raise

    async def _profile(self, user: str) -> Object:
        try:
            return await self._calls.ask("GET", path("profile", user))
        except Denied:
            return {}


def shown_name(person: Person) -> str:
    """What people read: the name, or the two ends of the id where there is none."""
    short = f"{person.id[:4]}…{person.id[-4:]}" if len(person.id) > 12 else person.id
    return short_name(person.name if person.name.strip() else short, LONGEST_NAME)
