"""What the relay asks of whatever keeps its state. `sqlite.py` is the one there is; a message broker can be another.

Two things are explicit, because everything rests on them:

- **order**: what waits for a `Place` comes out of `waiting` as `take` got it, whatever other places do;
- **idempotency**: an event's ids are its key on the way in, so that one that comes twice is taken once; `Entry.key` is
  its key on the way out, the same for every attempt.

What was written is durable after `kept`. Everything written without waiting in between is kept together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from migrate.model import Noun

from ..actions import AnyAction, Sent
from ..events import AnyEvent, Chat, Person, Reference
from .intents import AnyIntent
from .model import Author, Link, Place, Rule, Side
from .orders import Arrive, Ask, Command, Order, Tell, Wish


class Told(Noun, frozen=True, kw_only=True):
    """A message that was relayed or is about to be."""

    number: int
    link: str
    place: Place
    """Where it was written."""
    author: str
    name: str
    owner: bool
    sent_at: int
    text: str | None = None
    revised: int = 0
    """The digest of its text, if that was changed."""
    deleted: bool = False
    read: int = 0

    @property
    def by(self) -> Author:
        """Whoever wrote it: what a ghost said, only that ghost takes back."""
        return Author(id=self.author, name=self.name, bridge=self.place.bridge, owner=self.owner)


class Copy(Noun, frozen=True, kw_only=True):
    """One message of a network that a message of ours became: its text, a part of it, or a file."""

    id: str
    part: int
    is_text: bool
    sent_at: int | None = None


class Emotion(Noun, frozen=True, kw_only=True):
    """A reaction that somebody has on a message."""

    message: int
    place: Place
    person: str
    emoji: str

    @property
    def by(self) -> Person:
        """Whoever has it, for when somebody else takes it away."""
        return Person(id=self.person.partition(" ")[2])


class Entry(Noun, frozen=True, kw_only=True):
    """Something that waits to be shown at a place.

    `steps` are the actions that it became, stored before the first is sent; `done` of them were taken. `doubts` counts
    how often it was cut off so that nobody knows whether the network took the step after those.
    """

    number: int
    key: str
    place: Place
    source: Place
    link: str
    intent: AnyIntent
    message: int | None
    created_at: int
    steps: tuple[AnyAction, ...] | None = None
    done: int = 0
    doubts: int = 0
    tries: int = 0
    first_try_at: int | None = None


class Known(Protocol):
    """What the engine may ask while it decides. All of it is there at once."""

    @property
    def rules(self) -> Sequence[Rule]: ...
    @property
    def sides(self) -> Mapping[str, Side]: ...
    @property
    def control(self) -> frozenset[Place]:
        """The chats in which the owner speaks to the relay itself."""

    def links_at(self, place: Place) -> Sequence[Link]: ...
    def link(self, name: str) -> Link | None: ...
    def told(self, place: Place, id: str) -> Told | None: ...
    def message(self, number: int) -> Told | None: ...
    def is_revised(self, message: int, change: int) -> bool:
        """Whether this change of its text is known."""

    def emotion(self, place: Place, id: str) -> Emotion | None:
        """The reaction that has this id there."""

    def emojis(self, message: int, person: str | None) -> tuple[str, ...]:
        """What somebody, or anybody, has on a message, oldest first."""

    def is_shown(self, message: int, place: Place, emoji: str) -> bool:
        """Whether our account has this emoji on a message there already, whoever it stands for."""

    def timer(self, link: str) -> int:
        """After how many seconds messages of a link disappear, as far as anybody said."""

    def is_wished(self, source: Place, target: str) -> bool:
        """Whether events for that bridge wait for a portal."""

    def is_waiting(self, source: Place) -> bool:
        """Whether events wait for any portal of this chat."""

    def is_renewed(self, link: Link, end: Place) -> bool:
        """Whether this end was made by a rule that still holds, so that it is made anew when it is gone."""

    def is_over(self, place: Place) -> bool:
        """Whether the owner ended the relay of this chat, or its contact has arrived."""

    def arrived(self, contact: Place) -> Place | None:
        """Where the contact of a chat is to be found now, if they came by an invitation."""

    def chat_of(self, place: Place) -> Chat | None: ...
    def is_ours(self, key: str) -> bool: ...
    def is_ghost(self, place: Place, person: str) -> bool:
        """Whether the address there is one that stands for a contact of ours."""

    def going_out(self, place: Place, text: str) -> str | None:
        """The key of this very text, if it is on its way there and the network has not said yet that it took it."""

    def coming(self, message: int, place: Place) -> Sequence[AnyIntent]:
        """What is still to be shown there of a message, oldest first."""


class Taken(Noun, frozen=True, kw_only=True):
    """What the runner has to do about an event, beyond what is kept: places with something new, and so on."""

    places: tuple[Place, ...] = ()
    wishes: tuple[Wish, ...] = ()
    commands: tuple[Command, ...] = ()
    notices: tuple[Tell, ...] = ()
    asked: tuple[Ask, ...] = ()
    arrived: tuple[Arrive, ...] = ()
    met: tuple[tuple[str, Person], ...] = ()
    """Who has another name or picture than before."""
    visited: tuple[tuple[Place, Chat], ...] = ()
    """What is called otherwise than before."""


class Store(Known, Protocol):
    """See above."""

    def cursor(self, bridge: str) -> str | None: ...
    def take(self, bridge: str, cursor: str | None, orders: Sequence[Order], now: int) -> Taken:
        """Keep what follows from one event, together with the cursor after it."""

    async def kept(self) -> None:
        """Wait until everything written so far is durable."""

    # -- what waits to go out ----------------------------------------------------------------------------

    def places_waiting(self) -> Sequence[Place]: ...
    def waiting(self, place: Place, most: int) -> list[Entry]:
        """The next for this place, in order. What is held back or was given up is not among them."""

    def begin(self, entry: Entry, steps: Sequence[AnyAction], now: int) -> bool:
        """Keep what is about to be sent, and that it is. Returns whether it is still wanted."""

    def sent(self, entry: Entry, step: int, result: Sent, now: int) -> Place | None:
        """The network took a step; after the last the entry is gone, and its ids stay.

        Returns where something waits now because of that: whoever wrote it asked to be told when it is everywhere.
        """

    def put_off(self, entry: Entry, why: str, now: int, *, doubtful: bool) -> None:
        """The network did not take it for now; `doubtful`: or we do not know."""

    def drop(self, entry: Entry, why: str) -> None:
        """Nothing is to be sent for it, and the reason is counted."""

    def give_up(self, entry: Entry, why: str) -> bool:
        """It is tried no more until the owner says so. Returns whether it was still there."""

    def retry(self, link: str | None = None, bridge: str | None = None) -> int:
        """Let what was given up wait again: of a link, for a bridge, or all of it. How much that is."""

    # -- what came before --------------------------------------------------------------------------------

    def copies(self, message: int, place: Place) -> list[Copy]: ...
    def reference(self, message: int, place: Place, me: str) -> Reference | None:
        """How to speak of a message at a place; None if it never got there."""

    def shown(self, message: int, place: Place, emoji: str, person: str) -> str | None:
        """The id under which the network took somebody's reaction."""

    # -- portals -----------------------------------------------------------------------------------------

    def wishes(self) -> list[Wish]: ...
    def held(self, source: Place, target: str) -> Iterator[AnyEvent]: ...
