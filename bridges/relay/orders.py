"""What follows from one event. The engine gives orders, and the store takes all of one event's at once, or none."""

from __future__ import annotations

from typing import TypeAlias

from migrate.model import Noun

from ..events import AnyEvent, Chat, Person
from .intents import AnyIntent
from .model import Author, Place


class Remember(Noun, frozen=True, kw_only=True):
    """A message that was not known. The queue orders after it that name no message are about this one."""

    link: str
    place: Place
    id: str
    also: tuple[str, ...] = ()
    author: Author
    sent_at: int
    text: str = ""
    expires: int | None = None
    expires_after_read: bool = False

    @property
    def fades_at(self) -> int | None:
        """When its time is over, if that is known already."""
        return self.sent_at + self.expires * 1000 if self.expires and not self.expires_after_read else None


class Queue(Noun, frozen=True, kw_only=True):
    """Something is to be shown at `place`, because of what happened at `source`."""

    place: Place
    source: Place
    link: str
    intent: AnyIntent
    message: int | None = None


class Affirm(Noun, frozen=True, kw_only=True):
    """Whoever wrote a message at `place` asks again whether it got there. They are told once it is everywhere."""

    place: Place
    message: int
    id: str


class Hold(Noun, frozen=True, kw_only=True):
    """The event has to wait for a portal on another bridge."""

    source: Place
    target: str
    event: AnyEvent


class Unhold(Noun, frozen=True, kw_only=True):
    """What waits for portals and is about this message is not wanted any more. `by`: only what they wrote."""

    source: Place
    message: str
    by: str | None = None


class Wish(Noun, frozen=True, kw_only=True):
    """A portal is needed on another bridge. `asked`: the owner wants it, and nobody has written yet."""

    chat: Chat
    source: Place
    target: str
    person: Person | None = None
    asked: bool = False


class Abandon(Noun, frozen=True, kw_only=True):
    """The owner left a chat that was made for them, or (`back`) is there again."""

    link: str
    place: Place
    back: bool = False


class Confirm(Noun, frozen=True, kw_only=True):
    """What we sent under this key has come back: the network took it, whatever we know of that."""

    place: Place
    key: str
    id: str
    also: tuple[str, ...] = ()
    sent_at: int


class Revise(Noun, frozen=True, kw_only=True):
    """A text is another one now. `digest` is that of the whole of it, `change` that of this change.

    None is the message that was remembered just before.
    """

    message: int | None
    text: str
    digest: int
    change: int


class Forget(Noun, frozen=True, kw_only=True):
    """A message was taken back, or its time is over: its words are wiped everywhere, its ids stay.

    None is the message that was remembered just before.
    """

    message: int | None


class Feeling(Noun, frozen=True, kw_only=True):
    """A reaction came or went. `id` is the one it has where it was made."""

    message: int
    place: Place
    person: str
    emoji: str
    add: bool
    id: str | None = None


class Arm(Noun, frozen=True, kw_only=True):
    """A message was read, by the owner (1) or somebody else (2): what is to disappear after that begins to.

    `before`: so was everything that came before it at this place.
    """

    message: int
    by: int
    before: Place | None = None


class Timed(Noun, frozen=True, kw_only=True):
    """Messages of a link disappear after so many seconds from now on."""

    link: str
    seconds: int


class Visit(Noun, frozen=True, kw_only=True):
    """A chat, as it is called now."""

    place: Place
    chat: Chat


class Meet(Noun, frozen=True, kw_only=True):
    """Somebody, as they are called now."""

    bridge: str
    person: Person


class Ask(Noun, frozen=True, kw_only=True):
    """A stranger waits to be let in."""

    place: Place
    person: Person
    text: str


class Arrive(Noun, frozen=True, kw_only=True):
    """Somebody came by an invitation that may be one of ours."""

    place: Place
    person: Person
    invitation: str


class Command(Noun, frozen=True, kw_only=True):
    """The owner says something to the relay itself."""

    place: Place
    id: str
    text: str


class Tell(Noun, frozen=True, kw_only=True):
    """The owner should know, at this place or in the management chat. `once`: not again for the same reason.

    `about`: the message that it answers there.
    """

    text: str
    place: Place | None = None
    about: int | None = None
    once: str | None = None


class Skip(Noun, frozen=True, kw_only=True):
    """Something goes no further, and is counted under this reason."""

    place: Place
    reason: str


Order: TypeAlias = (
    Remember | Queue | Affirm | Hold | Unhold | Wish | Abandon | Confirm | Revise | Forget | Feeling | Arm | Timed
    | Meet | Visit | Ask | Arrive | Command | Tell | Skip
)  # fmt: skip
