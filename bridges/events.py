"""What happens on a network, in words that hold for all of them. Every bridge yields these and nothing else.

Ids are texts that mean something only to the bridge that gave them, and the same for ever. Whatever a person wrote
(names, texts, file names) is as they wrote it: whoever shows it takes care.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from migrate.model import Handle, Noun

from .state import Health


class ChatKind(StrEnum):
    """What sort of place a chat is."""

    DIRECT = "direct"
    GROUP = "group"
    COMMUNITY = "community"
    SELF = "self"


class Chat(Noun, frozen=True, kw_only=True):
    """A place where one can post."""

    id: str
    title: str
    kind: ChatKind = ChatKind.DIRECT
    person: str | None = None
    """In a direct chat: the id of the other person."""


class Person(Noun, frozen=True, kw_only=True):
    """Somebody on a network. The id is the key, the name changes. `picture` names a `File` for `Bridge.fetch`."""

    id: str
    name: str = ""
    picture: str | None = None


class File(Noun, frozen=True, kw_only=True):
    """A file that came with a message. `ref` is for `Bridge.fetch`, also after a restart, and may hold a key."""

    ref: str
    name: str
    type: str
    size: int | None = None
    voice: bool = False

    def __repr__(self) -> str:
        return f"File(type={self.type!r}, size={self.size})"


class Reference(Noun, frozen=True, kw_only=True):
    """A message that another one is about. Networks differ in what they need to find it, so all of it is given."""

    id: str
    author: str | None = None
    sent_at: int | None = None
    text: str | None = None


class Event(Noun, frozen=True, kw_only=True, tag_field="event"):
    """Base of all events.

    `cursor`, where it is set, says that everything up to here has been yielded. Who stores it together with the event
    and starts the bridge with it again misses nothing; what came after it may come once more, with the same ids.
    """

    cursor: str | None = None


class Posted(Event, frozen=True, kw_only=True, tag="posted"):
    """Somebody wrote something, or sent files, or both.

    `also` are other ids by which the network may refer to the same message. `own`: written with the account of the
    bridge, on another device or by an earlier run; `key` is then the key it was sent with, where the network tells.
    Of what others wrote, `key` says no more than that a relay did (`actions.RELAYED`).
    `notice`: a machine wrote it, or the network itself. `expires`: it disappears after so many seconds.
    `confirm`: the id under which whoever wrote it asks to be told that it got there (`actions.MarkDelivered`).
    """

    chat: Chat
    sender: Person
    id: str
    sent_at: int
    text: str = ""
    files: tuple[File, ...] = ()
    reply_to: Reference | None = None
    also: tuple[str, ...] = ()
    own: bool = False
    key: str | None = None
    notice: bool = False
    expires: int | None = None
    expires_after_read: bool = False
    confirm: str | None = None


class Edited(Event, frozen=True, kw_only=True, tag="edited"):
    """Somebody changed a text of theirs. `message` is the id it was posted with, `id` that of the change, if any.

    `confirm`: as with `Posted`, for the change.
    """

    chat: Chat
    sender: Person
    message: str
    text: str
    sent_at: int
    id: str | None = None
    own: bool = False
    confirm: str | None = None


class Deleted(Event, frozen=True, kw_only=True, tag="deleted"):
    """Somebody took back a message, or, where networks do it so, a reaction with that id."""

    chat: Chat
    sender: Person | None
    message: str
    own: bool = False


class Reacted(Event, frozen=True, kw_only=True, tag="reacted"):
    """Somebody reacted to a message. `emojis` is all that they have there now, or one that was added or removed."""

    class Change(StrEnum):
        """What `emojis` are."""

        ALL = "all"
        ADDED = "added"
        REMOVED = "removed"

    chat: Chat
    sender: Person
    message: str
    emojis: tuple[str, ...]
    change: Change
    id: str | None = None
    own: bool = False


class Receipt(Event, frozen=True, kw_only=True, tag="receipt"):
    """A message of ours arrived on a device, or was read. `up_to`: so was everything before it."""

    chat: Chat
    sender: Person
    messages: tuple[str, ...]
    read: bool
    up_to: bool = False
    own: bool = False


class Typing(Event, frozen=True, kw_only=True, tag="typing"):
    """Somebody began or stopped to type."""

    chat: Chat
    sender: Person
    typing: bool


class Timer(Event, frozen=True, kw_only=True, tag="timer"):
    """From now on messages of this chat disappear after so many seconds; 0 is never."""

    chat: Chat
    sender: Person | None
    seconds: int
    after_read: bool = False


class Failed(Event, frozen=True, kw_only=True, tag="failed"):
    """A message that `send` had handed over did not get through after all."""

    chat: Chat
    message: str
    reason: str


class Joined(Event, frozen=True, kw_only=True, tag="joined"):
    """Somebody came: into a group, or, with `invitation`, to us, by the invitation with that id."""

    chat: Chat
    person: Person
    invitation: str | None = None


class Left(Event, frozen=True, kw_only=True, tag="left"):
    """Somebody left a group, or ended a chat with us."""

    chat: Chat
    person: Person


class Asked(Event, frozen=True, kw_only=True, tag="asked"):
    """A stranger would like to write to us. Nothing of theirs comes through until `Accept`."""

    chat: Chat
    person: Person
    text: str = ""


class Renamed(Event, frozen=True, kw_only=True, tag="renamed"):
    """A person or a chat has another name or picture now."""

    chat: Chat | None = None
    person: Person | None = None


class Moved(Event, frozen=True, kw_only=True, tag="moved"):
    """A contact says, in the way that the network has for it, that they are elsewhere now. `sure`: it was checked."""

    person: Person
    to: Handle
    sure: bool = False


class Changed(Event, frozen=True, kw_only=True, tag="changed"):
    """The bridge is in another state."""

    health: Health


AnyEvent: TypeAlias = (
    Posted | Edited | Deleted | Reacted | Receipt | Typing | Timer | Failed | Joined | Left | Asked | Renamed | Moved
    | Changed
)  # fmt: skip
