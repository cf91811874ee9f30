"""Turns an opened message into the noun that an archive keeps, with the id that every other source gives to it.

What the kinds and their details mean: docs/formats.md. Facts: formats page of the Session network, sections 5.3, 5.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ...identity import message_id
from ...model import (
    Attachment,
    AttachmentState,
    Direction,
    Expiry,
    Json,
    Message,
    MessageKind,
    Origin,
    Preview,
    Quote,
)
from ...session import content as contents
from ...session.config.group_writing import group_id_of
from ...session.content import Content, DataMessage, Pointer
from ...session.envelope import Incoming
from ...session.group_updates import (
    ADDED,
    AVATAR,
    DISAPPEARING,
    NAME,
    PROMOTED,
    REMOVED,
    GroupUpdate,
    InfoChange,
    MemberChange,
)
from ...session.keys import SEED_BYTES, AccountKeys
from ...session.receive import Received
from ..rules import mentions
from .notes import Notes, Target

Details = dict[str, Json]
Told = tuple[MessageKind, Details | None]
_EXTRACTED = {contents.SCREENSHOT: "screenshot", contents.MEDIA_SAVED: "media_saved"}
_PEOPLE = {ADDED: "joined", REMOVED: "kicked", PROMOTED: "promoted"}
_RINGS = (contents.CALL_PRE_OFFER, contents.CALL_OFFER)


def target_of(incoming: Incoming) -> Target:
    """What other messages call this one."""
    return incoming.conversation, incoming.sender, incoming.sent_at


def native_id_of(incoming: Incoming) -> str:
    """The name of a message in this source: the same for a copy that was sealed anew, as senders do who try again.

    Two messages of one author and millisecond that say different things are two.
    """
    return f"{message_id(*target_of(incoming))}-{sha256(_said(incoming.content)).hexdigest()[:8]}"


def _said(content: Content) -> bytes:
    """What of a message people see, without the profile of the sender, which may be another one a second later."""
    data = content.data
    if data is None:
        return b"" if content.call is None else f"call {content.call.uuid}".encode("utf-8", "surrogatepass")
    urls = [pointer.url for pointer in data.attachments]
    return repr((data.body or "", data.flags or 0, urls, data.invitation, data.group_update)).encode(
        "utf-8", "surrogatepass"
    )


def is_passing(content: Content) -> bool:
    """Whether a message was of the moment: steps in setting up a call, after the one that rings."""
    return content.call is not None and content.call.type not in _RINGS


def pointers_of(incoming: Incoming) -> tuple[Pointer, ...]:
    """The files of a message, in the order of `Message.attachments`."""
    return incoming.content.data.attachments if incoming.content.data is not None else ()


def preview_image(incoming: Incoming) -> Pointer | None:
    """The picture of the link under a message."""
    previews = incoming.content.data.previews if incoming.content.data is not None else ()
    return next((preview.image for preview in previews if preview.url), None)


def message_of(incoming: Incoming, received: Received, notes: Notes) -> Message:
    """The message with everything that others said about it, its files still to be fetched."""
    data, target = incoming.content.data or DataMessage(), target_of(incoming)
    deleted = notes.is_deleted(target, incoming.group, received.hash)
    kind, details = _told(incoming, notes.own_id)
    if read_by := notes.read_by(target):
        details = {**(details or {}), "read_by": list[Json](read_by)}
    if deleted:
        kind, details, data = MessageKind.TEXT, {"deleted_for": "everyone"}, DataMessage()
    body = data.body or None
    return Message(
        id=message_id(*target),
        conversation=incoming.conversation,
        sender=incoming.sender,
        direction=Direction.OUT if incoming.sender == notes.own_id else Direction.IN,
        sent_at=incoming.sent_at,
        received_at=received.stored_at,
        kind=kind,
        body=body,
        quote=_quote(data),
        reactions=() if deleted else notes.reactions(target),
        attachments=_attachments(data.attachments),
        preview=_preview(data),
        mentions=mentions(body),
        deleted=deleted,
        expires=_expiry(incoming, received) if kind is not MessageKind.TIMER else None,
        details=details,
        origin=Origin(source="recovery", native_id=native_id_of(incoming), server_hash=received.hash),
    )


def _told(incoming: Incoming, own_id: str) -> Told:
    """The kind of a message, with what it says besides its text."""
    content, data = incoming.content, incoming.content.data
    if content.extraction is not None:
        return MessageKind.EXTRACTION, {"what": _EXTRACTED.get(content.extraction.type or 0, "unknown")}
    if content.call is not None:
        return MessageKind.CALL, {"call": "started-call" if incoming.sender == own_id else "missed-call"}
    if content.request_response is not None:
        return MessageKind.REQUEST_RESPONSE, {}
    return (MessageKind.OTHER, {"content": "unknown"}) if data is None else _told_in(data, incoming, own_id)


def _told_in(data: DataMessage, incoming: Incoming, own_id: str) -> Told:
    content = incoming.content
    if data.invitation is not None and data.invitation.url and data.invitation.name:
        return MessageKind.INVITATION, {"url": data.invitation.url, "name": data.invitation.name}
    if data.group_update is not None:
        return _group_update(data.group_update, incoming, own_id)
    if data.changes_timer:
        return MessageKind.TIMER, _timer(content.expiry_type, content.expiry_seconds, incoming.sender)
    if not data.body and not data.attachments and not data.previews and data.quote is None:
        return MessageKind.OTHER, {"content": "empty"}
    return MessageKind.TEXT, None


def _timer(after: int | None, seconds: int | None, by: str) -> Details:
    types = {contents.AFTER_READ: "after_read", contents.AFTER_SEND: "after_send"}
    return {"type": types.get(after or 0, "off") if seconds else "off", "seconds": seconds or 0, "by": by}


def _group_update(update: GroupUpdate, incoming: Incoming, own_id: str) -> Told:
    """One change of a group. Keys and seeds that ride on some of them are secrets, and stay out of the archive."""
    if update.info_change is not None:
        return _info_change(update.info_change, incoming.sender)
    details: Details = {}
    if update.member_change is not None:
        details = _member_change(update.member_change)
    elif update.member_left_notification is not None or update.member_left is not None:
        details = {"left": [incoming.sender]}
    elif update.invite_response is not None:
        details = {"accepted": bool(update.invite_response.approved)}
    elif update.invite is not None:
        details = {"invited": [own_id], "group": update.invite.group, "group_name": update.invite.name}
    elif update.promote is not None:
        seed = update.promote.seed or b""
        group = group_id_of(AccountKeys(seed)) if len(seed) == SEED_BYTES else None
        details = {"promoted": [own_id], "group": group, "group_name": update.promote.name}
    return (MessageKind.GROUP_UPDATE, details) if details else (MessageKind.OTHER, {"content": "unknown"})


def _info_change(change: InfoChange, sender: str) -> Told:
    if change.type == DISAPPEARING:
        seconds = change.expiry_seconds or 0
        return MessageKind.TIMER, _timer(contents.AFTER_SEND, seconds, sender)
    if change.type == NAME:
        return MessageKind.GROUP_UPDATE, {"name": change.name or ""}
    if change.type == AVATAR:
        return MessageKind.GROUP_UPDATE, {"avatar_change": True}
    return MessageKind.OTHER, {"content": "unknown"}


def _member_change(change: MemberChange) -> Details:
    what = _PEOPLE.get(change.type or 0)
    if what == "joined" and change.history_shared:
        what = "joined_with_history"
    return {what: list[Json](dict.fromkeys(change.members))} if what else {}


def _quote(data: DataMessage) -> Quote | None:
    quote = data.quote
    if quote is None or (not quote.sent_at and not quote.author):
        return None
    return Quote(author=quote.author or None, sent_at=quote.sent_at)


def _preview(data: DataMessage) -> Preview | None:
    return next((Preview(url=one.url, title=one.title or None) for one in data.previews if one.url), None)


def _attachments(pointers: Sequence[Pointer]) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            name=pointer.name or None,
            type=pointer.type or None,
            size=pointer.size,
            state=AttachmentState.KEPT,  # until it turns out otherwise
            voice=pointer.voice,
            width=pointer.width or None,
            height=pointer.height or None,
            caption=pointer.caption or None,
        )
        for pointer in pointers
    )


def _expiry(incoming: Incoming, received: Received) -> Expiry | None:
    """When the message was to disappear. After sending, the nodes keep it exactly so long; after reading, longer."""
    seconds = incoming.content.expiry_seconds
    if not seconds:
        return None
    match incoming.content.expiry_type:
        case contents.AFTER_SEND:
            return Expiry(type="after_send", seconds=seconds, at=received.expires_at)
        case contents.AFTER_READ:
            return Expiry(type="after_read", seconds=seconds)
    return Expiry(type="unknown", seconds=seconds)
