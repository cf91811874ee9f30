"""The part of the double that carries messages: send, edit, delete, react, files."""

from __future__ import annotations

import base64
import binascii
import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

from simplex_chat.types import T

from tests.servers import simplex_objects as make
from tests.servers.simplex_holding import Holding, meta
from tests.servers.simplex_objects import Json
from tests.servers.simplex_parts import Denied, Part, refused, store, wrong

if TYPE_CHECKING:
    from tests.servers.simplex import Account

LARGEST = 15_602
JPEG = b"\xff\xd8\xff\xe0"
REACTIONS = "👍👎😀😂😢❤🚀✅"
DAY = 86_400
_REF = r"([@#]\d+)"


class Talking(Holding):
    """What an account says."""

    def talk_parts(self) -> list[tuple[re.Pattern[str], Part]]:
        return [(re.compile(pattern, re.DOTALL), part) for pattern, part in (
            (rf"/_send {_REF}(?: live=on)?(?: ttl=(\d+))? json (\[.*\])", self._send),
            (rf"/_update item {_REF} (\d+) json (\{{.*\}})", self._update),
            (rf"/_delete item {_REF} ([\d,]+) (broadcast|internal)", self._delete),
            (rf"/_reaction {_REF} (\d+) (on|off) (\{{.*\}})", self._react),
            (r"/freceive (\d+) approved_relays=on encrypt=off(?: (.+))?", self._receive),
        )]  # fmt: skip

    def _send(self, ref: str, ttl: str | None, data: str) -> Json:
        """All are looked at before any is sent (7)."""
        wanted = [self.read(json.dumps(one), T.ComposedMessage) for one in json.loads(data)]
        others = self.others(ref)
        if not wanted:
            raise wrong("Failed reading: empty")
        quotes = [self._quote(ref, one) for one in wanted]
        for one, quote in zip(wanted, quotes, strict=True):
            self._need_whole(cast("Json", one["msgContent"]), "fileSource" in one)
            if len(json.dumps([one["msgContent"], quote], ensure_ascii=False).encode()) > LARGEST:
                raise store("largeMsg")
            source = cast("Json | None", one.get("fileSource"))
            if source is not None and not (Path(str(source["filePath"])).is_absolute() and Path(str(source["filePath"])).is_file()):  # fmt: skip  # noqa: E501
                raise refused("fileNotFound", message=str(source["filePath"]))
        sent = [self._post(ref, others, one, quote, ttl) for one, quote in zip(wanted, quotes, strict=True)]
        answer: Json = {"type": "newChatItems", "user": self.user, "chatItems": [self.entry(number) for number in sent]}
        for number in sent:
            self.deliver(number, others)
        return answer

    def _need_whole(self, content: Json, has_file: bool) -> None:
        """What the apps need to show something before its file is there. The types want it to be there, no more."""
        if content["type"] in {"image", "video"} and not is_picture(content["image"]):
            raise wrong("Failed reading: no preview")
        if content["type"] in {"video", "voice"} and not cast("int", content["duration"]) > 0:
            raise wrong("Failed reading: no duration")
        if content["type"] in self.network.forbidden:
            raise wrong("feature not allowed Voice messages")
        if content["type"] in {"image", "video", "voice", "file"} and not has_file:
            raise refused("fileNotFound", message="")

    def _quote(self, ref: str, wanted: Json) -> Json | None:
        if "quotedItemId" not in wanted:
            return None
        try:
            quoted = self.item(ref, cast("int", wanted["quotedItemId"]))
        except Denied:
            raise store("invalidQuote") from None
        content = cast("Json", quoted["content"])["msgContent"]
        shared, sent_at = meta(quoted)["itemSharedMsgId"], meta(quoted)["itemTs"]
        return {
            "chatDir": quoted["chatDir"], "itemId": wanted["quotedItemId"], "sharedMsgId": shared, "sentAt": sent_at,
            "content": content,
        }  # fmt: skip

    def _post(self, ref: str, others: list[tuple[Account, str, Json]], wanted: Json, quote: Json | None, ttl: str | None) -> int:  # fmt: skip  # noqa: E501
        content = cast("Json", wanted["msgContent"])
        direction: Json = {"type": "directSnd" if ref[0] == "@" else "groupSnd"}
        number = self.keep(ref, direction, content, f"s{next(self.network.shared)}", ours=True)
        item = self.items[number][1]
        if quote is not None:
            item["quotedItem"] = quote
        seconds = self.ttl_of(ref, int(ttl) if ttl else None)
        if seconds is not None:
            gone_at = make.stamp(self.network.now() + seconds)
            meta(item)["itemTimed"] = {"ttl": seconds, "deleteAt": gone_at}
        source = cast("Json | None", wanted.get("fileSource"))
        if source is not None:
            path = Path(str(source["filePath"]))
            file = next(self.numbers)
            self.files[file] = path
            item["file"] = make.file(file, path.name, path.stat().st_size, "sndStored", str(path))
        return number

    def deliver(self, number: int, others: list[tuple[Account, str, Json]]) -> None:
        ref, item = self.items[number]
        for status in ("sndSent", "sndRcvd"):
            if status == "sndRcvd":
                for account, there, direction in others:
                    account.receive(there, direction, self, item)
                if any(account.keeps_quiet(there) for account, there, _ in others):
                    break
            progress: Json = {"sndProgress": "complete", **({"msgRcptStatus": "ok"} if status == "sndRcvd" else {})}
            meta(item)["itemStatus"] = {"type": status} | progress
            if others:
                self.tell({"type": "chatItemsStatusesUpdated", "chatItems": [self.entry(number)]})
        if "file" in item:
            file = cast("Json", item["file"])
            file["fileStatus"] = {"type": "sndComplete"}
            fid = cast("int", file["fileId"])
            path = cast("Path", self.files[fid])
            self.files[fid] = path.read_bytes()  # the servers have it: the copy of the sender may go
            meta_of = make.transfer(fid, path.name, str(path), cast("int", file["fileSize"]))
            self.tell({"type": "sndFileCompleteXFTP", "chatItem": self.entry(number), "fileTransferMeta": meta_of})
        if ref[0] == "#":
            self.group(int(ref[1:])).room.told.append((cast("Account", self), ref, item, self.network.now()))

    def receive(self, ref: str, direction: Json, sender: Holding, theirs: Json) -> None:
        content = cast("Json", cast("Json", theirs["content"])["msgContent"])
        number = self.keep(ref, direction, content, str(meta(theirs)["itemSharedMsgId"]), ours=False)
        item = self.items[number][1]
        if "itemTimed" in meta(theirs) and self.ttl_of(ref, 1):
            meta(item)["itemTimed"] = {"ttl": cast("Json", meta(theirs)["itemTimed"])["ttl"]}
        if "quotedItem" in theirs:
            quoted = copy.deepcopy(cast("Json", theirs["quotedItem"]))
            known = self.of_shared(quoted["sharedMsgId"])
            quoted.pop("itemId")
            if known is not None:
                quoted |= {"itemId": known, "chatDir": self.items[known][1]["chatDir"]}
            item["quotedItem"] = quoted
        if "file" in theirs:
            file, mine = cast("Json", theirs["file"]), next(self.numbers)
            self.files[mine] = (sender, cast("int", file["fileId"]))
            item["file"] = make.file(mine, str(file["fileName"]), cast("int", file["fileSize"]), "rcvInvitation", None)
        self.tell({"type": "newChatItems", "chatItems": [self.entry(number)]})

    def _own(self, ref: str, number: int, otherwise: str) -> Json:
        item = self.item(ref, number)
        direction = str(cast("Json", item["chatDir"])["type"])
        age = self.network.now() - make.at(str(meta(item)["itemTs"]))
        if not direction.endswith("Snd") or age > DAY or "itemDeleted" in meta(item):
            raise refused(otherwise)  # (8)
        return item

    def _update(self, ref: str, number: str, data: str) -> Json:
        wanted = cast("Json", self.read(data, T.UpdatedMessage)["msgContent"])
        self._need_whole(wanted, has_file=True)
        item = self._own(ref, int(number), "invalidChatItemUpdate")
        content = cast("Json", item["content"])
        if content["msgContent"] == wanted:
            return {"type": "chatItemNotChanged", "user": self.user, "chatItem": self.entry(int(number))}
        if cast("Json", content["msgContent"])["type"] != wanted["type"]:
            raise refused("invalidChatItemUpdate")
        self.change(int(number), wanted)
        for account, _, _ in self.others(ref):
            there = account.of_shared(meta(item)["itemSharedMsgId"])
            if there is not None:
                account.change(there, wanted)
                account.tell({"type": "chatItemUpdated", "chatItem": account.entry(there)})
        return {"type": "chatItemUpdated", "user": self.user, "chatItem": self.entry(int(number))}

    def change(self, number: int, content: Json) -> None:
        item = self.items[number][1]
        cast("Json", item["content"])["msgContent"] = content
        meta(item).update(itemText=content["text"], itemEdited=True)

    def _delete(self, ref: str, numbers: str, mode: str) -> Json:
        wanted = [int(number) for number in numbers.split(",")]
        items = [self._own(ref, number, "invalidChatItemDelete") for number in wanted]
        for item in items if mode == "broadcast" else ():
            for account, _, _ in self.others(ref):
                there = account.of_shared(meta(item)["itemSharedMsgId"])
                if there is not None:
                    account.forget([there], by_user=False)
        return {"type": "chatItemsDeleted", "user": self.user, "byUser": True, "timed": False,
                "chatItemDeletions": self.forget(wanted, by_user=True)}  # fmt: skip

    def forget(self, numbers: list[int], *, by_user: bool) -> list[Json]:
        gone: list[Json] = []
        for number in numbers:
            before = self.entry(number)
            deleted: Json = {"type": "deleted", "chatType": "direct" if self.items[number][0][0] == "@" else "group"}
            meta(self.items[number][1])["itemDeleted"] = deleted
            gone.append({"deletedChatItem": before, "toChatItem": self.entry(number)})
        if not by_user:
            self.tell({"type": "chatItemsDeleted", "chatItemDeletions": gone, "byUser": False, "timed": False})
        return gone

    def _react(self, ref: str, number: str, on: str, data: str) -> Json:
        emoji = str(self.read(data, T.MsgReaction_emoji)["emoji"])
        item = self.item(ref, int(number))
        if len(emoji) != 1 or emoji not in REACTIONS:
            raise wrong("Failed reading: unknown emoji")
        ours = self.reacted
        key = f"{number} {emoji}"
        if (key in ours) is (on == "on"):
            raise wrong(f"reaction already {'added' if on == 'on' else 'removed'}")
        if on == "on" and sum(one.startswith(f"{number} ") for one in ours) >= 3:
            raise wrong("too many reactions")
        ours.symmetric_difference_update({key})
        for account, _, direction in self.others(ref):
            there = account.of_shared(meta(item)["itemSharedMsgId"])
            if there is not None:
                account.tell(account.reaction(there, direction, emoji, added=on == "on"))
        direction = {"type": "directSnd" if ref[0] == "@" else "groupSnd"}
        return {"user": self.user} | self.reaction(int(number), direction, emoji, added=on == "on")

    def reaction(self, number: int, direction: Json, emoji: str, *, added: bool) -> Json:
        entry = self.entry(number)
        one: Json = {
            "chatDir": direction, "chatItem": entry["chatItem"], "sentAt": make.stamp(self.network.now()),
            "reaction": {"type": "emoji", "emoji": emoji},
        }  # fmt: skip
        whole: Json = {"chatInfo": entry["chatInfo"], "chatReaction": one}
        return {"type": "chatItemReaction", "added": added, "reaction": whole}

    def _receive(self, number: str, path: str | None) -> Json:
        """Not without being asked, not twice, and there before it is said to be (9)."""
        kept = self.files.get(int(number))
        item = next((n for n, (_, one) in self.items.items() if cast("Json", one.get("file", {})).get("fileId") == int(number)), None)  # fmt: skip  # noqa: E501
        if item is None or not isinstance(kept, tuple):
            raise store("rcvFileNotFound", fileId=int(number))
        file = cast("Json", self.items[item][1]["file"])
        if file["fileStatus"] != {"type": "rcvInvitation"}:
            raise refused("fileAlreadyReceiving", message=str(file["fileName"]))
        file["fileStatus"] = {"type": "rcvAccepted"}
        answer: Json = {"type": "rcvFileAccepted", "user": self.user, "chatItem": self.entry(item)}
        sender, theirs = kept
        if path is None and self.downloads is None:
            raise wrong("there is no folder for files")
        target = Path(path) if path else cast("Path", self.downloads) / f"file{number}"
        target.write_bytes(cast("bytes", sender.files[theirs]))
        file |= {"fileStatus": {"type": "rcvComplete"}, "fileSource": {"filePath": str(target)}}
        self.tell({"type": "rcvFileComplete", "chatItem": self.entry(item)})
        return answer


def is_picture(data: object) -> bool:
    """Whether it is a picture in itself, of a kind that the apps show."""
    head, comma, body = str(data).partition(";base64,")
    try:
        content = base64.b64decode(body, validate=True)
    except binascii.Error:
        return False
    return bool(comma) and head in {"data:image/jpg", "data:image/png"} and content[:4] in {JPEG, b"\x89PNG"}
