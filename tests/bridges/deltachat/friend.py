"""Somebody with Delta Chat, by means of its own library, and none of ours."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any, TypeVar

from deltachat_rpc_client import JsonRpcError, Rpc

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
    Joined,
    MarkRead,
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Receipt,
    Reference,
    SetTimer,
    Timer,
)
from tests.patience import PATIENCE
from tests.servers.mail import Mailbox

E = TypeVar("E", bound=Event)
PROGRAM = str(Path(sys.executable).with_name("deltachat-rpc-server" + (".exe" if os.name == "nt" else "")))


class Phone(Rpc):
    """The library, which writes what happens into the log of everybody: not into ours, which is tested."""

    def events_loop(self) -> None:
        try:
            while events := self.get_next_event_batch():
                for event in events:
                    self.get_queue(event["contextId"]).put(event["event"])
                if self.closing:
                    return
        except JsonRpcError:
            return

    def close(self) -> None:
        super().close()
        self.process.wait(10)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()


def transport(server: Any, box: Mailbox) -> dict[str, Any]:
    """What the library wants to know of a mail account."""
    return {
        "addr": box.address, "password": box.password, "certificateChecks": "acceptInvalidCertificates",
        "imapServer": "127.0.0.1", "imapPort": server.imap, "imapSecurity": server.security, "imapUser": box.address,
        "smtpServer": "127.0.0.1", "smtpPort": server.smtp, "smtpSecurity": "plain", "smtpUser": box.address,
    }  # fmt: skip


class DeltaChatFriend:
    """A person with one account. `chat` is the one that they share with the bridge.

    Delta Chat lets people send one message a second, and bots as many as they like: whoever has much to do is one.
    """

    def __init__(self, rpc: Phone, server: Any, box: Mailbox, *, busy: bool = True) -> None:
        self.rpc, self.number, self.box, self.chat = rpc, rpc.add_account(), box, 0
        config = {"displayname": "Friend", "mdns_enabled": "1", **({"bot": "1"} if busy else {})}
        rpc.batch_set_config(self.number, config)
        rpc.add_or_update_transport(self.number, transport(server, box))
        rpc.start_io(self.number)
        self.events: list[AnyEvent] = []
        self._taken: set[int] = set()
        self._coming: set[int] = set()
        self._read: set[int] = set()
        self._texts: dict[int, str] = {}

    def ask(self, method: str, *words: Any) -> Any:
        return getattr(self.rpc, method)(self.number, *words)

    def forget(self) -> None:
        """Look only at what comes from now on."""
        self.look()
        self._taken.update(range(len(self.events)))

    def accept(self) -> None:
        """Go into the chat. Of what came before that, a program is not told one by one: it reads all that is there."""
        self.ask("accept_chat", self.chat)
        self._read_all()

    def reconnect(self) -> None:
        """Open the program again, which connects anew then: otherwise it takes its time.

        What was being received in that moment is kept, and told by no event: a program reads it when it is opened.
        """
        self.ask("stop_io")
        if self.chat:
            self._read_all()
        self.ask("start_io")

    def _read_all(self) -> None:
        self.look()
        known = {int(event.id) for event in self.events if isinstance(event, Posted)}
        for id in self.ask("get_message_ids", self.chat, False, False):
            event = self._message(id) if id not in known else None
            if isinstance(event, Posted) and event.sender.id != "1":
                self.events.append(event)
                self._read.add(id)

    # -- doing ---------------------------------------------------------------------------------------------

    async def do(self, action: AnyAction) -> str:
        return await asyncio.to_thread(self._do, action)

    def _do(self, action: AnyAction) -> str:
        match action:
            case Post():
                return self._post(action)
            case Edit():
                self.ask("send_edit_request", int(action.message.id), action.text)
            case Delete():
                self.ask("delete_messages_for_all", [int(action.message.id)])
            case React():
                self.ask("send_reaction", int(action.message.id), [action.emoji] if action.add else [])
            case MarkRead():
                self.ask("markseen_msgs", [int(action.message.id)])
            case SetTimer():
                self.ask("set_chat_ephemeral_timer", self.chat, action.seconds)
            case _:
                raise NotImplementedError(action)
        return ""

    def _post(self, action: Post) -> str:
        data: dict[str, Any] = {"text": action.text}
        if action.reply_to is not None:
            data["quotedMessageId"] = int(action.reply_to.id)
        for file in action.files:
            data |= {"file": file.path, "filename": file.name, "viewtype": "Voice" if file.voice else "File"}
        return str(self.ask("send_msg", self.chat, data))

    async def bytes_of(self, file: File) -> bytes:
        return await asyncio.to_thread(Path(file.ref).read_bytes)

    async def rename(self, name: str) -> None:
        await asyncio.to_thread(self.ask, "set_config", "displayname", name)

    async def use(self, link: str) -> None:
        await asyncio.to_thread(self.ask, "secure_join", link)

    # -- seeing --------------------------------------------------------------------------------------------

    async def saw(self, kind: type[E], wanted: Callable[[E], bool], seconds: float = PATIENCE) -> E:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.to_thread(self.look)
            for at, event in enumerate(self.events):
                if at not in self._taken and isinstance(event, kind) and wanted(event):
                    self._taken.add(at)
                    return event
            await asyncio.sleep(0.02)
        raise TimeoutError(f"The friend has not seen any {kind.__name__} of that kind.")

    def look(self) -> None:
        """Take what there is to know."""
        queue = self.rpc.get_queue(self.number)
        while True:
            try:
                native = queue.get_nowait()
            except Empty:
                return
            try:
                event = self._event(native)
            except JsonRpcError:
                continue  # what it was about is gone
            if event is not None:
                self.events.append(event)

    def _event(self, native: dict[str, Any]) -> AnyEvent | None:
        kind, id, chat = native["kind"], native.get("msgId", 0), Chat(id=str(native.get("chatId", 0)), title="")
        match kind:
            case "IncomingMsg":
                return self._message(id) if id not in self._read else None
            case "MsgsChanged" if id:
                return self._message(id) if id in self._coming else self._edit(id)
            case "MsgDeleted":
                return Deleted(chat=chat, sender=None, message=str(id))
            case "MsgRead":
                return Receipt(chat=chat, sender=Person(id="?"), messages=(str(id),), read=True)
            case "ReactionsChanged" if native["contactId"] != 1:
                by = native["contactId"]
                found = self.ask("get_message_reactions", id) or {"reactionsByContact": {}}
                emojis = tuple(found["reactionsByContact"].get(str(by), ()))
                who, all_of_them = Person(id=str(by)), Reacted.Change.ALL
                return Reacted(chat=chat, sender=who, message=str(id), emojis=emojis, change=all_of_them)
            case "SecurejoinJoinerProgress" if native["progress"] == 1000:
                return Joined(chat=chat, person=Person(id=str(native["contactId"])))
        return None

    def _message(self, id: int) -> AnyEvent | None:
        """A long message comes in two parts at people's programs."""
        m = self.ask("get_message", id)
        if m["downloadState"] != "Done":
            self._coming.add(id)
            return None
        self._coming.discard(id)
        self._texts[id] = m["text"]
        name = m["overrideSenderName"] or m["sender"]["displayName"]
        chat, sender = Chat(id=str(m["chatId"]), title=""), Person(id=str(m["fromId"]), name=name)
        if m["systemMessageType"] == "EphemeralTimerChanged":
            return Timer(chat=chat, sender=sender, seconds=self.ask("get_chat_ephemeral_timer", m["chatId"]))
        if m["isInfo"]:
            return None
        files = (
            File(ref=m["file"], name=m["fileName"], type=m["fileMime"], size=m["fileBytes"],
                 voice=m["viewType"] == "Voice"),
        ) if m["file"] else ()  # fmt: skip
        reply = Reference(id=str(m["quote"]["messageId"])) if m["quote"] and "messageId" in m["quote"] else None
        return Posted(chat=chat, sender=sender, id=str(id), sent_at=0, text=m["text"], files=files, reply_to=reply)

    def _edit(self, id: int) -> AnyEvent | None:
        m = self.ask("get_message", id)
        if not m["isEdited"] or self._texts.get(id, m["text"]) == m["text"]:
            return None
        self._texts[id] = m["text"]
        chat, sender = Chat(id=str(m["chatId"]), title=""), Person(id=str(m["fromId"]))
        return Edited(chat=chat, sender=sender, message=str(id), text=m["text"], sent_at=0)
