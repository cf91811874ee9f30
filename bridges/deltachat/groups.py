"""The groups that the bridge makes: one for the owner and each contact, and one for each invitation."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

from ..api import Invitation, Person, Refused
from .account import Account, Gone
from .native import Link, Place, Room, Someone
from .record import Invited

SECOND = 1.0
NOBODY = Refused(
    "The bridge does not know who its owner is.",
    "Run `decamp bridge setup deltachat` again, and open the link that it shows in your Delta Chat.",
)


async def open_group(
    account: Account, title: str, person: Person | None, whose: str | None, owner: int | None
) -> tuple[Place, bool]:
    """The group of the owner and one contact, or of what it stands for, and whether it was made now.

    One that the owner has left is replaced.
    """
    if owner is None:
        raise NOBODY
    who = person.id if person else whose
    known = account.record.chat_of(who) if who else None
    if known is not None:
        try:
            room = await account.room(known)
        except Gone:
            pass
        else:
            if room.self_in_group and owner in room.contact_ids:
                return room, False
    chat = await _make(account, title or (person.id if person else ""))
    await account.do(object, "add_contact_to_chat", chat, owner)
    if who:
        account.record.made_chat(who, chat)
    return await account.place(chat), True


async def is_out(account: Account, chat: int) -> bool:
    """Whether this is a group that we were taken out of, or none at all any more."""
    try:
        room = await account.room(chat)
    except Gone:
        return True
    return room.chat_type == "Group" and not room.self_in_group


async def _make(account: Account, title: str) -> int:
    return await account.do(int, "create_group_chat", title, False)


async def dress(account: Account, chat: int, title: str, picture: Path | None) -> None:
    """Give a group its name and its picture. Whatever is so already is not said again."""
    place = await account.place(chat)
    if title and place.name != title:
        await _rename(account, chat, title)
    if picture is not None:
        await account.do(object, "set_chat_profile_image", chat, str(picture))


async def _rename(account: Account, chat: int, title: str) -> None:
    """Give a group another name, in another second than the one before.

    Whoever is told two names of one second keeps the one that comes first in the alphabet, whichever is the newer (read
    in Delta Chat's source, receive_imf.rs).
    """
    clock = asyncio.get_running_loop().time
    is_known = not (await account.do(Room, "get_full_chat_by_id", chat)).is_unpromoted
    if is_known:
        await asyncio.sleep(max(0.0, account.named.get(chat, -math.inf) + SECOND - clock()))
    await account.do(object, "set_chat_name", chat, title)
    if is_known:
        account.named[chat] = clock()


async def invite(account: Account, contact: Person, title: str) -> Invitation:
    """A group with a link of its own, whose name says nothing about the contact: it stands in the link.

    Delta Chat's links are for any number of people. This one is withdrawn as soon as somebody came by it, so that it
    is good for one.
    """
    known = account.record.open_invitation(contact.id)
    if known is None:
        chat = await _make(account, title)
        link = await account.do(str, "get_chat_securejoin_qr_code", chat)
        known = Invited(chat=chat, person=contact.id, link=link)
        account.record.invite(known)
    return Invitation(id=str(known.chat), link=known.link, one_time=True)


async def withdraw(account: Account, chat: int) -> None:
    """Make an invitation worthless that nobody has used, and take its empty group away.

    Somebody may have come by it in this moment, of whom nobody has told yet: their group stays.
    """
    known = account.record.invitation(chat)
    if known is None or known.state != "open":
        return
    await _void(account, known)
    if _newcomers(await account.do(Room, "get_full_chat_by_id", chat), None):
        return
    account.record.invite(_became(known, "withdrawn"))
    await account.do(object, "delete_chat", chat)


async def arrived(account: Account, known: Invited, contact: int, owner: int | None, newest: int) -> None:
    """Somebody came by an invitation: nobody else can now, and the owner is there too."""
    await _void(account, known)
    if owner is not None and owner != contact:
        await account.tell("add_contact_to_chat", known.chat, owner)
    account.record.invite(_became(known, "used", contact, newest))


async def _void(account: Account, known: Invited) -> None:
    """Make a link worthless. Saying so twice to Delta Chat would make it good again."""
    link = await account.do(Link, "check_qr", known.link)
    if link.kind == Link.GOOD:
        await account.do(object, "set_config_from_qr", known.link)


def _became(known: Invited, state: str, contact: int | None = None, seen: int | None = None) -> Invited:
    return Invited(
        chat=known.chat, person=known.person, link=known.link, state=state, contact=contact, seen=seen
    )  # fmt: skip


async def came_unseen(account: Account, owner: int | None) -> list[tuple[Invited, int]]:
    """Who is in the group of an invitation that is still open: they came while nobody wrote it down."""
    found = []
    for known in account.record.open_invitations():
        try:
            room = await account.room(known.chat)
        except Gone:
            continue
        found += [(known, id) for id in _newcomers(room, owner)][:1]
    return found


def _newcomers(room: Room, owner: int | None) -> list[int]:
    """The people in a group whom the bridge has not put there."""
    return [id for id in room.contact_ids if id > Someone.LAST_SPECIAL and id != owner]
