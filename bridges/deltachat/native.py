"""What Delta Chat's program answers, as far as we read it. It writes `camelCase`, and adds keys as it grows."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

import msgspec


class Native(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all answers."""


class Someone(IntEnum):
    """Contacts that are no people (recipe of Delta Chat, section 6)."""

    SELF = 1
    INFO = 2
    DEVICE = 5
    LAST_SPECIAL = 9


PENDING = 20
"""The state of a message of ours that no server has taken yet."""


class Contact(Native, frozen=True, kw_only=True):
    """Somebody. The number is the key: two contacts may have one address."""

    id: int
    display_name: str = ""
    address: str = ""
    profile_image: str | None = None


class Place(Native, frozen=True, kw_only=True):
    """A chat, as far as every message needs it."""

    id: int
    name: str
    chat_type: str
    is_self_talk: bool = False
    is_device_chat: bool = False
    is_encrypted: bool = False


class Room(Place, frozen=True, kw_only=True):
    """A chat with everybody in it."""

    contact_ids: list[int]
    can_send: bool
    self_in_group: bool
    is_unpromoted: bool = False
    """Whether nothing was said there yet, so that nobody else has heard of it."""
    ephemeral_timer: int = 0


class Quote(Native, frozen=True, kw_only=True):
    """What a message answers to. Without a number it is only the words."""

    text: str = ""
    message_id: int | None = None


class Reactions(Native, frozen=True, kw_only=True):
    """Who reacted with what."""

    reactions_by_contact: dict[str, list[str]]


class Message(Native, frozen=True, kw_only=True):
    """One message, with its sender."""

    id: int
    chat_id: int
    from_id: int
    text: str
    timestamp: int
    view_type: str
    system_message_type: str
    download_state: str
    state: int = 0
    sender: Contact
    is_info: bool = False
    is_bot: bool = False
    is_edited: bool = False
    quote: Quote | None = None
    override_sender_name: str | None = None
    info_contact_id: int | None = None
    file: str | None = None
    file_name: str | None = None
    file_mime: str | None = None
    file_bytes: int = 0
    error: str | None = None
    reactions: Reactions | None = None

    @property
    def is_whole(self) -> bool:
        """Whether its file has come too. A file that will never come is no reason to keep the words back."""
        return self.download_state in {"Done", "Failure", "Undecipherable"}


class ReadBy(Native, frozen=True, kw_only=True):
    """One read receipt."""

    contact_id: int


class Happened(Native, frozen=True, kw_only=True):
    """Something that Delta Chat's program tells. Which keys there are depends on the kind."""

    kind: str
    chat_id: int = 0
    msg_id: int = 0
    contact_id: int = 0
    progress: int = 0


class Link(Native, frozen=True, kw_only=True):
    """What a link is for."""

    GOOD: ClassVar = "withdrawVerifyGroup"
    """One of our own, into a group, that lets people in: it could be withdrawn."""
    kind: str


class Transport(Native, frozen=True, kw_only=True):
    """A mail account, as it is kept. What was left to Delta Chat is absent."""

    addr: str
    password: str
    imap_server: str | None = None
    imap_port: int | None = None
    imap_security: str | None = None
    smtp_server: str | None = None
    smtp_port: int | None = None
    smtp_security: str | None = None
    certificate_checks: str | None = None

    def __repr__(self) -> str:
        return "Transport(<password>)"
