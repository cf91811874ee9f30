"""The groups that stand for contacts: made once for each, found again, and given a name and a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from ..api import Can, CannotDo, Chat, NotNow, Person, Refused
from . import commands, media, translate
from .core import Core, Denied, Lost, refusal
from .sending import Sending
from .wire import Group, Said


class Groups(Sending):
    """The part of the bridge that makes chats."""

    _settings: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self._opening = asyncio.Lock()

    async def open_chat(
        self, title: str, person: Person | None = None, picture: Path | None = None, *, whose: str | None = None
    ) -> Chat:
        """A group for the owner and one contact, found again by what SimpleX keeps with it for us.

        In it SimpleX confirms nothing by itself: that a message reached us does not say that it got to the contact.
        """
        owner = self._settings.get("owner", "")
        if not owner:
            raise Refused("Nobody knows which chat is yours.", "Run `decamp bridge setup simplex` again.")
        async with self._opening:  # so that two who ask at once get the same one
            return await self._group_with(owner, title, person, picture, whose)

    async def _group_with(
        self, owner: str, title: str, person: Person | None, picture: Path | None, whose: str | None
    ) -> Chat:
        core = self._connected()
        key = person.id if person else whose
        known = (await self._asking(core.ask(commands.groups(self._user)))).groups if key else ()
        group = next((one for one in known if _is_for(one, key)), None)
        if group is None:
            group = await self._make_group(core, title, person, picture)
            with suppress(Refused):  # a tick too early is better than no chat
                await self._asking(core.ask(commands.confirm_nothing(f"#{group.group_id}")))
            if key:
                await self._asking(core.ask(commands.note(f"#{group.group_id}", {translate.NOTE: key})))
        inside = (await self._asking(core.ask(commands.members(group.group_id)))).group
        contact = int(owner.removeprefix("@"))
        there = inside.members if inside else ()
        if not any(one.member_contact_id == contact and not one.is_gone for one in there):
            await self._asking(core.ask(commands.add_member(group.group_id, contact, "owner")))
        return translate.group(group)

    async def _make_group(self, core: Core, title: str, person: Person | None, picture: Path | None) -> Group:
        shown = await _shown(picture)

        async def make(name: str) -> Said:
            profile = {
                "displayName": name, "fullName": "",
                # Whoever is invited comes later than the first message, and is to find it.
                "groupPreferences": {"history": {"enable": "on"}, "timedMessages": {"enable": "on"}},
            }  # fmt: skip
            return await core.ask(commands.make_group(self._user, profile | shown))

        said = await self._named(title, person.id[:8] if person else "group", make)
        if said.group_info is None:
            raise Refused("SimpleX made no group.")
        return said.group_info

    async def dress_chat(self, chat: str, title: str, picture: Path | None) -> None:
        shown = await _shown(picture)
        async with self._sending:  # a timer that is set meanwhile is in the same profile, which goes out whole
            await self._dress(self._connected(), chat, title, shown)
        if picture is not None and not media.can_make_pictures():
            raise CannotDo(Can.CHAT_PICTURES)  # the name is given; the picture is tried again at the next start

    async def _dress(self, core: Core, chat: str, title: str, shown: dict[str, object]) -> None:
        before = (await self._group(core, chat)).group_profile

        async def change(name: str) -> Said:
            """Everybody in the group gets a message of it, so only what is new is said."""
            profile = before | {"displayName": name} | shown
            return await core.ask(commands.change_group(int(chat[1:]), profile)) if profile != before else Said()

        await self._named(title, str(before.get("displayName") or "group"), change)

    async def _group(self, core: Core, chat: str) -> Group:
        """A group as it is now."""
        if not (chat.startswith("#") and chat[1:].isdecimal()):
            raise Refused("Only groups have a name that we can give.")
        listed = (await self._asking(core.ask(commands.items(chat, 1)))).chat
        group = listed.chat_info.group_info if listed else None
        if group is None:
            raise Refused("There is no such group.")
        return group

    async def _named(self, title: str, otherwise: str, ask: Callable[[str], Awaitable[Said]]) -> Said:
        """Ask with a name. SimpleX takes most names, and says which it would take in place of another."""
        names = [translate.group_name(title) or otherwise]
        for _ in range(3):
            try:
                return await ask(names[-1])
            except Denied as denied:
                if denied.kind != "invalidDisplayName":
                    raise refusal(denied) from None
                suggested = denied.valid_name
                names.append(suggested if suggested and suggested not in names else otherwise)
            except Lost as lost:
                raise NotNow(str(lost)) from None
        raise Refused("SimpleX does not take this name.")


async def _shown(picture: Path | None) -> dict[str, object]:
    """The part of a profile that is the picture. Without one, a group keeps the one that it has."""
    image = await asyncio.to_thread(media.picture, picture, media.PICTURE) if picture is not None else None
    return {"image": image} if image else {}


def _is_for(group: Group, key: str | None) -> bool:
    return (group.custom_data or {}).get(translate.NOTE) == key and not group.membership.is_gone
