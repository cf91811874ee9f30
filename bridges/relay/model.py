"""The nouns of the relay: places, links between them, rules that make links, and who is who on each side."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from migrate.model import Network, Noun, short_id

from ..about import About
from . import words


class Place(Noun, frozen=True, order=True):
    """A chat on one of our bridges. Order is kept within a place, and nowhere else."""

    bridge: str
    chat: str

    def __str__(self) -> str:
        return f"{self.bridge}:{self.chat}"


class Direction(StrEnum):
    """Which way a link carries, seen from its first end."""

    BOTH = "both"
    OUT = "out"
    """From the first end to the others only."""
    BACK = "back"
    """From the others to the first end only."""


class Options(Noun, frozen=True, kw_only=True):
    """What somebody may want otherwise for one link. What reveals when the owner is there is off (page, section 6)."""

    receipts: bool = False
    typing: bool = False
    notices: bool = False
    """Whether notices in a room are relayed too, which needs a room without other bots."""
    reaction_notices: bool = False
    """Whether a reaction that the other side cannot show becomes a short line."""
    disappearing: bool = True
    """Whether messages that are to disappear are relayed at all."""
    history: int = 0
    """How many earlier messages a new portal begins with."""
    ghost_name: str = "{name} ({network})"
    """How contacts are called on the new network. `{network}` is the one they are on."""
    kept_days: Annotated[int, msgspec.Meta(ge=1)] = 400
    """How long it is known which message is which, so that an answer, an edit or a deletion finds what it is about."""
    grace_hours: int = 72
    """How long a contact is still relayed after they arrived on the new network."""
    most_alike: int = 10
    most: int = 300
    """How many alike, and how many at all, may come from one place in a minute before the brake falls; 0 is: any."""


class Link(Noun, frozen=True, kw_only=True):
    """Two or more places where the same conversation goes on.

    `private`: the first end is the owner's chat with one person (`person`), the others stand for it. There only the
    owner is heard, and nobody needs to be told who speaks. `shared`: other ends carry more than this link, so that each
    message says who speaks and an answer has to be a reply.
    """

    name: str
    ends: tuple[Place, ...]
    title: str = ""
    direction: Direction = Direction.BOTH
    options: Options = Options()
    private: bool = False
    shared: bool = False
    made: bool = False
    """Made by a rule: its other ends are the relay's to name."""
    person: str | None = None
    abandoned: tuple[Place, ...] = ()
    """Ends that were made and that the owner left, or that are gone: the next message has them made anew."""

    @property
    def lasting(self) -> tuple[Place, ...]:
        """The ends where somebody reads."""
        return tuple(end for end in self.ends if end not in self.abandoned)

    def is_ours_to_make(self, end: Place) -> bool:
        """Whether this end was made by the relay, for this link alone."""
        return self.made and not self.shared and end in self.ends[1:]

    def is_owners_alone(self, end: Place) -> bool:
        """Whether nobody but the owner reads at this end, as far as the relay made it so."""
        return self.private or self.is_ours_to_make(end)

    def targets(self, source: Place) -> tuple[Place, ...]:
        """Where something that was said at one end goes."""
        is_first = source == self.ends[0]
        if self.direction is (Direction.BACK if is_first else Direction.OUT):
            return ()
        others = tuple(end for end in self.ends if end != source)
        return tuple(end for end in others if end == self.ends[0]) if self.direction is Direction.BACK else others


class Mode(StrEnum):
    """What stands for a contact on the new network."""

    GHOSTS = "ghosts"
    """An address of their own."""
    CHATS = "chats"
    """A chat of their own."""
    SHARED = "shared"
    """One chat for all of them, with names."""


class Rule(Noun, frozen=True, kw_only=True):
    """Every accepted contact of one bridge gets a portal on another, when they write first or are asked for."""

    source: str
    target: str
    mode: Mode
    chat: str | None = None
    """Of `SHARED`: the chat."""
    groups: bool = False
    options: Options = Options()
    name: str = ""

    @property
    def title(self) -> str:
        """How people speak of it."""
        return self.name or f"{self.source}-{self.target}"


class Side(Noun, frozen=True, kw_only=True):
    """One of our bridges as the relay sees it.

    `owners` are the owner's own addresses there. Without any, the account of the bridge is the owner's own: what it
    writes elsewhere is theirs. `ignored` are senders that are never relayed: other bots, other relays.
    """

    name: str
    about: About
    owners: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()

    @property
    def is_owner(self) -> bool:
        return not self.owners

    @property
    def network(self) -> str:
        """Where it leads. Bridges that only say `WEB` are each a network of their own."""
        return self.name if self.about.network is Network.WEB else str(self.about.network)


class Author(Noun, frozen=True, kw_only=True):
    """Who said something, as the other sides may show it."""

    id: str
    name: str = ""
    picture: str | None = None
    bridge: str = ""
    owner: bool = False

    @property
    def shown(self) -> str:
        """One line, never empty: the name that others may see, or a short form of the address."""
        return words.name(self.name) or short_id(self.id)
