"""What a message of Session says: its parts as nouns, and which field of the wire each of them is.

Facts: formats page of the Session network, sections 5.3 and 5.4. Every field may be missing, because a message is
written by a stranger: None means that it was not there, which on this wire is not the same as zero or empty.
The nouns of `migrate/model.py` are what an archive keeps; these are what travels.
"""

from __future__ import annotations

from .group_updates import GROUP_UPDATE, GroupUpdate
from .wire import Field, Kind, Part, Table

TIMER_CHANGED = 2
"""`DataMessage.flags` of a change of the timer; the only flag there is."""
VOICE = 1
"""`Pointer.flags` of a voice message."""
AFTER_READ, AFTER_SEND = 1, 2
REACT, REMOVE = 0, 1
TYPING_STARTED, TYPING_STOPPED = 0, 1
READ = 1
SCREENSHOT, MEDIA_SAVED = 1, 2
CALL_OFFER, CALL_ANSWER, CALL_PROVISIONAL, CALL_CANDIDATES, CALL_END, CALL_PRE_OFFER = range(1, 7)


class Profile(Part, frozen=True, kw_only=True):
    """Who somebody says to be: rides on every message that people see. The newer `updated` wins (seconds)."""

    name: str | None = None
    avatar_url: str | None = None
    updated: int | None = None


class Pointer(Part, frozen=True, kw_only=True):
    """Where a file lies and what opens it: `attachments.py`. Name, type and measures are the sender's claim."""

    old_id: int | None = 0
    type: str | None = None
    key: bytes | None = None
    size: int | None = None
    digest: bytes | None = None
    name: str | None = None
    flags: int | None = None
    width: int | None = None
    height: int | None = None
    caption: str | None = None
    url: str | None = None

    @property
    def voice(self) -> bool:
        """Whether it was spoken into the app."""
        return bool((self.flags or 0) & VOICE)


class Quote(Part, frozen=True, kw_only=True):
    """The message that this one answers: who wrote it, and when."""

    sent_at: int | None = None
    author: str | None = None


class Preview(Part, frozen=True, kw_only=True):
    """The little card under a link, as the sender saw it."""

    url: str | None = None
    title: str | None = None
    image: Pointer | None = None


class Reaction(Part, frozen=True, kw_only=True):
    """An emoji put under a message, or taken away again."""

    sent_at: int | None = None
    author: str | None = None
    emoji: str | None = None
    action: int | None = None

    @property
    def removes(self) -> bool:
        """Whether the emoji is taken away."""
        return self.action == REMOVE


class CommunityInvitation(Part, frozen=True, kw_only=True):
    """The address of a community that somebody likes."""

    url: str | None = None
    name: str | None = None


class DataMessage(Part, frozen=True, kw_only=True):
    """What people see in a conversation, or what changes how they see it."""

    body: str | None = None
    attachments: tuple[Pointer, ...] = ()
    flags: int | None = None
    profile_key: bytes | None = None
    quote: Quote | None = None
    previews: tuple[Preview, ...] = ()
    reaction: Reaction | None = None
    profile: Profile | None = None
    invitation: CommunityInvitation | None = None
    sync_target: str | None = None
    blocks_community_requests: bool | None = None
    group_update: GroupUpdate | None = None

    @property
    def changes_timer(self) -> bool:
        """Whether it only says that the timer of the conversation is another one now."""
        return bool((self.flags or 0) & TIMER_CHANGED)


class Call(Part, frozen=True, kw_only=True):
    """One step in setting up a call."""

    type: int | None = None
    sdps: tuple[str, ...] = ()
    sdp_line_indexes: tuple[int, ...] = ()
    sdp_mids: tuple[str, ...] = ()
    uuid: str | None = None


class Receipt(Part, frozen=True, kw_only=True):
    """These messages were read."""

    type: int | None = None
    sent_at: tuple[int, ...] = ()


class Typing(Part, frozen=True, kw_only=True):
    """Somebody began to type, or stopped."""

    sent_at: int | None = None
    action: int | None = None


class Extraction(Part, frozen=True, kw_only=True):
    """Somebody saved a file or took a picture of the conversation."""

    type: int | None = None
    sent_at: int | None = None


class Unsend(Part, frozen=True, kw_only=True):
    """Somebody takes a message back."""

    sent_at: int | None = None
    author: str | None = None


class RequestResponse(Part, frozen=True, kw_only=True):
    """Somebody accepted our message request."""

    approved: bool | None = None
    profile_key: bytes | None = None
    profile: Profile | None = None


