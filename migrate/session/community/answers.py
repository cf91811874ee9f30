"""What a community server answers, as nouns: size first, then JSON, then each row by itself.

Facts: formats page of communities, section 5. One row that nobody can read costs that row and not the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, TypeVar

import msgspec

from ...model import Noun
from ..answers import LARGEST_ANSWER
from ..errors import BadAnswer

Answer = TypeVar("Answer")
_NUMBER = msgspec.Meta(ge=0, lt=1 << 53)
Number = Annotated[int, _NUMBER]
Seconds = Annotated[float, msgspec.Meta(ge=0, lt=1e10)]
Id = Annotated[str, msgspec.Meta(max_length=66)]
Emoji = Annotated[str, msgspec.Meta(min_length=1, max_length=12)]
MOST_EMOJI = 200
"""Kinds of reactions below one message that are looked at."""


class Reactions(Noun, frozen=True, kw_only=True):
    """One emoji below a message: how many people put it there, and the first of them."""

    count: Number = 0
    index: Number = 0
    reactors: tuple[Id, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether everybody is named."""
        return len(self.reactors) >= self.count


class Row(Noun, frozen=True, kw_only=True):
    """A message, what is left of a deleted one, or nothing but what changed of its reactions. Times are in seconds."""

    id: Number
    seqno: Number
    session_id: Id | None = None
    posted: Seconds | None = None
    edited: Seconds | None = None
    data: str | None = None
    signature: str | None = None
    deleted: bool = False
    reactions: dict[str, Reactions] | None = None
    whisper: bool = False
    filtered: bool = False

    @property
    def posted_at(self) -> int:
        """Milliseconds as apps write them in quotes."""
        return int((self.posted or 0) * 1000)

    @property
    def feelings(self) -> Iterator[tuple[str, Reactions]]:
        """Every emoji below the message, in the order in which the first of each came."""
        known = [(emoji, one) for emoji, one in (self.reactions or {}).items() if 0 < len(emoji) <= 12]
        return iter(sorted(known, key=lambda one: one[1].index)[:MOST_EMOJI])


class Room(Noun, frozen=True, kw_only=True):
    """What a server says about a room, and about what whoever asked may do there."""

    token: str
    name: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    message_sequence: Number = 0
    read: bool = True
    write: bool = False
    upload: bool = False


class _Point(Noun, frozen=True, kw_only=True):
    seqno: Number


class _Capabilities(Noun, frozen=True, kw_only=True):
    capabilities: tuple[str, ...] = ()


class _File(Noun, frozen=True, kw_only=True):
    id: Number


class Rows(Noun, frozen=True, kw_only=True):
    """A page of rows in the server's order. `unreadable` of them could not be read; `count` is all there were.

    `up_to` is the last change that the page tells of.
    """

    rows: tuple[Row, ...]
    count: int
    up_to: int
    unreadable: int = 0


def read_rows(body: bytes) -> Rows:
    """A page of messages. Raises `BadAnswer`."""
    raw = _read(body, list[msgspec.Raw])
    rows = [row for one in raw if (row := _decoded(one, Row)) is not None]
    points = [point.seqno for one in raw if (point := _decoded(one, _Point)) is not None]
    return Rows(rows=tuple(rows), count=len(raw), up_to=max(points, default=0), unreadable=len(raw) - len(rows))


def read_row(body: bytes) -> Row:
    """One message. Raises `BadAnswer`."""
    return _read(body, Row)


def read_room(body: bytes) -> Room:
    """A room. Raises `BadAnswer`."""
    return _read(body, Room)


def read_capabilities(body: bytes) -> frozenset[str]:
    """What a server can do. Raises `BadAnswer`."""
    return frozenset(_read(body, _Capabilities).capabilities)


def read_file_number(body: bytes) -> int:
    """Where a file lies that was left. Raises `BadAnswer`."""
    return _read(body, _File).id


def _decoded(raw: msgspec.Raw, type: type[Answer]) -> Answer | None:
    try:
        return msgspec.json.decode(raw, type=type)
    except (ValueError, RecursionError):  # msgspec's own errors are such, too
        return None


def _read(body: bytes, type: type[Answer]) -> Answer:
    if len(body) > LARGEST_ANSWER:
        raise BadAnswer("too large", "An answer is larger than any answer may be.")
    try:
        return msgspec.json.decode(body, type=type)
    except (ValueError, RecursionError) as error:  # msgspec's own errors are such, too
        raise BadAnswer("community", "A community's server answered something that is no answer.") from error
