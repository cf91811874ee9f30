"""The nouns of decamp: what a messenger knows, written down once and never changed behind your back.

Times are integer milliseconds since 1970, UTC. Ids are strings as Session writes them: ``05…`` a person,
``15…`` or ``25…`` a person blinded for one community, ``03…`` a group, ``https://host/room`` a community.
The field order of `Message`, `Contact` and `Conversation` is the order of the keys in the JSON Lines files.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

Json: TypeAlias = object
"""Any JSON value: null, true, 1, 1.5, "text", a list, an object. Readers look before they trust its type."""


class Noun(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all nouns: made once, compared by value, copied with `msgspec.structs.replace`.

    No noun ever holds itself, so the garbage collector need not look at them (`gc=False`): 5 % of an export.
    """


class ConversationKind(StrEnum):
    """What sort of place a conversation is."""

    DIRECT = "direct"
    NOTE_TO_SELF = "note_to_self"
    GROUP = "group"
    LEGACY_GROUP = "legacy_group"
    COMMUNITY = "community"
    UNKNOWN = "unknown"


class Relation(StrEnum):
    """How well the account knows a person; decides who counts as a contact."""

    CONTACT = "contact"
    REQUEST_IN = "request_in"
    REQUEST_OUT = "request_out"
    BLINDED = "blinded"
    ACQUAINTANCE = "acquaintance"


class Direction(StrEnum):
    """Which way a message went, as seen by the owner of the archive."""

    IN = "in"
    OUT = "out"


class MessageKind(StrEnum):
    """What a message is; everything but `TEXT` tells its story in `Message.details`."""

    TEXT = "text"
    CALL = "call"
    GROUP_UPDATE = "group_update"
    TIMER = "timer"
    REQUEST_RESPONSE = "request_response"
    EXTRACTION = "extraction"
    INVITATION = "invitation"
    OTHER = "other"


class AttachmentState(StrEnum):
    """Whether the bytes of an attachment are in the archive, and if not, why."""

    KEPT = "kept"
    MISSING = "missing"
    NOT_DOWNLOADED = "not_downloaded"
    DAMAGED = "damaged"
    REFUSED = "refused"


class Account(Noun, frozen=True, kw_only=True):
    """The person who leaves: whose archive this is."""

    id: str
    name: str | None = None
    avatar: str | None = None


class Contact(Noun, frozen=True, kw_only=True):
    """Somebody the account knows, from a close friend to a name seen in a community."""

    id: str
    name: str | None = None
    nickname: str | None = None
    display: str
    approved: bool = False
    approved_me: bool = False
    blocked: bool = False
    avatar: str | None = None
    first_seen_at: int | None = None
    last_seen_at: int | None = None
    message_count: int = 0
    relation: Relation = Relation.ACQUAINTANCE
    real_id: str | None = None


class Conversation(Noun, frozen=True, kw_only=True):
    """One thread of messages. Counts and times describe what the archive holds of it."""

    id: str
    kind: ConversationKind
    title: str
    members: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    message_count: int = 0
    first_message_at: int | None = None
    last_message_at: int | None = None
    file: str | None = None
    avatar: str | None = None
    details: dict[str, Json] | None = None


class Quote(Noun, frozen=True, kw_only=True):
    """The message that another one answers. `message` is its id in this archive, if it is here."""

    author: str | None = None
    sent_at: int | None = None
    message: str | None = None
    text: str | None = None


class Reaction(Noun, frozen=True, kw_only=True):
    """One emoji under a message. In communities `by` is a sample and `count` the truth."""

    emoji: str
    by: tuple[str, ...] = ()
    count: int


class Attachment(Noun, frozen=True, kw_only=True):
    """One file of a message; its bytes lie in `file`, named by `sha256`. Name and type are the sender's claim."""

    name: str | None = None
    type: str | None = None
    size: int | None = None
    sha256: str | None = None
    state: AttachmentState
    file: str | None = None
    thumbnail: str | None = None
    voice: bool = False
    width: int | None = None
    height: int | None = None
    caption: str | None = None


class Preview(Noun, frozen=True, kw_only=True):
    """The little card that Session shows under a link; `image` is the SHA-256 of its picture."""

    url: str
    title: str | None = None
    image: str | None = None


class Expiry(Noun, frozen=True, kw_only=True):
    """When a disappearing message was to disappear from the apps."""

    type: Literal["after_read", "after_send", "unknown"]
    seconds: int | None = None
    at: int | None = None


class Origin(Noun, frozen=True, kw_only=True):
    """Where the archive has a message from, so that it can be found again there."""

    source: str
    native_id: str
    server_hash: str | None = None
    server_id: int | None = None


class Message(Noun, frozen=True, kw_only=True):
    """One message, or one notice between messages (a call, a group change, a timer)."""

    id: str
    conversation: str
    sender: str
    direction: Direction
    sent_at: int
    received_at: int | None = None
    kind: MessageKind
    body: str | None = None
    quote: Quote | None = None
    reactions: tuple[Reaction, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    preview: Preview | None = None
    mentions: tuple[str, ...] = ()
    edited: bool = False
    deleted: bool = False
    failed: bool = False
    expires: Expiry | None = None
    details: dict[str, Json] | None = None
    origin: Origin


class Network(StrEnum):
    """A network that people can be found on."""

    SESSION = "session"
    COMMUNITY = "community"
    SIMPLEX = "simplex"
    XMPP = "xmpp"
    MATRIX = "matrix"
    DELTACHAT = "deltachat"
    EMAIL = "email"
    WEB = "web"


class Handle(Noun, frozen=True, kw_only=True):
    """One address on one network, in the one form that is shown, printed and signed.

    Made by `migrate.cards.handles.parse`, which checks and normalises it; two handles are the same if they are equal.
    """

    network: Network
    address: str

    def __str__(self) -> str:
        return self.address


class Loss(Noun, frozen=True, kw_only=True):
    """One thing that could not be read, so that the report can name it. A `gap` was never in the source."""

    subject: str
    kind: str
    reason: str
    conversation: str | None = None
    name: str = ""
    severity: Literal["lost", "gap"] = "lost"


def short_id(id: str) -> str:
    """An id as people can compare it at a glance: the first and the last four characters of 66."""
    return id if len(id) <= 12 else f"{id[:4]}…{id[-4:]}"


def display_name(id: str, nickname: str | None, name: str | None) -> str:
    """The one rule for what people are called: nickname, else own name, else the shortened id.

    Source: formats page of Session Desktop, section 5.1.1. A name of blanks only is no name.
    """
    if nickname and nickname.strip():
        return nickname
    if name and name.strip():
        return name
    return short_id(id)
