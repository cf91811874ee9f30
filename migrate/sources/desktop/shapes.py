# ruff: noqa: N815 (the names are those of the file)
"""The shape of a message's JSON as Session Desktop writes it: what decamp reads, and what it takes for sound.

Names are those of the file, types as strict as the app itself is: whatever does not fit is read again by `salvage`.
Source: formats page of Session Desktop, sections 6 and 7.1; older forms in section 9.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from .values import LARGEST, LAST_MOMENT

Moment = Annotated[int, msgspec.Meta(gt=0, le=LAST_MOMENT)]
Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Bag = dict[str, object]  # a rare part, read by its own shape below once it is there


class Picture(msgspec.Struct, gc=False):
    """A small picture that the app made of an attachment."""

    path: str | None = None


class File(msgspec.Struct, gc=False):
    """An attachment, or the image of a link preview."""

    path: str | None = None
    contentType: str | None = None
    fileName: str | None = None
    size: Count | None = None
    width: Count | None = None
    height: Count | None = None
    flags: Count | None = None
    isVoiceMessage: object = None
    caption: str | None = None
    thumbnail: Picture | None = None
    screenshot: Picture | None = None
    pending: object = None
    error: object = None


class Answered(msgspec.Struct, gc=False):
    """The quote of a reply; until 1.17.8 its time was called `id`, and the text came along."""

    timestamp: Moment | None = None
    id: Moment | str | None = None
    author: str | None = None
    text: str | None = None


class Link(msgspec.Struct, gc=False):
    """A link preview."""

    url: str | None = None
    title: str | None = None
    image: File | None = None


class Reacted(msgspec.Struct, gc=False):
    """What is known about one emoji under a message."""

    count: Count | None = None
    senders: list[str] | None = None


class Written(msgspec.Struct, gc=False):
    """The whole message. None is both absent and null: then the column counts, if there is one."""

    conversationId: str | None = None
    type: str | None = None
    direction: str | None = None
    source: str | None = None
    body: str | None = None
    sent_at: Moment | None = None
    received_at: Moment | None = None
    serverTimestamp: Moment | None = None
    serverId: Count | None = None
    messageHash: str | None = None
    errors: object = None
    isDeleted: object = None
    expireTimer: Count | None = None
    expirationType: str | None = None
    expires_at: Moment | None = None
    attachments: list[File] | None = None
    quote: Answered | None = None
    preview: list[Link] | None = None
    reacts: dict[str, Reacted] | None = None
    read_by: list[str] | None = None
    dataExtractionNotification: Bag | None = None
    groupInvitation: Bag | None = None
    group_update: Bag | None = None
    expirationTimerUpdate: Bag | None = None
    callNotificationType: str | None = None
    interactionNotification: Bag | None = None
    messageRequestResponse: object = None


class Extraction(msgspec.Struct, gc=False):
    """Somebody kept what was to be seen once."""

    type: int | None = None


class Invitation(msgspec.Struct, gc=False):
    """An invitation into a community."""

    url: str | None = None
    name: str | None = None


class GroupUpdate(msgspec.Struct, gc=False):
    """What changed in a group: one of these."""

    joined: list[str] | None = None
    joinedWithHistory: list[str] | None = None
    kicked: list[str] | None = None
    left: list[str] | None = None
    promoted: list[str] | None = None
    name: str | None = None
    avatarChange: object = None


class TimerUpdate(msgspec.Struct, gc=False):
    """How long messages stay from now on."""

    expirationType: str | None = None
    expireTimer: Count | None = None
    source: str | None = None


class Interaction(msgspec.Struct, gc=False):
    """Leaving a conversation did not work."""

    interactionType: str | None = None
    interactionStatus: str | None = None
