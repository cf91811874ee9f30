"""Bencode, strictly: whole numbers, strings of bytes, lists, and dicts whose keys ascend byte by byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from ..errors import BadConfig
from .allowance import Allowance

Value: TypeAlias = "int | bytes | list[Value] | dict[bytes, Value]"
Writable: TypeAlias = "int | bytes | Sequence[Writable] | Mapping[bytes, Writable]"

DEEPEST = 60
_INT_DIGITS, _LENGTH_DIGITS = 20, 9
_INT_MIN, _INT_MAX = -(1 << 63), (1 << 63) - 1
_INT, _LIST, _DICT, _END, _COLON, _ZERO, _NINE = b"ilde:09"


class Reader:
    """Reads values from bytes, one after the other, and knows where it stands."""

    __slots__ = ("_allowance", "data", "position")

    def __init__(self, data: bytes, allowance: Allowance | None = None) -> None:
        self.data = data
        self.position = 0
        self._allowance = allowance or Allowance()

    def value(self, depth: int = 0) -> Value:
        """The value that begins here."""
        self._allowance.spend_value()
        kind = self._peek()
        if _ZERO <= kind <= _NINE:
            return self._string()
        if depth >= DEEPEST:
            raise BadConfig("format", "Values are nested too deeply.")
        if kind == _DICT:
            return {key: value for _, key, value in self.items(depth)}
        if kind == _LIST:
            return self._list(depth)
        if kind == _INT:
            self.position += 1
            return self._number(_END, _INT_DIGITS)
        raise BadConfig("format", "No value begins here.")

    def items(self, depth: int = 0) -> Iterator[tuple[int, bytes, Value]]:
        """Each key of the dict that begins here: where the key begins, the key, its value."""
        if self._peek() != _DICT:
            raise BadConfig("format", "There is no dict where one belongs.")
        self.position += 1
        last: bytes | None = None
        while self._peek() != _END:
            start = self.position
            key = self._string()
            if last is not None and key <= last:
                raise BadConfig("format", "The keys of a dict are not in order.")
            last = key
            yield start, key, self.value(depth + 1)
        self.position += 1

    def _list(self, depth: int) -> list[Value]:
        self.position += 1
        values = []
        while self._peek() != _END:
            values.append(self.value(depth + 1))
        self.position += 1
        return values

    def _string(self) -> bytes:
        length = self._number(_COLON, _LENGTH_DIGITS)
        start = self.position
        self.position += length
        if length < 0 or self.position > len(self.data):
            raise BadConfig("format", "A string is longer than the message.")
        return self.data[start : self.position]

    def _number(self, stop: int, most_digits: int) -> int:
        """The decimal number from here up to the byte `stop`, written in the one way there is."""
        end = self.data.find(stop, self.position, self.position + most_digits + 1)
        text = self.data[self.position : end]
        digits = text.removeprefix(b"-")
        if end < 0 or not digits.isdigit() or (digits.startswith(b"0") and text != b"0"):
            raise BadConfig("format", "A number is not written as one.")
        number = int(text)
        if not _INT_MIN <= number <= _INT_MAX:
            raise BadConfig("format", "A number is larger than 64 bits.")
        self.position = end + 1
        return number

    def _peek(self) -> int:
        if self.position >= len(self.data):
            raise BadConfig("format", "The message ends too early.")
        return self.data[self.position]


def encode(value: Writable) -> bytes:
    """The value in bencode; keys of dicts are put in order, lists stay as they are."""
    match value:
        case int():
            return b"i%de" % value
        case bytes():
            return b"%d:%b" % (len(value), value)
        case Mapping():
            return b"d" + b"".join(encode(key) + encode(value[key]) for key in sorted(value)) + b"e"
        case _:
            return b"l" + b"".join(map(encode, value)) + b"e"
