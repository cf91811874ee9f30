"""How a bridge describes itself, as data: what it is called, what it has to be told, and what its network can do."""

from __future__ import annotations

from enum import StrEnum

from migrate.model import Network, Noun


class SettingKind(StrEnum):
    """What sort of answer a setting takes; help, questions and checks come from it."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105  a kind of answer, not one
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    FILE = "file"


class Setting(Noun, frozen=True, kw_only=True):
    """One thing that a bridge has to be told.

    `name` is the key in `config.toml` (lower case, underscores). A `SECRET` is kept apart, in the system keyring or a
    file of its owner. Without `default` it has to be answered. `choices` are those of a `CHOICE`.
    """

    name: str
    help: str
    example: str
    kind: SettingKind = SettingKind.TEXT
    default: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def is_secret(self) -> bool:
        return self.kind is SettingKind.SECRET


class Can(StrEnum):
    """What a network may be able to do beyond plain text, in both directions unless it says otherwise.

    The value is what tables and refusals call it.
    """

    FILES = "files"
    CAPTIONS = "text and file in one message"
    VOICE = "voice notes"
    REPLIES = "replies"
    EDITS = "edits"
    DELETES = "deletions"
    REACTIONS = "reactions"
    DELIVERY = "delivery receipts"
    """Reports that a message reached the other person's device (incoming only)."""
    CONFIRMS = "delivery receipts on demand"
    """Says that a message came only when it is told to (`MarkDelivered`), to whom asked (`Posted.confirm`)."""
    READ = "read receipts"
    TYPING = "typing"
    TIMERS = "disappearing messages"
    GROUPS = "groups"
    MAKE_CHATS = "new chats"
    """Makes a chat for one contact, with its own name: `Bridge.open_chat`."""
    CHAT_PICTURES = "chat pictures"
    PERSONAS = "writing as somebody"
    """Shows the name that `Post.persona` has with each message."""
    GHOSTS = "one address per contact"
    """A persona is an account of its own, with name and picture: `Bridge.dress_person`."""
    OWNER = "writing as the owner"
    """Shows as the owner's own what the owner wrote elsewhere: `Post.as_owner`."""
    TRUE_TIMES = "true times"
    """Keeps `Post.sent_at`, so that history arrives with the times it had."""
    IDEMPOTENT = "repeatable sends"
    """A `Post` sent again with the same `key` is not shown twice."""
    INVITATIONS = "invitations of one's own"
    """Each is for one contact and tells who came: `Bridge.invite`, then `Joined.invitation`."""
    REQUESTS = "requests"
    """Strangers ask first: `Asked`, then `Accept`."""
    PROFILE = "profile text"
    """Shows a text of ours to everybody who looks: `Bridge.publish`."""
    MOVED = "moved notices"
    """The network itself has a way to say that an account moved: `Bridge.publish`, and `Moved` when a contact did."""


class Limits(Noun, frozen=True, kw_only=True):
    """How much of it. None is: no limit that the network tells."""

    text_characters: int | None = None
    text_bytes: int | None = None
    file_bytes: int | None = None
    reactions: frozenset[str] | None = None
    """The emoji there are; None where any emoji will do."""
    reactions_per_person: int | None = None
    edit_seconds: int | None = None
    delete_seconds: int | None = None
    name_characters: int | None = None


class Addition(Noun, frozen=True, kw_only=True):
    """Libraries without which a bridge works, and does less: `gives` says what is missing then."""

    extra: str
    libraries: tuple[str, ...]
    gives: str


class About(Noun, frozen=True, kw_only=True):
    """A bridge in words and numbers: everything that tables, help and questions need, without loading its library.

    `name` is what people type; `title` and `summary` are what they read. `extra` is the extra of decamp that it needs,
    and `libraries` are the import names of what that brings, so that one can tell without loading them. `additions` are
    extras that it can do without.
    `limits` are the usual ones: a server may say others, and `Bridge.limits` has those once it is connected.
    """

    name: str
    title: str
    network: Network
    summary: str
    settings: tuple[Setting, ...] = ()
    can: frozenset[Can] = frozenset()
    limits: Limits = Limits()
    extra: str | None = None
    libraries: tuple[str, ...] = ()
    additions: tuple[Addition, ...] = ()