class Content(Part, frozen=True, kw_only=True):
    """Everything that is in one message. `expiry_seconds` is there on every message while a timer runs."""

    data: DataMessage | None = None
    call: Call | None = None
    receipt: Receipt | None = None
    typing: Typing | None = None
    extraction: Extraction | None = None
    unsend: Unsend | None = None
    request_response: RequestResponse | None = None
    expiry_type: int | None = None
    expiry_seconds: int | None = None
    sent_at: int | None = None


_PROFILE = Table(
    Profile,
    {1: Field("name", Kind.TEXT), 2: Field("avatar_url", Kind.TEXT), 3: Field("updated", Kind.TIME)},
)
_POINTER = Table(
    Pointer,
    {
        1: Field("old_id", Kind.FIXED),
        2: Field("type", Kind.TEXT),
        3: Field("key", Kind.BYTES),
        4: Field("size", Kind.NUMBER32),
        6: Field("digest", Kind.BYTES),
        7: Field("name", Kind.TEXT),
        8: Field("flags", Kind.NUMBER32),
        9: Field("width", Kind.NUMBER32),
        10: Field("height", Kind.NUMBER32),
        11: Field("caption", Kind.TEXT),
        101: Field("url", Kind.TEXT),
    },
)
_QUOTE = Table(Quote, {1: Field("sent_at", Kind.TIME), 2: Field("author", Kind.TEXT)})
_PREVIEW = Table(
    Preview,
    {1: Field("url", Kind.TEXT), 2: Field("title", Kind.TEXT), 3: Field("image", _POINTER)},
)
_REACTION = Table(
    Reaction,
    {
        1: Field("sent_at", Kind.TIME),
        2: Field("author", Kind.TEXT),
        3: Field("emoji", Kind.TEXT),
        4: Field("action", Kind.NUMBER32),
    },
)
_INVITATION = Table(CommunityInvitation, {1: Field("url", Kind.TEXT), 3: Field("name", Kind.TEXT)})
_DATA = Table(
    DataMessage,
    {
        1: Field("body", Kind.TEXT),
        2: Field("attachments", _POINTER, many=True),
        4: Field("flags", Kind.NUMBER32),
        6: Field("profile_key", Kind.BYTES),
        8: Field("quote", _QUOTE),
        10: Field("previews", _PREVIEW, many=True),
        11: Field("reaction", _REACTION),
        101: Field("profile", _PROFILE),
        102: Field("invitation", _INVITATION),
        105: Field("sync_target", Kind.TEXT),
        106: Field("blocks_community_requests", Kind.TRUTH),
        120: Field("group_update", GROUP_UPDATE),
    },
)
_CALL = Table(
    Call,
    {
        1: Field("type", Kind.NUMBER32),
        2: Field("sdps", Kind.TEXT, many=True),
        3: Field("sdp_line_indexes", Kind.NUMBER32, many=True),
        4: Field("sdp_mids", Kind.TEXT, many=True),
        5: Field("uuid", Kind.TEXT),
    },
)
CONTENT = Table(
    Content,
    {
        1: Field("data", _DATA),
        3: Field("call", _CALL),
        5: Field(
            "receipt",
            Table(Receipt, {1: Field("type", Kind.NUMBER32), 2: Field("sent_at", Kind.TIME, many=True)}),
        ),
        6: Field("typing", Table(Typing, {1: Field("sent_at", Kind.TIME), 2: Field("action", Kind.NUMBER32)})),
        8: Field("extraction", Table(Extraction, {1: Field("type", Kind.NUMBER32), 2: Field("sent_at", Kind.TIME)})),
        9: Field("unsend", Table(Unsend, {1: Field("sent_at", Kind.TIME), 2: Field("author", Kind.TEXT)})),
        10: Field(
            "request_response",
            Table(
                RequestResponse,
                {
                    1: Field("approved", Kind.TRUTH),
                    2: Field("profile_key", Kind.BYTES),
                    3: Field("profile", _PROFILE),
                },
            ),
        ),
        12: Field("expiry_type", Kind.NUMBER32),
        13: Field("expiry_seconds", Kind.NUMBER32),
        15: Field("sent_at", Kind.TIME),
    },
)


def read(data: bytes) -> Content:
    """What the unpadded bytes of a message say. Raises `BadMessage`."""
    return CONTENT.read(data)


def write(content: Content) -> bytes:
    """The same as the apps' own writers give: fields in the order of their numbers, absent ones left out."""
    return CONTENT.write(content)
