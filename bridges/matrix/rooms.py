"""Making rooms and dressing them. A room for one contact has a name that only we can make, so there is only one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from .calls import Calls, Denied, Query, path
from .contents import short_name
from .loose import Object, a_text
from .media import Media

LONGEST_TITLE = 255


class Rooms:
    """What changes rooms, as the user that each request names."""

    def __init__(self, calls: Calls, media: Media) -> None:
        self._calls, self._media = calls, media
        self._marking = asyncio.Lock()

    async def make(
        self,
        title: str,
        alias: str | None,
        invite: Sequence[str],
        *,
        server: str,
        direct: bool,
        sealed: bool,
        query: Query,
    ) -> tuple[str, bool]:
        """A room with everybody in it invited, or the one that has this alias. Whether it is new comes with it."""
        state = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
        body: Object = {
            "preset": "trusted_private_chat",
            "visibility": "private",
            "name": short_name(title, LONGEST_TITLE),
            "invite": list(invite),
            "is_direct": direct,
            "initial_state": state if sealed else [],
            **({"room_alias_name": alias} if alias else {}),
        }
        while True:
            try:
                return a_text(await self._calls.ask("POST", path("createRoom"), body, query=query), "room_id"), True
            except Denied as error:
                if error.code != "M_ROOM_IN_USE" or alias is None:
                    raise
            if found := await self._find(f"#{alias}:{server}", query):
                return found, False

    async def _find(self, alias: str, query: Query) -> str | None:
        """The room with this alias, if we are in it or can come back; otherwise the alias becomes free."""
        try:
            room = a_text(await self._calls.ask("GET", path("directory", "room", alias), query=query), "room_id")
        except Denied as error:
            if error.status == 404:
                return None
            raise
        try:
            await self._calls.ask("POST", path("join", room), {}, query=query)
        except Denied:
            await self._calls.ask("DELETE", path("directory", "room", alias), query=query)
            return None
        return room

    async def invite(self, room: str, user: str, query: Query) -> None:
        """Ask somebody in, unless they are in already."""
        try:
            await self._calls.ask("POST", path("rooms", room, "invite"), {"user_id": user}, query=query)
        except Denied as error:
            if await self._membership(room, user, query) not in {"join", "invite"}:
                raise error from None

    async def are_in(self, room: str) -> bool:
        """Whether our account is in a room, as the homeserver has it now."""
        joined = (await self._calls.ask("GET", path("joined_rooms"))).get("joined_rooms")
        return not isinstance(joined, list) or room in joined

    async def _membership(self, room: str, user: str, query: Query) -> str:
        try:
            where = path("rooms", room, "state", "m.room.member", user)
            return a_text(await self._calls.ask("GET", where, query=query), "membership")
        except Denied:
            return ""

    async def dress(self, room: str, title: str, picture: Path | None, query: Query) -> None:
        """Give a room a name and, where there is one, a picture. People's apps show both."""
        name = {"name": short_name(title, LONGEST_TITLE)}
        await self._calls.ask("PUT", path("rooms", room, "state", "m.room.name"), name, query=query)
        if picture is not None:
            url = await self._media.store_picture(picture, query=query)
            await self._calls.ask("PUT", path("rooms", room, "state", "m.room.avatar"), {"url": url}, query=query)

    async def wrote(self, room: str, message: str, user: str) -> bool:
        """Whether a message is somebody's: anybody can send a change of it."""
        try:
            return (await self._calls.ask("GET", path("rooms", room, "event", message))).get("sender") == user
        except Denied:
            return False

    async def mark_direct(self, account: str, room: str, person: str, query: Query) -> None:
        """List a room among an account's chats of two, beside those that are listed there already."""
        where = path("user", account, "account_data", "m.direct")
        async with self._marking:
            try:
                listed = await self._calls.ask("GET", where, query=query)
            except Denied as error:
                if error.status != 404:
                    raise
                listed = {}
            before = listed.get(person)
            known = before if isinstance(before, list) else []
            if room not in known:
                await self._calls.ask("PUT", where, {**listed, person: [*known, room]}, query=query)
