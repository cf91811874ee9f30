"""Sending, so that the same key sent again is there once, also when we were killed in between.

Delta Chat's program writes a message down before it answers. So what has a key here and no number, when we start again,
either is in its database behind all that was there when it was begun, or was never sent. `Account.settle` finds that
out before anything else is sent.
"""

from __future__ import annotations

import asyncio

from ..api import AnyAction, Delete, Edit, MarkRead, Post, React, Refused, Sent, SetTimer
from . import translate
from .account import Account, Gone
from .native import Someone


async def act(account: Account, chat: int, action: AnyAction, newest: int, now: int) -> Sent:
    """Do it. `newest` is a number that no message that is made from now on can have."""
    match action:
        case Post():
            return await _post(account, chat, action, newest, now)
        case Edit():
            id = await _own(account, chat, action.message.id)
            await account.do(object, "send_edit_request", id, action.text)
            return Sent(sent_at=now)
        case Delete():
            id = await _own(account, chat, action.message.id)
            await account.do(object, "delete_messages_for_all", [id])
            return Sent(sent_at=now)
        case React():
            id = await _here(account, chat, action.message.id)
            await account.do(object, "send_reaction", id, translate.reaction(action))
            return Sent(sent_at=now)
        case MarkRead():
            up_to = await _here(account, chat, action.message.id)
            await account.do(object, "markseen_msgs", account.record.unread(chat, up_to))
            account.record.read(chat, up_to)
            return Sent(sent_at=now)
        case SetTimer():
            await _set_timer(account, chat, action.seconds)
            return Sent(sent_at=now)
        case _:
            raise Refused("Delta Chat has no such thing.")


async def _post(account: Account, chat: int, action: Post, newest: int, now: int) -> Sent:
    if not (action.text.strip() or action.files):
        raise Refused("There is nothing in this message.")
    if action.expires is not None:
        await _set_timer(account, chat, action.expires)
    ids = []
    for at, part in enumerate(translate.parts(action)):
        id = account.record.begin(action.key, at, chat, newest).id
        if id is None:
            try:
                id = await account.do(int, "send_msg", chat, part)
            except Refused:
                account.record.abandon(action.key, at)
                raise
            account.record.done(action.key, at, id)
        ids.append(str(id))
    account.named.setdefault(chat, asyncio.get_running_loop().time())  # the first message tells what a group is called
    return Sent(ids=tuple(ids), sent_at=now)


async def _set_timer(account: Account, chat: int, seconds: int) -> None:
    """Timers belong to chats here. Saying again what holds would be shown to everybody again."""
    if await account.do(int, "get_chat_ephemeral_timer", chat) != seconds:
        await account.do(object, "set_chat_ephemeral_timer", chat, seconds)


async def _here(account: Account, chat: int, id: str) -> int:
    """The number of a message of this chat. Delta Chat itself would act on any."""
    try:
        message = await account.message(translate.number(id))
    except Gone:
        raise Refused("The message is gone.") from None
    if message.chat_id != chat:
        raise Refused("The message is in another chat.")
    return message.id


async def _own(account: Account, chat: int, id: str) -> int:
    number = await _here(account, chat, id)
    if (await account.message(number)).from_id != Someone.SELF:
        raise Refused("Only who wrote a message can change it.")
    return number
