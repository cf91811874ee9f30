"""Messages that disappear, which a chat of SimpleX has to allow before any can.

A group says so in its profile, and two people to each other; with that goes the time that holds where a message names
none of its own. A message disappears here so long after it was sent, and at everybody else after they read it (types
`TimedMessagesGroupPreference` and `CITimed`; in the public source of the core `sndCITimed_` and `rcvCITimed_`).
"""

from __future__ import annotations

from ..api import Can, CannotDo, Refused
from . import commands
from .core import Core
from .wire import Contact, Group, Info


async def allow(core: Core, chat: str) -> None:
    """Have a chat let messages disappear, if it does not. Raises `CannotDo` where that is not ours to say."""
    info = await _info(core, chat)
    is_on = info.contact.lets_fade if info.contact else info.group_info is not None and info.group_info.lets_fade
    if not is_on:
        await _change(core, info, 0)


async def set_timer(core: Core, chat: str, seconds: int) -> None:
    """From now on all messages of a chat disappear after so many seconds; 0: only those that say so."""
    await _change(core, await _info(core, chat), seconds)


async def _info(core: Core, chat: str) -> Info:
    listed = (await core.ask(commands.items(chat, 1))).chat
    if listed is None:
        raise Refused("There is no such chat.")
    return listed.chat_info


async def _change(core: Core, info: Info, seconds: int) -> None:
    ttl = {"ttl": seconds} if seconds else {}
    if info.contact is not None:
        await _agree(core, info.contact, {"allow": "yes", **ttl})
    elif info.group_info is not None:
        await _decide(core, info.group_info, {"enable": "on", **ttl})


async def _agree(core: Core, contact: Contact, wish: dict[str, object]) -> None:
    """Both have to want it."""
    if contact.user_preferences.get("timedMessages") != wish or not contact.lets_fade:
        wishes = contact.user_preferences | {"timedMessages": wish}
        after = (await core.ask(commands.prefer(contact.contact_id, wishes))).to_contact
        if after is None or not after.lets_fade:
            raise CannotDo(Can.TIMERS)


async def _decide(core: Core, group: Group, decision: dict[str, object]) -> None:
    """Only owners of a group can change it."""
    if group.membership.member_role != "owner":
        raise CannotDo(Can.TIMERS)
    before = group.group_profile.get("groupPreferences")
    rules = before if isinstance(before, dict) else {}
    if rules.get("timedMessages") != decision:
        profile = group.group_profile | {"groupPreferences": rules | {"timedMessages": decision}}
        await core.ask(commands.change_group(group.group_id, profile))
