"""The plug-in interface: a bridge is one class that speaks one network. `bridges/memory.py` is a whole one to copy.

    about      what it is, as data (about.py)
    start      connect, in the background: comes back at once, and `health` tells how it goes (state.py)
    events     what happens on the network (events.py)
    send       do something in a chat (actions.py)

A bridge never invents a fallback: what its network cannot do it leaves out of `about.can`, and refuses by name with
`CannotDo`. Whoever sends decides what happens instead. What goes wrong while sending is one of four: `NotNow` (the
same action may be sent again later), `Refused` (it will never work), `CannotDo`, `Gone` (never in this chat).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import ClassVar, Protocol

from migrate.errors import DecampError
from migrate.model import Handle, Noun

from .about import About, Can, Limits, Setting, SettingKind
from .actions import (
    Accept,
    Action,
    AnyAction,
    Delete,
    Edit,
    MarkDelivered,
    MarkRead,
    Post,
    React,
    Sent,
    SetTimer,
    SetTyping,
    Upload,
)  # fmt: skip
from .events import (
    AnyEvent,
    Asked,
    Changed,
    Chat,
    ChatKind,
    Deleted,
    Edited,
    Event,
    Failed,
    File,
    Joined,
    Left,
    Moved,
    Person,
    Posted,
    Reacted,
    Receipt,
    Reference,
    Renamed,
    Timer,
    Typing,
)  # fmt: skip
from .state import Health, State

__all__ = [
    "About", "Accept", "Action", "AnyAction", "AnyEvent", "Asked", "BadSetting", "Bridge", "Can", "CannotDo", "Changed",
    "Chat", "ChatKind", "Delete", "Deleted", "Desk", "Edit", "Edited", "Event", "Failed", "File", "Gone", "Health",
    "Invitation", "Joined", "Left", "Limits", "MarkDelivered", "MarkRead", "Moved", "NotNow", "Person", "Post",
    "Posted", "React", "Reacted", "Receipt", "Reference", "Refused", "Renamed", "Sent", "SetTimer", "SetTyping",
    "Setting", "SettingKind", "State", "Talk", "Timer", "Typing", "Upload",
]  # fmt: skip


class NotNow(DecampError):
    """The network did not take it, and may take it later.

    Where a connection is lost before the answer comes, a bridge with `Can.IDEMPOTENT` says this too: sending again does
    no harm. One without raises `TimeoutError` then, so that whoever sends knows that the message may be there.
    """

    exit_code = 5
    hint = "It is tried again by itself."

    def __init__(self, message: str = "", *, after: float | None = None) -> None:
        """`after`: the seconds that the network asked us to wait."""
        super().__init__(message)
        self.after = after


class Refused(DecampError):
    """The network will not take this, however often it is tried."""

    exit_code = 6
    hint = "Look at what was sent, and send it in another way."


class CannotDo(Refused):
    """The network of this bridge has no such thing."""

    def __init__(self, can: Can) -> None:
        super().__init__(f"This network has no {can.value}.")
        self.can = can


class Gone(Refused):
    """The chat is not there any more, or we are not in it: nothing that is sent there will ever arrive.

    Raised only by who knows that for certain. Where a relay made the chat, `open_chat` is asked for it again.
    """

    hint = "Have a new chat made, or ask somebody in it to let us in again."

    def __init__(self, message: str = "The chat is not there any more.", hint: str | None = None) -> None:
        super().__init__(message, hint)


class BadSetting(DecampError):
    """A setting of a bridge cannot be used."""

    exit_code = 2
    hint = "Run `decamp bridge setup` for it again."


@dataclass(frozen=True, slots=True)
class Desk:
    """All that a bridge gets to work with. It reads no clock, no environment and no other file.

    `settings` has a value for each setting of `about`, secrets too; `folder` is the bridge's own, for its owner only,
    and kept between runs. `cursor` is the last one that was stored. `now` is in milliseconds.
    """

    settings: Mapping[str, str] = field(repr=False)
    folder: Path
    now: Callable[[], int]
    random: Random
    random_bytes: Callable[[int], bytes] = field(repr=False)
    cursor: str | None = field(default=None, repr=False)


class Invitation(Noun, frozen=True, kw_only=True):
    """A way to us for one contact. `id` comes back in `Joined.invitation`; `link` is what they open, or type."""

    id: str
    link: str
    one_time: bool = False

    def __repr__(self) -> str:
        return f"Invitation(one_time={self.one_time})"


class Talk(Protocol):
    """A conversation with the person who sets a bridge up. Nothing that is typed is shown or kept on the way."""

    async def ask(self, setting: Setting) -> str:
        """The answer to one setting, checked for its kind."""

    async def choose(self, question: str, choices: Sequence[str]) -> int: ...
    async def confirm(self, question: str) -> bool: ...
    def say(self, text: str) -> None: ...


class Bridge(ABC):
    """One account on one network. Made with nothing, started once, stopped once."""

    about: ClassVar[About]

    @property
    @abstractmethod
    def health(self) -> Health:
        """How it is doing now. Each change is also a `Changed` event."""

    @property
    @abstractmethod
    def me(self) -> Person:
        """The account that this bridge is, once it is connected. Its id is a handle as a person would write it."""

    @property
    def limits(self) -> Limits:
        """What the server allows, once it is connected."""
        return self.about.limits

    @classmethod
    async def set_up(cls, talk: Talk, folder: Path) -> dict[str, str]:
        """Ask for what is needed, make an account where the network allows it, and return all settings."""
        return {setting.name: await talk.ask(setting) for setting in cls.about.settings}

    @abstractmethod
    async def start(self, desk: Desk) -> None:
        """Begin to connect. Raises `BadSetting` for what cannot work; all else shows in `health`."""

    @abstractmethod
    async def stop(self) -> None:
        """Finish what is being sent, and let go of everything. `events` ends. May be called twice."""

    @abstractmethod
    def events(self) -> AsyncIterator[AnyEvent]:
        """What happens, from the cursor on. One reader at a time."""

    @abstractmethod
    def chats(self) -> AsyncIterator[Chat]:
        """Every place where one can post, so that people pick one by its name."""

    async def send(self, chat: str, action: AnyAction) -> Sent:
        """Do something in the chat with this id. Raises `NotNow`, `Refused` or `CannotDo`."""
        for can in sorted(action.needs - self.about.can):
            raise CannotDo(can)
        return await self.act(chat, action)

    @abstractmethod
    async def act(self, chat: str, action: AnyAction) -> Sent:
        """The same, for an action that needs nothing but what `about.can` has: this is what a bridge writes."""

    def follow(self, chats: Collection[str]) -> None:  # noqa: B027  most networks tell of every chat by themselves
        """Only these chats are wanted now: where asking about a chat shows somebody that we are there, ask no others.

        It is said as soon as a relay has started the bridge, and whenever it is otherwise.
        """

    # -- what only some networks have; the capability that it needs is named in each --------------------

    def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of a `File` or of a person's picture, in pieces. Raises `NotNow` or `Refused`. `Can.FILES`."""
        raise CannotDo(Can.FILES)

    async def try_chats(self) -> None:
        """Find out whether the server lets us make chats: raises `Refused` with the reason if not. `Can.MAKE_CHATS`."""
        if Can.MAKE_CHATS not in self.about.can:
            raise CannotDo(Can.MAKE_CHATS)

    async def open_chat(
        self, title: str, person: Person | None = None, picture: Path | None = None, *, whose: str | None = None
    ) -> Chat:
        """Make a chat for the owner and one contact, or find the one that was made for them. `Can.MAKE_CHATS`.

        Without a contact it stands for several people. `whose` says for which conversation of theirs, as two may have
        one title; it is like no contact's id, and the chat is found again by it. With neither it is a new one.
        An owner who left it is asked in again, or gets a new one; what is gone is never found.
        """
        raise CannotDo(Can.MAKE_CHATS)

    async def dress_chat(self, chat: str, title: str, picture: Path | None) -> None:
        """Give a chat of ours a name and a picture. `Can.MAKE_CHATS`; the picture needs `Can.CHAT_PICTURES`."""
        raise CannotDo(Can.MAKE_CHATS)

    async def dress_person(self, person: Person, picture: Path | None) -> None:
        """Give a ghost a name and a picture. `Can.GHOSTS`."""
        raise CannotDo(Can.GHOSTS)

    async def invite(self, contact: Person) -> Invitation:
        """Make an invitation for one contact; their name is only for us to see. `Can.INVITATIONS`."""
        raise CannotDo(Can.INVITATIONS)

    async def withdraw(self, invitation: str) -> None:
        """Make an invitation worthless that nobody has used. `Can.INVITATIONS`."""
        raise CannotDo(Can.INVITATIONS)

    async def publish(self, text: str, moved_to: Sequence[Handle] = ()) -> None:
        """Show a text to everybody who looks at our profile, and say where we moved. `Can.PROFILE`, `Can.MOVED`."""
        raise CannotDo(Can.PROFILE)
