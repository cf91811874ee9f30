"""Somebody who uses Matrix with matrix-nio, as its documentation shows it, and tells what they see in our words."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import nio

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
    Upload,
)  # fmt: skip
from tests.patience import PATIENCE
from tests.servers.synapse import User

E = TypeVar("E", bound=Event)
VOICE = "org.matrix.msc3245.voice"
MEDIA = (nio.RoomMessageMedia, nio.RoomEncryptedMedia)


class Friend:
    """One account with one device. It goes wherever it is invited."""

    def __init__(self, url: str, user: User, folder: Path, *, sealed: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        config = nio.AsyncClientConfig(encryption_enabled=sealed, pickle_key="friend", request_timeout=30)
        self.client = nio.AsyncClient(url, user.id, user.device, store_path=str(folder), config=config)
        self.client.restore_login(user.id, user.device, user.token)
        self.user, self.room, self.sealed = user, "", sealed
        self.events: list[AnyEvent] = []
        self.rooms_of: dict[int, str] = {}
        self._taken: set[int] = set()
        self._news = asyncio.Event()
        for name in ("nio", "peewee"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    async def start(self) -> None:
        await self._sync(0)
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self.client.close()
        if self.client.store is not None:
            self.client.store.database.close()

    # -- doing -------------------------------------------------------------------------------------------

    async def do(self, action: AnyAction) -> str:
        match action:
            case Post(files=()):
                content: dict[str, Any] = {"msgtype": "m.text", "body": action.text}
                if action.reply_to:
                    content["m.relates_to"] = {"m.in_reply_to": {"event_id": action.reply_to.id}}
                return await self.send("m.room.message", content)
            case Post():
                return await self._send_file(action.files[0], action.text)
            case Edit():
                content = {"msgtype": "m.text", "body": f"* {action.text}"}
                content["m.new_content"] = {"msgtype": "m.text", "body": action.text}
                content["m.relates_to"] = {"rel_type": "m.replace", "event_id": action.message.id}
                return await self.send("m.room.message", content)
            case Delete():
                return str((await self.client.room_redact(self.room, action.message.id)).event_id)
            case React(add=True):
                relation = {"rel_type": "m.annotation", "event_id": action.message.id, "key": action.emoji}
                return await self.send("m.reaction", {"m.relates_to": relation})
            case React():
                assert action.sent_as is not None
                return str((await self.client.room_redact(self.room, action.sent_as)).event_id)
            case MarkRead():
                await self.client.room_read_markers(self.room, action.message.id, action.message.id)
                return ""
            case SetTyping():
                await self.client.room_typing(self.room, action.typing, 5000)
                return ""
            case _:
                raise NotImplementedError(action)

    async def send(self, kind: str, content: dict[str, Any]) -> str:
        answer = await self.client.room_send(self.room, kind, content, ignore_unverified_devices=True)
        assert isinstance(answer, nio.RoomSendResponse), answer
        return str(answer.event_id)

    async def _send_file(self, upload: Upload, caption: str) -> str:
        data = Path(upload.path).read_bytes()  # noqa: ASYNC240  a test may wait for its disk
        answer, keys = await self.client.upload(
            io.BytesIO(data), content_type=upload.type, filename="x", encrypt=self.sealed, filesize=len(data)
        )
        assert isinstance(answer, nio.UploadResponse), answer
        content: dict[str, Any] = {"msgtype": "m.file", "body": caption or upload.name, "filename": upload.name}
        content["info"] = {"mimetype": upload.type, "size": upload.size}
        content |= {"file": {"url": answer.content_uri, **(keys or {})}} if self.sealed else {"url": answer.content_uri}
        if upload.voice:
            content |= {"msgtype": "m.audio", VOICE: {}}
        return await self.send("m.room.message", content)

    async def rename(self, name: str) -> None:
        """Names that the homeserver does not take are cut, as a person would do it."""
        await self.client.set_displayname(name[:256])

    async def use(self, link: str) -> None:
        raise NotImplementedError(link)

    # -- seeing ------------------------------------------------------------------------------------------

    async def saw(self, kind: type[E], wanted: Callable[[E], bool], seconds: float = PATIENCE) -> E:
        async with asyncio.timeout(seconds):
            while True:
                for at, event in enumerate(self.events):
                    if at not in self._taken and isinstance(event, kind) and wanted(event):
                        self._taken.add(at)
                        return event
                self._news.clear()
                await self._news.wait()

    async def bytes_of(self, file: File) -> bytes:
        told = json.loads(file.ref)
        answer = await self.client.download(told["url"])
        assert isinstance(answer, nio.DownloadResponse), answer
        body = answer.body
        assert isinstance(body, bytes)
        if "key" in told:
            return bytes(nio.crypto.decrypt_attachment(body, told["key"]["k"], told["hashes"]["sha256"], told["iv"]))
        return body

    async def _listen(self) -> None:
        while True:
            await self._sync(10_000)

    async def _sync(self, wait: int) -> None:
        answer = await self.client.sync(timeout=wait)
        assert isinstance(answer, nio.SyncResponse), answer
        if self.client.should_upload_keys:
            await self.client.keys_upload()
        if self.client.should_query_keys:
            await self.client.keys_query()
        if self.client.should_claim_keys:
            await self.client.keys_claim(self.client.get_users_for_key_claiming())
        await self.client.send_to_device_messages()
        for room in answer.rooms.invite:
            await self.client.join(room)
        for id, joined in answer.rooms.join.items():
            for event in joined.timeline.events:
                if (seen := self._seen(id, event)) is not None:
                    self.rooms_of[len(self.events)] = id
                    self.events.append(seen)
            for fleeting in joined.ephemeral:
                self.events += self._fleeting(id, fleeting)
        self._news.set()

    def _seen(self, room: str, event: Any) -> AnyEvent | None:
        if event.sender == self.user.id:
            return None
        chat, sender = Chat(id=room, title=room), Person(id=event.sender, name=self._name(room, event.sender))
        at = event.server_timestamp
        if isinstance(event, nio.RedactionEvent):
            return Deleted(chat=chat, sender=sender, message=event.redacts)
        if isinstance(event, nio.ReactionEvent):
            emojis, added = (event.key,), Reacted.Change.ADDED
            return Reacted(chat=chat, sender=sender, message=event.reacts_to, emojis=emojis, change=added,
                           id=event.event_id)  # fmt: skip
        if not isinstance(event, nio.RoomMessage):
            return None
        content = event.source["content"]
        relation = content.get("m.relates_to", {})
        if relation.get("rel_type") == "m.replace":
            return Edited(chat=chat, sender=sender, message=relation["event_id"],
                          text=content["m.new_content"]["body"], sent_at=at)  # fmt: skip
        files = (_file(content),) if isinstance(event, MEDIA) else ()
        answered = relation.get("m.in_reply_to", {}).get("event_id")
        return Posted(
            chat=chat,
            sender=sender,
            id=event.event_id,
            sent_at=at,
            text="" if files and content.get("filename", event.body) == event.body else event.body,
            files=files,
            reply_to=Reference(id=answered) if answered else None,
            notice=isinstance(event, nio.RoomMessageNotice),
        )

    def _fleeting(self, room: str, event: Any) -> list[AnyEvent]:
        chat = Chat(id=room, title=room)
        if isinstance(event, nio.TypingNoticeEvent):
            others = [id for id in event.users if id != self.user.id]
            return [Typing(chat=chat, sender=Person(id=id), typing=True) for id in others]
        if isinstance(event, nio.ReceiptEvent):
            return [
                Receipt(chat=chat, sender=Person(id=one.user_id), messages=(one.event_id,), read=True)
                for one in event.receipts
                if one.user_id != self.user.id
            ]
        return []

    def _name(self, room: str, id: str) -> str:
        member = self.client.rooms[room].users.get(id)
        return (member.display_name or "") if member else ""


def _file(content: dict[str, Any]) -> File:
    kept = content.get("file") or {"url": content["url"]}
    return File(
        ref=json.dumps(kept),
        name=content.get("filename", content["body"]),
        type=content["info"]["mimetype"],
        size=content["info"]["size"],
        voice=VOICE in content,
    )
