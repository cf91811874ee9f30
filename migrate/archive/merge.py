"""What becomes of two copies of one message: nothing that one of them knew is forgotten.

Source of the rules: formats page "getting out", section 5, and docs/formats.md, "Merging".
"""

from __future__ import annotations

from msgspec.structs import replace

from ..model import Attachment, AttachmentState, Message, Preview, Quote, Reaction


def newer(old: Message, new: Message) -> Message:
    """The same row of the same source, read again after it changed: the new state, but nothing kept is dropped.

    A message that was deleted since keeps the text and files that the archive already has, marked as deleted.
    """
    if new.deleted and not old.deleted:
        return replace(old, deleted=True, details=new.details)
    return replace(
        new,
        id=old.id,
        quote=_quote(new.quote, old.quote),
        attachments=_attachments(new.attachments, old.attachments),
        preview=_preview(new.preview, old.preview),
        body=old.body if new.deleted else new.body,
        origin=old.origin if new.deleted else replace(new.origin, source=old.origin.source),
    )


def joined(old: Message, other: Message) -> Message:
    """The same message from another source: what is here stays, what only the other copy knows is added."""
    if old.deleted and not other.deleted:
        return replace(joined(other, old), id=old.id, origin=old.origin, deleted=True)
    return replace(
        old,
        received_at=old.received_at if old.received_at is not None else other.received_at,
        body=old.body or other.body,
        quote=_quote(old.quote, other.quote),
        reactions=_reactions(old.reactions, other.reactions),
        attachments=_attachments(old.attachments, other.attachments),
        preview=_preview(old.preview, other.preview),
        mentions=old.mentions or other.mentions,
        edited=old.edited or other.edited,
        deleted=old.deleted or other.deleted,
        failed=old.failed and other.failed,
        expires=old.expires or other.expires,
        details=old.details if old.details is not None else other.details,
        origin=replace(
            old.origin,
            server_hash=old.origin.server_hash or other.origin.server_hash,
            server_id=old.origin.server_id if old.origin.server_id is not None else other.origin.server_id,
        ),
    )


def _quote(first: Quote | None, second: Quote | None) -> Quote | None:
    """What the archive found out about a quoted message is not forgotten."""
    if first is None or second is None:
        return first or second
    if (first.author, first.sent_at) != (second.author, second.sent_at):
        return first
    return replace(first, message=first.message or second.message, text=first.text or second.text)


def _reactions(first: tuple[Reaction, ...], second: tuple[Reaction, ...]) -> tuple[Reaction, ...]:
    more = {reaction.emoji: reaction for reaction in second}
    merged = []
    for reaction in first:
        other = more.pop(reaction.emoji, None)
        if other is not None:
            by = tuple(dict.fromkeys(reaction.by + other.by))
            reaction = replace(reaction, by=by, count=max(reaction.count, other.count, len(by)))
        merged.append(reaction)
    return (*merged, *more.values())


def _attachments(first: tuple[Attachment, ...], second: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """By position: a message never changes the order of its files. The copy that has the bytes wins."""
    longer, shorter = (first, second) if len(first) >= len(second) else (second, first)
    merged = []
    for place, attachment in enumerate(longer):
        other = shorter[place] if place < len(shorter) else None
        if other is not None and attachment.state is not AttachmentState.KEPT and other.state is AttachmentState.KEPT:
            attachment, other = other, attachment
        if other is not None and attachment.thumbnail is None:
            attachment = replace(attachment, thumbnail=other.thumbnail)
        merged.append(attachment)
    return tuple(merged)


def _preview(first: Preview | None, second: Preview | None) -> Preview | None:
    if first is None or second is None:
        return first or second
    return first if first.image or not second.image else replace(first, image=second.image)


CERTAIN = 7  # nothing can be liker


def likeness(one: Message, other: Message) -> int:
    """How surely two messages of the same author, time and conversation are one; 0: they are not.

    The hash on the server decides where both have it and it is the same. It may differ for one message, since
    a phone and a desktop store copies of their own; then kind and content decide.
    """
    if one.origin.server_hash and one.origin.server_hash == other.origin.server_hash:
        return 8
    if one.kind is not other.kind and not (one.deleted or other.deleted):
        return 0
    return 4 + 2 * (one.body == other.body) + (one.details == other.details)
