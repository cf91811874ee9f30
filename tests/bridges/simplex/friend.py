"""Somebody on SimpleX who uses it by the official commands, and none of our code but its words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

from simplex_chat.types import CC, T

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
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Reference,
    SetTimer,
    Timer,
)
from tests.patience import PATIENCE
from tests.servers.simplex import Account
from tests.servers.simplex_objects import Json

E = TypeVar("E", bound=Event)


class SimplexFriend:
    """An account of their own, in which the bridge is one contact."""

    def __init__(self, account: Account, folder: Path) -> None:
        self.account, self._folder = account, folder
        self.chat = ""
        self.seen: list[AnyEvent] = []
        self._taken: set[int] = set()

    def ask(self, command: str) -> Json:
        answer = self.account.command(command)
        assert answer["type"] != "chatCmdError", f"{command.split(' ', maxsplit=1)[0]}: {answer['chatError']}"
        return answer

    async def do(self, action: AnyAction) -> str:
        self.look()
        ref: T.ChatRef = {"chatType": "direct" if self.chat[0] == "@" else "group", "chatId": int(self.chat[1:])}
        match action:
            case Post():
                return self._post(ref, action)
            case Edit():
                self.ask(CC.APIUpdateChatItem_cmd_string({
                    "chatRef": ref, "chatItemId": int(action.message.id), "liveMessage": False,
                    "updatedMessage": {"msgContent": {"type": "text", "text": action.text}, "mentions": {}},
                }))  # fmt: skip
            case Delete():
                self.ask(CC.APIDeleteChatItem_cmd_string({
                    "chatRef": ref, "chatItemIds": [int(action.message.id)], "deleteMode": "broadcast",
                }))  # fmt: skip
            case React():
                self.ask(CC.APIChatItemReaction_cmd_string({
                    "chatRef": ref, "chatItemId": int(action.message.id), "add": action.add,
                    "reaction": {"type": "emoji", "emoji": action.emoji},
                }))  # fmt: skip
            case SetTimer():
                self.set_timer({"ttl": action.seconds} if action.seconds else {})
            case _:
                raise NotImplementedError(action)
        return ""

    def _post(self, ref: T.ChatRef, action: Post) -> str:
        message: T.ComposedMessage = {"msgContent": {"type": "text", "text": action.text}, "mentions": {}}
        if action.files:
            upload = action.files[0]
            place = self._folder / f"out-{len(self.account.log)}"
            place.mkdir(parents=True)
            path = place / (upload.name.replace("/", "_") or "file")
            path.write_bytes(Path(upload.path).read_bytes())
            message["msgContent"] = {"type": "file", "text": action.text}
            if upload.voice:
                message["msgContent"] = {"type": "voice", "text": action.text, "duration": 1}
            message["fileSource"] = {"filePath": str(path)}
        if action.reply_to is not None:
            message["quotedItemId"] = int(action.reply_to.id)
        command: CC.APISendMessages = {
            "sendRef": ref, "composedMessages": [message], "liveMessage": False, "signMessages": False,
        }  # fmt: skip
        if action.expires:
            command["ttl"] = action.expires
        answer = self.ask(CC.APISendMessages_cmd_string(command))
        [entry] = cast("list[Json]", answer["chatItems"])
        return str(_meta(entry)["itemId"])

    def set_timer(self, ttl: Json, *, allow: bool = True) -> None:
        """As an app does it in the settings of a chat."""
        number = int(self.chat[1:])
        if self.chat[0] == "@":
            wish = {"timedMessages": {"allow": "yes" if allow else "no", **ttl}}
            self.ask(CC.APISetContactPrefs_cmd_string(cast(
                "CC.APISetContactPrefs", {"contactId": number, "preferences": wish}
            )))  # fmt: skip
            return
        profile = self.account.group(number).room.profile
        rules = cast("Json", profile.get("groupPreferences") or {})
        wished = {"timedMessages": {"enable": "on" if allow else "off", **ttl}}
        changed = profile | {"groupPreferences": rules | wished}
        self.ask(CC.APIUpdateGroupProfile_cmd_string(cast(
            "CC.APIUpdateGroupProfile", {"groupId": number, "groupProfile": changed}
        )))  # fmt: skip

    def send_photo(self, path: Path, preview: str) -> None:
        """As an app does, which makes the preview itself."""
        message = {"msgContent": {"type": "image", "text": "", "image": preview}, "mentions": {},
                   "fileSource": {"filePath": str(path)}}  # fmt: skip
        self.ask(f"/_send {self.chat} json {json.dumps([message])}")

    async def saw(self, kind: type[E], wanted: Callable[[E], bool], seconds: float = PATIENCE) -> E:
        async with asyncio.timeout(seconds):
            while True:
                self.look()
                for at, event in enumerate(self.seen):
                    if at not in self._taken and isinstance(event, kind) and wanted(event):
                        self._taken.add(at)
                        return event
                await asyncio.sleep(0.01)

    async def bytes_of(self, file: File) -> bytes:
        path = self._folder / f"in-{file.ref}"
        self.ask(f"/freceive {file.ref} approved_relays=on encrypt=off {path}")
        return path.read_bytes()

    async def rename(self, name: str) -> None:
        self.account.claim(name)

    async def use(self, link: str) -> None:
        """As a third person would: a second account, which is not ours."""
        self.ask(f"/_connect 1 {link}")

    def look(self) -> None:
        """Take what there is to know, and let go of what has had its time. Invitations to groups are accepted."""
        self.account.tidy()
        while (event := self.account.next_event()) is not None:
            said = cast("Json", json.loads(event))
            if said["type"] == "receivedGroupInvitation":
                self.ask(f"/_join #{cast('Json', said['groupInfo'])['groupId']}")
            self.seen += _events(said)


def _meta(entry: Json) -> Json:
    return cast("Json", cast("Json", entry["chatItem"])["meta"])


def _place(entry: Json) -> tuple[Chat, Person]:
    info, item = cast("Json", entry["chatInfo"]), cast("Json", entry.get("chatItem", {}))
    if info["type"] == "direct":
        contact = cast("Json", info["contact"])
        name = str(cast("Json", contact["profile"])["displayName"])
        return Chat(id=f"@{contact['contactId']}", title=name), Person(id="them", name=name)
    group, member = (
        cast("Json", info["groupInfo"]),
        cast("Json", cast("Json", item.get("chatDir", {})).get("groupMember", {})),
    )
    name = str(cast("Json", member.get("memberProfile", {})).get("displayName", ""))
    return Chat(id=f"#{group['groupId']}", title=str(group["localDisplayName"])), Person(id="them", name=name)


def _events(said: Json) -> list[AnyEvent]:
    match said["type"]:
        case "newChatItems":
            return [event for entry in cast("list[Json]", said["chatItems"]) if (event := _told(entry)) is not None]
        case "chatItemUpdated":
            new = _posted(cast("Json", said["chatItem"]))
            return [Edited(chat=new.chat, sender=new.sender, message=new.id, text=new.text, sent_at=new.sent_at)]
        case "chatItemsDeleted":
            gone = [cast("Json", one["deletedChatItem"]) for one in cast("list[Json]", said["chatItemDeletions"])]
            return [Deleted(chat=_place(one)[0], sender=None, message=str(_meta(one)["itemId"])) for one in gone]
        case "chatItemReaction":
            reaction = cast("Json", said["reaction"])
            one = cast("Json", reaction["chatReaction"])
            chat, person = _place(reaction)
            change = Reacted.Change.ADDED if said["added"] else Reacted.Change.REMOVED
            return [Reacted(chat=chat, sender=person, message=str(_meta(one)["itemId"]), change=change,
                            emojis=(str(cast("Json", one["reaction"])["emoji"]),))]  # fmt: skip
        case _:
            return []


def _told(entry: Json) -> Posted | Timer | None:
    """What people said, or that somebody else has set a timer."""
    content = cast("Json", cast("Json", entry["chatItem"])["content"])
    if content["type"] in {"rcvChatFeature", "rcvGroupFeature"}:
        chat, person = _place(entry)
        return Timer(chat=chat, sender=person, seconds=cast("int", content.get("param", 0)))
    return _posted(entry) if "msgContent" in content else None


def _posted(entry: Json) -> Posted:
    chat, person = _place(entry)
    item = cast("Json", entry["chatItem"])
    content = cast("Json", cast("Json", item["content"])["msgContent"])
    quoted, file = cast("Json | None", item.get("quotedItem")), cast("Json | None", item.get("file"))
    files: tuple[File, ...] = ()
    if file:
        size = cast("int", file["fileSize"])
        is_voice = content["type"] == "voice"
        files = (File(ref=str(file["fileId"]), name=str(file["fileName"]), type="", size=size, voice=is_voice),)
    return Posted(
        chat=chat, sender=person, id=str(_meta(entry)["itemId"]), sent_at=0, text=str(content["text"]), files=files,
        reply_to=Reference(id=str(quoted.get("itemId", ""))) if quoted else None,
    )  # fmt: skip
