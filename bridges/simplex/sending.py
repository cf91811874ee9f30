"""What goes to SimpleX: each message once, however often it is tried."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from ..api import (
    Accept,
    AnyAction,
    Bridge,
    Can,
    CannotDo,
    Delete,
    Desk,
    Edit,
    NotNow,
    Post,
    React,
    Reference,
    Refused,
    Sent,
    SetTimer,
    Upload,
)
from . import commands, media, timers, translate
from .about import ABOUT
from .core import Core, Denied, Lost, refusal
from .files import Files, safe_name
from .hearing import Hearing, every_chat, items_after
from .record import Begun, Record

T = TypeVar("T")
_DONE = {"chatItemNotFound", "invalidChatItemDelete"}


class Sending(Bridge):
    """The half of the bridge that acts."""

    _desk: Desk
    _record: Record
    _files: Files
    _hearing: Hearing
    _user: int

    def __init__(self) -> None:
        self._core: Core | None = None
        self._sending = asyncio.Lock()

    def _connected(self) -> Core:
        if self._core is None:
            raise NotNow("There is no connection to SimpleX.")
        return self._core

    async def _asking(self, answer: Awaitable[T]) -> T:
        """The answer, or what a refusal means in our words."""
        try:
            return await answer
        except Denied as denied:
            raise refusal(denied) from None
        except Lost as lost:
            raise NotNow(str(lost)) from None

    async def act(self, chat: str, action: AnyAction) -> Sent:
        async with self._sending:
            core = self._connected()
            if isinstance(action, Accept):
                return await self._accept(core, chat)
            if not (chat[:1] in {"@", "#"} and chat[1:].isdecimal()):
                raise Refused("There is no such chat.", "`decamp bridge chats simplex` shows those that there are.")
            if isinstance(action, SetTimer):
                await self._asking(timers.set_timer(core, chat, action.seconds))
                self._hearing.timer_is(chat, action.seconds)
                return Sent(sent_at=self._desk.now())
            if isinstance(action, Post):
                return await self._post(core, chat, action)
            return await self._change(core, chat, action)

    async def _accept(self, core: Core, chat: str) -> Sent:
        number = chat.removeprefix(translate.REQUEST).partition("-")[0]
        if not number.isdecimal():
            raise Refused("Nobody has asked there.")
        waiting = (listed.chat_info.contact_request for listed in await self._asking(every_chat(core, self._user)))
        if not any(request is not None and translate.stranger(request).id == chat for request in waiting):
            raise Refused("Nobody asks there any more.")
        await self._asking(core.ask(commands.accept(int(number))))
        return Sent()

    # -- messages --------------------------------------------------------------------------------------------

    async def _post(self, core: Core, chat: str, action: Post) -> Sent:
        """The words with the first file, then each other file."""
        if not action.text and not action.files:
            raise Refused("There is nothing in this message.")
        ids: list[str] = []
        parts: tuple[Upload | None, ...] = action.files or (None,)
        for part, upload in enumerate(parts):
            ids.append(await self._once(core, chat, action, part, upload))
        return Sent(ids=tuple(ids), sent_at=self._desk.now())

    async def _once(self, core: Core, chat: str, action: Post, part: int, upload: Upload | None) -> str:
        """Send one part, unless an earlier attempt has. What is there is recognised by what it says."""
        text = translate.whole(action.text) if part == 0 else ""
        begun = self._record.begun(action.key, part)
        if begun is not None and begun.item is None:
            await self._look_for(core, begun)
            begun = self._record.begun(action.key, part)
        if begun is not None and begun.item is not None:
            return str(begun.item)
        if action.expires:
            await self._asking(timers.allow(core, chat))
        path = None
        content: dict[str, object] = {"type": "text", "text": text}
        if upload is not None:
            path = await asyncio.to_thread(self._files.lay_out, upload, action.key, part)
            content = await media.content(upload, text)
        kind, name = str(content["type"]), safe_name(upload.name) if upload else ""
        self._record.begin(Begun(
            key=action.key, part=part, chat=chat, after=self._hearing.highest, kind=kind,
            mark=translate.mark(kind, text, name),
        ))  # fmt: skip
        quoted = _item_of(action.reply_to) if part == 0 and action.reply_to else None
        message = translate.composed(content, str(path) if path else None, quoted)
        try:
            said = await core.ask(commands.send(chat, [message], action.expires))
        except Denied as denied:
            self._record.drop(action.key, part)
            raise _lacking(denied, kind, quoted) or refusal(denied) from None
        except Lost as lost:
            raise NotNow(str(lost)) from None
        if not said.chat_items:
            raise NotNow("SimpleX did not say what became of it.")
        item = said.chat_items[0].chat_item.meta.item_id
        self._record.done(action.key, part, item)
        self._hearing.highest = max(self._hearing.highest, item)
        return str(item)

    async def _look_for(self, core: Core, begun: Begun) -> None:
        """Settle whether a message was taken of which we never heard."""
        for item in await self._asking(items_after(core, begun.chat, begun.after)):
            if item.chat_dir.is_ours:
                self._record.recognise(begun.chat, translate.mark_of(item), item.meta.item_id)

    # -- what is done to messages ----------------------------------------------------------------------------

    async def _change(self, core: Core, chat: str, action: AnyAction) -> Sent:
        begun = self._record.begun(action.key, 0)
        if begun is not None and begun.item is not None:
            return Sent()
        command, item = await self._command(core, chat, action)
        again = begun is not None
        self._record.begin(Begun(key=action.key, part=0, chat=chat, mark="", after=0, kind=""))
        try:
            await core.ask(command)
        except Denied as denied:
            was_done = again and isinstance(action, Delete) and denied.kind in _DONE
            if not was_done and not (isinstance(action, React) and "already" in denied.detail):
                self._record.drop(action.key, 0)
                raise refusal(denied) from None
        except Lost as lost:
            raise NotNow(str(lost)) from None
        self._record.done(action.key, 0, item)
        return Sent(sent_at=self._desk.now())

    async def _command(self, core: Core, chat: str, action: AnyAction) -> tuple[str, int]:
        match action:
            case Edit():
                item = _item_of(action.message)
                content = await self._content_of(core, chat, item)
                return commands.update(chat, item, content | {"text": translate.whole(action.text)}), item
            case Delete():
                item = _item_of(action.message)
                return commands.delete(chat, item), item
            case React():
                emoji = translate.emoji_out(action.emoji)
                if emoji not in (ABOUT.limits.reactions or ()):
                    raise Refused("SimpleX has eight reactions, and this is none of them.")
                item = _item_of(action.message)
                return commands.react(chat, item, emoji, add=action.add), item
            case _:
                raise CannotDo(next(iter(action.needs)))

    async def _content_of(self, core: Core, chat: str, item: int) -> dict[str, object]:
        """What a message of ours says beside its words, which an edit has to say again."""
        kind = self._record.kind_of(item) or "text"
        if kind not in {"image", "voice"}:
            return {"type": kind}
        there = await self._asking(items_after(core, chat, item - 1))
        words = next((one.content.msg_content for one in there if one.meta.item_id == item), None)
        if words is None:
            raise Refused("The message is not there any more.")
        return translate.more(words)


def _lacking(denied: Denied, kind: str, quoted: int | None) -> CannotDo | None:
    """What this chat cannot do, although SimpleX can: whoever sends finds another way."""
    if denied.kind == "largeMsg" and quoted is not None:
        return CannotDo(Can.REPLIES)  # what it answers goes along with it, preview and all
    if denied.kind == "commandError" and denied.detail.startswith("feature not allowed") and kind == "voice":
        return CannotDo(Can.VOICE)  # the other side has forbidden them
    return None


def _item_of(reference: Reference) -> int:
    if not reference.id.isdecimal():
        raise Refused("The message that this is about is not one of SimpleX.")
    return int(reference.id)
