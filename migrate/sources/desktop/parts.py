"""Turns the parts of a message, from quote to attachments, into nouns; what is nonsense is named in `dropped`."""

from __future__ import annotations

from ...model import Attachment, AttachmentState, Expiry, Loss, Preview, Quote, Reaction
from ..base import AttachmentRefs, FileRef
from .shapes import Answered, File, Link, Reacted, Written
from .values import flag, moment


def quote(answered: Answered, dropped: list[str]) -> Quote | None:
    """What a message answers; which message that is, the archive finds out."""
    sent_at = answered.timestamp or moment(answered.id)
    if sent_at is None and not answered.author:
        dropped.append("quote")
        return None
    return Quote(author=answered.author or None, sent_at=sent_at, text=answered.text)


def reactions(reacts: dict[str, Reacted], dropped: list[str]) -> tuple[Reaction, ...]:
    """Who reacted how. The app keeps a count larger than the list of people for communities (section 6)."""
    found = []
    for emoji, reacted in reacts.items():
        by = tuple(dict.fromkeys(reacted.senders or ()))
        if not emoji.strip() or (reacted.count is None and not by):
            dropped.append(f"reacts.{emoji}")
        elif reacted.count or by:  # a count of 0 is a reaction taken back
            found.append(Reaction(emoji=emoji, by=by, count=max(reacted.count or 0, len(by))))
    return tuple(found)


def expiry(written: Written) -> Expiry | None:
    """When the message was to disappear, if it was; messages from before schema 34 do not say after what."""
    if not written.expireTimer and not written.expires_at:
        return None
    seconds, at = written.expireTimer or None, written.expires_at
    match written.expirationType:
        case "deleteAfterRead":
            return Expiry(type="after_read", seconds=seconds, at=at)
        case "deleteAfterSend":
            return Expiry(type="after_send", seconds=seconds, at=at)
    return Expiry(type="unknown", seconds=seconds, at=at)


def preview(links: list[Link], dropped: list[str]) -> tuple[Preview | None, FileRef | None]:
    """The first link preview that has a link, and its image; the app never makes more than one."""
    sound = [link for link in links if link.url]
    if len(sound) != len(links) or len(sound) > 1:
        dropped.append("preview")
    if not sound or sound[0].url is None:
        return None, None
    image = sound[0].image
    ref = FileRef(image.path) if image is not None and image.path else None
    return Preview(url=sound[0].url, title=sound[0].title), ref


def attachments(
    files: list[File], native_id: str, conversation: str, losses: list[Loss]
) -> tuple[tuple[Attachment, ...], tuple[AttachmentRefs, ...]]:
    """The files of a message and where they lie; those that are not on this disk are named as gaps."""
    found, refs = [], []
    names: set[str] = set()
    for place, file in enumerate(files, 1):
        state, reason = _state(file)
        picture = file.thumbnail if file.thumbnail is not None and file.thumbnail.path else file.screenshot
        refs.append(
            AttachmentRefs(
                FileRef(file.path) if file.path else None,
                FileRef(picture.path) if picture is not None and picture.path else None,
            )
        )
        found.append(
            Attachment(
                name=file.fileName or None,
                type=file.contentType or None,
                size=file.size,
                state=state,
                voice=bool((file.flags or 0) & 1) or flag(file.isVoiceMessage),
                width=file.width or None,
                height=file.height or None,
                caption=file.caption or None,
            )
        )
        if reason:
            name = file.fileName or f"attachment {place}"
            name = f"{name} ({place})" if name in names else name
            names.add(name)
            losses.append(
                Loss(
                    subject=native_id,
                    kind="attachment",
                    reason=reason,
                    conversation=conversation,
                    name=name,
                    severity="gap",
                )
            )
    return tuple(found), tuple(refs)


def _state(file: File) -> tuple[AttachmentState, str]:
    """Whether the file is to be had, and if not, why (section 7.1)."""
    if file.path:
        return AttachmentState.KEPT, ""
    if flag(file.error):
        return AttachmentState.NOT_DOWNLOADED, "Session could not download it."
    if flag(file.pending):
        return AttachmentState.NOT_DOWNLOADED, "It was never downloaded by Session."
    return AttachmentState.MISSING, "Session kept no file for it."
