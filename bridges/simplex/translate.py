"""Objects of SimpleX to our words, and our posts to its messages. Nothing here asks or remembers anything."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath

from ..api import Chat, ChatKind, File, Person, Posted, Receipt, Reference, Timer
from .about import HEART, PLAIN_HEART
from .wire import Contact, Entry, FileInfo, Group, Info, Item, Member, Quote, Request, Words

ALIAS = "decamp:"
NOTE = "decamp"
REQUEST = "request:"
NOTICES = frozenset({"rcvCall", "rcvDecryptionError", "rcvIntegrityError", "rcvMsgError", "rcvGroupInvitation"})
"""What the network itself says in a chat that people should see. All else that it says is about settings."""
FADING = "timedMessages"
LONGEST_NAME = 100


def person(contact: Contact) -> Person:
    """Who a contact is."""
    name = contact.profile.display_name or contact.local_display_name
    return Person(id=f"@{contact.contact_id}", name=name, picture=_picture(contact.profile.image))


def member(group: Group, one: Member) -> Person:
    """Somebody in a group. One who is our contact too is the same person there."""
    who = f"@{one.member_contact_id}" if one.member_contact_id else f"#{group.group_id}/{one.group_member_id}"
    name = one.member_profile.display_name or one.local_display_name
    return Person(id=who, name=name, picture=_picture(one.member_profile.image))


def stranger(request: Request) -> Person:
    """Who came by our address. SimpleX gives the number of somebody who was let in to the next one: the time tells."""
    name = request.profile.display_name or request.local_display_name
    asked_at = "".join(filter(str.isdecimal, request.created_at))[:14]  # up to the second
    return Person(
        id=f"{REQUEST}{request.contact_request_id}-{asked_at}", name=name, picture=_picture(request.profile.image)
    )


def direct(contact: Contact) -> Chat:
    """The chat with a contact."""
    who = person(contact)
    return Chat(id=who.id, title=who.name or who.id, person=who.id)


def group(one: Group) -> Chat:
    """The chat that a group is."""
    return Chat(id=f"#{one.group_id}", title=one.title or f"#{one.group_id}", kind=ChatKind.GROUP)


def chat(info: Info) -> Chat | None:
    """The chat that something is about; None for what is no chat."""
    if info.type == "direct" and info.contact is not None:
        return direct(info.contact)
    if info.type == "group" and info.group_info is not None:
        return group(info.group_info)
    return None


def sender(info: Info, one: Member | None, me: Person, *, ours: bool) -> Person:
    """Who wrote an entry of a chat."""
    if ours:
        return me
    if info.contact is not None:
        return person(info.contact)
    if info.group_info is not None and one is not None:
        return member(info.group_info, one)
    return Person(id="#")


def posted(entry: Entry, where: Chat, me: Person, now: int) -> Posted | None:
    """What an entry says; None where nobody wrote it."""
    item, content = entry.chat_item, entry.chat_item.content
    notice = content.type in NOTICES
    words = content.msg_content
    if item.meta.item_deleted is not None or not (notice or words):
        return None
    ours = item.chat_dir.is_ours
    return Posted(
        chat=where,
        sender=sender(entry.chat_info, item.chat_dir.group_member, me, ours=ours),
        id=str(item.meta.item_id),
        sent_at=moment(item.meta.item_ts, now),
        text=words.text if words else item.meta.item_text,
        files=(_file(item, item.file),) if item.file else (),
        reply_to=_reference(item.quoted_item, entry.chat_info, me) if item.quoted_item else None,
        also=(item.meta.item_shared_msg_id,) if item.meta.item_shared_msg_id else (),
        own=ours,
        notice=notice,
        expires=(item.meta.item_timed.ttl or None) if item.meta.item_timed else None,
    )


def timer(entry: Entry, where: Chat, me: Person) -> Timer | None:
    """That after some time messages disappear here from now on, or that they do not; None for all else."""
    content, item = entry.chat_item.content, entry.chat_item
    if content.type in {"rcvChatFeature", "sndChatFeature"} and content.feature == FADING:
        is_on = content.enabled.for_both
    elif content.type in {"rcvGroupFeature", "sndGroupFeature"} and content.group_feature == FADING:
        is_on = content.preference.enable == "on"
    else:
        return None
    who = sender(entry.chat_info, item.chat_dir.group_member, me, ours=item.chat_dir.is_ours)
    return Timer(chat=where, sender=who, seconds=(content.param or 0) if is_on else 0, after_read=True)


def receipt(entry: Entry, where: Chat) -> Receipt | None:
    """That a message of ours has come to everybody."""
    status = entry.chat_item.meta.item_status
    if status.type != "sndRcvd" or status.snd_progress != "complete":
        return None
    contact = entry.chat_info.contact
    who = person(contact) if contact else Person(id=where.id, name=where.title)
    return Receipt(chat=where, sender=who, messages=(str(entry.chat_item.meta.item_id),), read=False)


def failure(entry: Entry) -> str | None:
    """Why a message of ours did not get through, if it did not."""
    kind = entry.chat_item.meta.item_status.type
    if kind == "sndErrorAuth":
        return "The other side has deleted this chat."
    return "SimpleX could not send it." if kind == "sndError" else None


def moment(text: str, now: int) -> int:
    """Milliseconds of a time as SimpleX writes it; now, where it is none."""
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError):
        return now


def emoji_in(one: str) -> str:
    """A reaction as other networks write it."""
    return HEART if one == PLAIN_HEART else one


def emoji_out(one: str) -> str:
    """A reaction as SimpleX takes it: the one character, without what only changes its looks."""
    return PLAIN_HEART if one == HEART else one


def composed(content: Mapping[str, object], path: str | None, quoted: int | None) -> dict[str, object]:
    """One message to be sent."""
    message: dict[str, object] = {"msgContent": content, "mentions": {}}
    if path is not None:
        message["fileSource"] = {"filePath": path}
    if quoted is not None:
        message["quotedItemId"] = quoted
    return message


def more(words: Words) -> dict[str, object]:
    """What a message says beside its words: its kind, and what SimpleX shows before the file is there."""
    said = {"type": words.type, "image": words.image, "duration": words.duration}
    return {name: value for name, value in said.items() if value is not None}


def whole(text: str) -> str:
    """A text that can be written as UTF-8: half a character becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def mark(kind: str, text: str, file_name: str = "") -> str:
    """By what a message of ours is recognised of which nobody knows whether it was taken."""
    return hashlib.sha256(f"{kind}\0{text}\0{file_name}".encode("utf-8", "replace")).hexdigest()


