"""Somebody on an XMPP network who uses the library's own way of doing things, and none of ours."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import aiohttp
from slixmpp import JID, ClientXMPP, Message
from slixmpp.exceptions import IqError
from slixmpp.xmlstream import ET

from bridges.api import (
    AnyAction,
    AnyEvent,
    Chat,
    Delete,
    Deleted,
    Edit,
    Edited,
    Event,
    File,
    MarkRead,
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Receipt,
    Reference,
    SetTyping,
    Typing,
)
from tests.patience import PATIENCE

E = TypeVar("E", bound=Event)
PLUGINS = (
    "xep_0030", "xep_0045", "xep_0054", "xep_0060", "xep_0066", "xep_0085", "xep_0153", "xep_0172", "xep_0184",
    "xep_0198", "xep_0199", "xep_0203", "xep_0249", "xep_0280", "xep_0308", "xep_0313", "xep_0333", "xep_0334",
    "xep_0359", "xep_0363", "xep_0402", "xep_0424", "xep_0428", "xep_0444", "xep_0461",
)  # fmt: skip


class XmppFriend(ClientXMPP):
    """A person with a chat program. `other` is whom they write to: an account, a ghost or a room."""

    def __init__(self, address: str, password: str, port: int, authority: Path, device: str = "phone") -> None:
        super().__init__(f"{address}/{device}", password)
        self.ca_certs, self.enable_direct_tls, self._port = authority, False, port
        for name in PLUGINS:
            self.register_plugin(name)
        self.auto_authorize = self.auto_subscribe = True
        self.other, self.in_room = JID(""), False
        self.events: list[AnyEvent] = []
        self.stanzas: list[Any] = []
        self.accepted: set[str] = set()
        self._taken: set[int] = set()
        self._own_ids: dict[str, str] = {}
        self._room_ids: dict[str, str] = {}
        self._news, self._ready = asyncio.Event(), asyncio.Event()
        self._leaving = False
        self.add_event_handler("session_start", self._on_start)
        self.add_event_handler("disconnected", self._on_disconnected)
        self.add_event_handler("groupchat_direct_invite", self._on_invited)
        self.add_filter("in", self._on_stanza)

    async def arrive(self) -> None:
        self.connect("127.0.0.1", self._port)
        async with asyncio.timeout(PATIENCE):
            await self._ready.wait()

    async def leave(self) -> None:
        self._leaving = True
        await self.disconnect(1)
        self.cancel_connection_attempt()
        if self._run_out_filters is not None:
            self._run_out_filters.cancel()

    async def _on_start(self, _: object) -> None:
        await self.get_roster()
        await self.plugin["xep_0280"].enable()
        self.send_presence()
        for room in {str(self.other)} if self.in_room else self.accepted:
            self._go_in(room)
        self._ready.set()

    def _on_invited(self, message: Message) -> None:
        """Go where one is asked to, as people do, and read what was said there before."""
        self.accepted.add(str(message["groupchat_invite"]["jid"]))
        self._go_in(str(message["groupchat_invite"]["jid"]))

    def _go_in(self, room: str) -> None:
        presence = self.make_presence(pto=f"{room}/friend")
        presence.xml.append(ET.Element("{http://jabber.org/protocol/muc}x"))
        presence.send()

    def _on_disconnected(self, _: object) -> None:
        self._ready.clear()
        if not self._leaving:
            self.loop.call_later(0.2, lambda: self._leaving or self.connect("127.0.0.1", self._port))

    async def is_friend_of(self, other: XmppFriend) -> None:
        """Have each other in the list of contacts."""
        self.send_presence(pto=other.boundjid.bare, ptype="subscribe")
        async with asyncio.timeout(PATIENCE):
            while not all(  # noqa: ASYNC110  the library tells nobody
                one.client_roster[two.boundjid.bare]["subscription"] == "both"
                for one, two in ((self, other), (other, self))
            ):
                await asyncio.sleep(0.02)

    # -- doing ---------------------------------------------------------------------------------------------

    def _message(self, **parts: Any) -> Message:
        return self.make_message(mto=self.other, mtype="groupchat" if self.in_room else "chat", **parts)

    async def do(self, action: AnyAction) -> str:
        async with asyncio.timeout(PATIENCE):
            await self._ready.wait()
        match action:
            case Post(files=(upload,)):
                message = await self._file(upload.path, upload.name, upload.type)
            case Post():
                message = self._post(action.text, action.reply_to)
            case Edit():
                message = self._message(mbody=action.text)
                message["replace"]["id"] = self._own_ids.get(action.message.id, action.message.id)
            case Delete():
                message = self._message(mbody="(gone)")
                message["retract"]["id"] = action.message.id
                message.enable("fallback")
                message.enable("store")
            case React():
                message = self._message()
                emojis = [action.emoji] if action.add else []
                self.plugin["xep_0444"].set_reactions(message, action.message.id, emojis)
                message.enable("store")
            case MarkRead():
                message = self._message()
                message["displayed"]["id"] = action.message.id
            case SetTyping():
                message = self._message()
                message["chat_state"] = "composing" if action.typing else "active"
            case _:
                raise NotImplementedError(action)
        message.send()
        if not self.in_room:
            return str(message["id"])
        return await self._reflected(str(message["id"]))

    async def _reflected(self, id: str) -> str:
        """What the room calls a message of ours."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for one in self.stanzas:
                    if one.xml.get("id") == id and one.xml.get("from", "").endswith("/friend"):
                        native = str(one["stanza_id"]["id"])
                        self._own_ids[native] = id
                        return native
                self._news.clear()
                await self._news.wait()

    def _post(self, text: str, reply: Reference | None) -> Message:
        message = self._message(mbody=text)
        if not self.in_room:
            message["request_receipt"] = True
        message.enable("markable")
        if reply is not None:
            message["reply"]["id"], message["reply"]["to"] = reply.id, str(self.other)
            if reply.text:
                message["reply"].add_quoted_fallback(reply.text)
        return message

    async def _file(self, path: str, name: str, type: str) -> Message:
        content = await asyncio.to_thread(Path(path).read_bytes)
        tidy = name.replace("/", "_")
        url = await self.plugin["xep_0363"].upload_file(
            Path(tidy), content_type=type, input_file=io.BytesIO(content), size=len(content), timeout=PATIENCE
        )
        message = self._message(mbody=url)
        message["oob"]["url"] = url
        return message

    async def bytes_of(self, file: File) -> bytes:
        async with aiohttp.ClientSession() as session, session.get(file.ref) as answer:
            assert answer.status == 200
            return await answer.read()

    async def rename(self, name: str) -> None:
        """A server refuses some names, as a person would see in their program; the others are shown."""
        card = self.plugin["xep_0054"].make_vcard()
        card["FN"] = card["NICKNAME"] = "".join(mark for mark in name if mark >= " ")
        try:
            await self.plugin["xep_0054"].publish_vcard(vcard=card)
        except IqError:
            return

    async def use(self, link: str) -> None:
        """Open it as somebody who is not yet in anybody's list."""
        for known in list(self.client_roster):
            self.del_roster_item(known)  # type: ignore[no-untyped-call]  # not typed there
        address, _, query = link.removeprefix("xmpp:").partition("?")
        asked = dict(parse_qsl(query.replace(";", "&")))
        presence = self.make_presence(pto=address, ptype="subscribe")
        presence.xml.append(ET.Element("{urn:xmpp:pars:0}preauth", {"token": asked["preauth"]}))
        presence.send()

    # -- seeing --------------------------------------------------------------------------------------------

    async def saw(self, kind: type[E], wanted: Callable[[E], bool], seconds: float = PATIENCE) -> E:
        async with asyncio.timeout(seconds):
            while True:
                for at, event in enumerate(self.events):
                    if at not in self._taken and isinstance(event, kind) and wanted(event):
                        self._taken.add(at)
                        return event
                self._news.clear()
                await self._news.wait()

    async def saw_stanza(self, wanted: Callable[[Any], bool], seconds: float = PATIENCE) -> Any:
        async with asyncio.timeout(seconds):
            while True:
                for stanza in self.stanzas:
                    if wanted(stanza):
                        return stanza
                self._news.clear()
                await self._news.wait()

    def _on_stanza(self, stanza: Any) -> Any:
        seen = copy(stanza)  # looking into a stanza of this library changes it
        self.stanzas.append(seen)
        if isinstance(seen, Message) and seen.xml.get("type") != "error":
            event = self._event(copy(seen))
            if event is not None:
                self.events.append(event)
        self._news.set()
        return stanza

    def _event(self, m: Message) -> AnyEvent | None:
        """A message as this program shows it."""
        in_room = m["type"] == "groupchat"
        is_here = in_room is self.in_room or bool(self.accepted)  # who was asked in reads there and elsewhere
        if not is_here or (in_room and m["from"].resource == "friend"):
            return None
        name = str(m["nick"]["nick"] or m["from"].resource or m["from"].local)
        if not in_room and not m["nick"]["nick"]:
            name = str(self.client_roster[m["from"].bare]["name"] or m["from"].local)
        chat = Chat(id=m["from"].bare, title="")
        by: dict[str, Any] = {"chat": chat, "sender": Person(id=str(m["from"]), name=name)}
        id = (in_room and str(m["stanza_id"]["id"])) or str(m["id"])
        if in_room:
            self._room_ids.setdefault(str(m["id"]), id)
        if m["retract"]["id"]:
            return Deleted(**by, message=m["retract"]["id"])
        if m["reactions"]["id"]:
            emojis = tuple(sorted(m["reactions"].get_values()))
            return Reacted(**by, message=m["reactions"]["id"], emojis=emojis, change=Reacted.Change.ALL, id=id)
        if m["replace"]["id"]:
            about = self._room_ids.get(m["replace"]["id"], m["replace"]["id"])
            return Edited(**by, message=about, text=m["body"], sent_at=0)
        if m["receipt"]:
            return Receipt(**by, messages=(m["receipt"],), read=False)
        if m["displayed"]["id"]:
            return Receipt(**by, messages=(m["displayed"]["id"],), read=True)
        if m["body"]:
            return self._posted(m, by, id)
        return Typing(**by, typing=m["chat_state"] == "composing") if m["chat_state"] else None

    def _posted(self, m: Message, by: dict[str, Any], id: str) -> Posted:
        reply = Reference(id=m["reply"]["id"]) if m["reply"]["id"] else None
        url = m["oob"]["url"]
        text = m["reply"].strip_fallback_content() if reply else m["body"]
        files = (File(ref=url, name=url.rpartition("/")[2], type="", size=None),) if url else ()
        return Posted(**by, id=id, sent_at=0, text="" if url else text, files=files, reply_to=reply)
