"""Protocol buffers by hand: what stands on the wire, read with patience and within bounds, and written the same way.

The tables that say which number is which field are data (`content.py`, `envelope.py`); here is how any table is used.
Facts: formats page of the Session network, section 5.3. A field that no table names is skipped, and so is one of
another wire type than its table says: newer apps add fields. Only bytes that no app could have written raise
`BadMessage`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from ..model import Noun
from .errors import BadMessage

LARGEST = 1 << 20
"""No message on the network comes near a megabyte: 76,800 bytes, or a million once decompressed."""
MOST_FIELDS = 20_000
MOST_NESTED_GROUPS = 32
LATEST = (1 << 53) - 1
"""The last millisecond that the apps, whose numbers are JavaScript's, can tell from its neighbours."""

Value: TypeAlias = int | bytes


class Part(Noun, frozen=True, kw_only=True):
    """Something that a message holds. Shows which fields are set, never what they say: keys and words of people."""

    def __repr__(self) -> str:
        named = [name for name in self.__struct_fields__ if getattr(self, name) not in (None, ())]
        return f"<{type(self).__name__}: {', '.join(named) or 'empty'}>"


class Kind(Enum):
    """What a field holds, apart from another message."""

    NUMBER32 = auto()
    NUMBER = auto()
    TIME = auto()
    """Milliseconds or seconds; a time that the apps could not have meant is read as none."""
    TRUTH = auto()
    FIXED = auto()
    TEXT = auto()
    BYTES = auto()


PartT_co = TypeVar("PartT_co", bound=Part, covariant=True)


@dataclass(frozen=True, slots=True)
class Table(Generic[PartT_co]):
    """Which number is which field of one message. Fields are written in the order of the table."""

    made: Callable[..., PartT_co]
    fields: dict[int, Field] = field(default_factory=dict)

    def read(self, data: bytes) -> PartT_co:
        """What the bytes say; where a field comes twice, the last one counts. Raises `BadMessage`."""
        found: dict[str, object] = {}
        lists: dict[str, list[object]] = {}
        for number, value in entries(data):
            known = self.fields.get(number)
            if known is None:
                continue
            if known.many:
                values = [known.read(one) for one in _unpacked(known, value)]
                lists.setdefault(known.name, []).extend(one for one in values if one is not None)
            elif (one := known.read(value)) is not None:
                found[known.name] = one
        return self.made(**found, **{name: tuple(values) for name, values in lists.items()})

    def write(self, part: Part) -> bytes:
        """The bytes that say the same, without fields that are None or empty lists."""
        out = bytearray()
        for number, known in self.fields.items():
            value: object = getattr(part, known.name)
            for one in value if isinstance(value, tuple) else () if value is None else (value,):
                out += known.write(number, one)
        return bytes(out)


class Field(NamedTuple):
    """One field: its name in our nouns, what it holds, and whether it may come again and again."""

    name: str
    holds: Kind | Table[Part]
    many: bool = False

    def read(self, value: Value) -> object:
        """The value as our nouns hold it, or None where this is not what the field can hold."""
        if isinstance(self.holds, Table):
            return self.holds.read(value) if isinstance(value, bytes) else None
        return _READ[self.holds](value)

    def write(self, number: int, value: object) -> bytes:
        """The field with its number in front of it."""
        if isinstance(self.holds, Table) and isinstance(value, Part):
            return delimited(number, self.holds.write(value))
        if self.holds is Kind.FIXED and isinstance(value, int):
            return varint(number << 3 | 1) + (value & _64).to_bytes(8, "little")
        if isinstance(value, int):
            return varint(number << 3) + varint(value)
        if isinstance(value, str):
            return delimited(number, value.encode("utf-8", "replace"))
        if isinstance(value, bytes):
            return delimited(number, value)
        raise TypeError(f"{self.name} cannot hold a {type(value).__name__}")


_GROUP, _GROUP_END = 3, 4
_32, _64 = (1 << 32) - 1, (1 << 64) - 1
_READ: dict[Kind, Callable[[Value], object]] = {
    Kind.NUMBER32: lambda value: value & _32 if isinstance(value, int) else None,
    Kind.NUMBER: lambda value: value if isinstance(value, int) else None,
    Kind.TIME: lambda value: value if isinstance(value, int) and value <= LATEST else None,
    Kind.TRUTH: lambda value: value != 0 if isinstance(value, int) else None,
    Kind.FIXED: lambda value: value if isinstance(value, int) else None,
    Kind.TEXT: lambda value: value.decode("utf-8", "replace") if isinstance(value, bytes) else None,
    Kind.BYTES: lambda value: value if isinstance(value, bytes) else None,
}


def entries(data: bytes) -> Iterator[tuple[int, Value]]:
    """The fields of one message in their order, whatever they mean: a number, and an integer or bytes."""
    if len(data) > LARGEST:
        raise BadMessage("too_large", f"A message of {len(data)} bytes is larger than any app writes.")
    at, count, groups = 0, 0, 0
    while at < len(data):
        count += 1
        if count > MOST_FIELDS:
            raise BadMessage("malformed", f"A message has more than {MOST_FIELDS} fields.")
        tag, at = _varint(data, at)
        number, form = tag >> 3, tag & 7
        if not 0 < number < 1 << 29:
            raise BadMessage("malformed", "A field has an impossible number.")
        if form in (_GROUP, _GROUP_END):  # out of use before Session began; what is in a group is skipped
            groups += 1 if form == _GROUP else -1
            if not 0 <= groups <= MOST_NESTED_GROUPS:
                raise BadMessage("malformed", "Groups of fields do not fit into each other.")
            continue
        value, at = _value(data, at, form)
        if not groups:
            yield number, value
    if groups:
        raise BadMessage("malformed", "A group of fields is cut off.")


def _value(data: bytes, at: int, form: int) -> tuple[Value, int]:
    """The value at this place, and the place after it."""
    if form == 0:
        return _varint(data, at)
    if form == 1:
        return _fixed(data, at, 8)
    if form == 5:
        return _fixed(data, at, 4)
    if form != 2:
        raise BadMessage("malformed", "These bytes are no message.")
    size, at = _varint(data, at)
    if size > len(data) - at:
        raise BadMessage("malformed", "A field is cut off.")
    return data[at : at + size], at + size


def _unpacked(known: Field, value: Value) -> list[Value]:
    """The values of a list: one, or several numbers packed into one field, as some writers do."""
    if isinstance(value, int) or isinstance(known.holds, Table) or known.holds in (Kind.TEXT, Kind.BYTES):
        return [value]
    found: list[Value] = []
    at = 0
    while at < len(value):
        one, at = _varint(value, at)
        found.append(one)
        if len(found) > MOST_FIELDS:
            raise BadMessage("malformed", f"A list has more than {MOST_FIELDS} numbers.")
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """The number at this place, and the place after it. Never looks at more than ten bytes."""
    if at < len(data) and data[at] < 0x80:  # nearly all of them
        return data[at], at + 1
    value = 0
    for place, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value & _64, at + place + 1
    raise BadMessage("malformed", "A number is cut off, or too long.")


def _fixed(data: bytes, at: int, size: int) -> tuple[int, int]:
    if len(data) - at < size:
        raise BadMessage("malformed", "A number is cut off.")
    return int.from_bytes(data[at : at + size], "little"), at + size


def varint(value: int) -> bytes:
    """A number in as few bytes as it needs; negative ones as proto2 writes them, in ten."""
    value &= _64
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def delimited(number: int, data: bytes) -> bytes:
    """A field of bytes, text or another message."""
    return varint(number << 3 | 2) + varint(len(data)) + data
