"""What happened when a message is no text: a call, a group change, a timer, … told in `Message.details`.

Order and meaning: formats page of Session Desktop, section 6.1.
"""

from __future__ import annotations

from ...model import Json, MessageKind
from .salvage import fit_object
from .shapes import Extraction, GroupUpdate, Interaction, Invitation, TimerUpdate, Written
from .values import flag, whole

Details = dict[str, Json]
Told = tuple[MessageKind, Details | None]

_EXTRACTED = {1: "screenshot", 2: "media_saved"}
_TIMERS = {"deleteAfterRead": "after_read", "deleteAfterSend": "after_send"}


def deletion(isDeleted: object) -> str | None:  # noqa: N803 (its name in the file)
    """For whom a message was deleted, or None if it was not."""
    if not isDeleted or not flag(isDeleted):
        return None
    return "this_device" if whole(isDeleted) == 2 else "everyone"


def tell(written: Written, dropped: list[str]) -> Told:
    """What kind a message is, deleted ones aside, and its details; what did not fit goes to `dropped`."""
    if written.dataExtractionNotification:
        extraction = fit_object(written.dataExtractionNotification, Extraction, "dataExtractionNotification", dropped)
        return MessageKind.EXTRACTION, {"what": _EXTRACTED.get(extraction.type or 0, "unknown")}
    if written.groupInvitation:
        invitation = fit_object(written.groupInvitation, Invitation, "groupInvitation", dropped)
        if invitation.url and invitation.name:
            return MessageKind.INVITATION, {"url": invitation.url, "name": invitation.name}
        dropped.append("groupInvitation")
    if written.group_update:
        return MessageKind.GROUP_UPDATE, _group_update(
            fit_object(written.group_update, GroupUpdate, "group_update", dropped), dropped
        )
    if written.expirationTimerUpdate:
        return MessageKind.TIMER, _timer(
            fit_object(written.expirationTimerUpdate, TimerUpdate, "expirationTimerUpdate", dropped)
        )
    if written.callNotificationType:
        return MessageKind.CALL, {"call": written.callNotificationType}
    if written.interactionNotification:
        interaction = fit_object(written.interactionNotification, Interaction, "interactionNotification", dropped)
        return MessageKind.OTHER, {
            "interaction": interaction.interactionType,
            "status": interaction.interactionStatus,
        }
    if written.messageRequestResponse is not None:
        return MessageKind.REQUEST_RESPONSE, {}  # the object is empty, its presence says it all
    return MessageKind.TEXT, None


def _group_update(update: GroupUpdate, dropped: list[str]) -> Details:
    people = {
        "joined": update.joined,
        "joined_with_history": update.joinedWithHistory,
        "kicked": update.kicked,
        "left": update.left,
        "promoted": update.promoted,
    }
    details: Details = {name: list[Json](ids) for name, ids in people.items() if ids}
    if update.name is not None:
        details["name"] = update.name
    if flag(update.avatarChange):
        details["avatar_change"] = True
    if not details:
        dropped.append("group_update")
    return details


def _timer(update: TimerUpdate) -> Details:
    kind = _TIMERS.get(update.expirationType or "", "unknown")
    if update.expireTimer == 0 or update.expirationType == "unknown":
        kind = "off"
    return {"type": kind, "seconds": update.expireTimer or 0, "by": update.source}