def mark_of(item: Item) -> str:
    """The same, of a message that is there."""
    words = item.content.msg_content
    name = item.file.file_name if item.file else ""
    return mark(words.type, words.text, name) if words else ""


def alias(who: str) -> str:
    """What we note beside a link: for whom it is. A single line without blanks, whatever the id."""
    return ALIAS + "".join(c if c.isalnum() or c in "._~@:/+-" else f"%{ord(c):x}" for c in who)


def group_name(title: str) -> str:
    """A name that can be asked for: one line, and no longer than people read."""
    line = " ".join(whole(title).split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"


def _reference(quote: Quote, info: Info, me: Person) -> Reference:
    author: str | None = None
    if quote.chat_dir is not None:
        author = sender(info, quote.chat_dir.group_member, me, ours=quote.chat_dir.is_ours).id
    id = str(quote.item_id) if quote.item_id is not None else quote.shared_msg_id or ""
    return Reference(id=id, author=author, sent_at=moment(quote.sent_at, 0) or None, text=quote.content.text)


def _file(item: Item, info: FileInfo) -> File:
    words = item.content.msg_content
    shared = item.meta.item_shared_msg_id or item.meta.item_ts
    unique = hashlib.sha256(f"{shared} {info.file_name}".encode("utf-8", "replace")).hexdigest()[:16]
    return File(
        ref=f"file:{info.file_id}:{info.file_size}:{unique}",
        name=info.file_name,
        type=mimetypes.guess_type(PurePosixPath(info.file_name).name)[0] or "application/octet-stream",
        size=info.file_size,
        voice=words is not None and words.type == "voice",
    )


def _picture(image: str | None) -> str | None:
    return image if image and image.startswith("data:image/") else None
