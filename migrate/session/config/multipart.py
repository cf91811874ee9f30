"""Configs that are too large for one message come in parts (formats page of Session config messages, section 4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ...model import Noun
from ..errors import BadConfig
from .allowance import Allowance
from .bencode import Reader
from .message import HASH_BYTES
from .stored import Skipped

MARK = b"m"


class Joined(Noun, frozen=True, kw_only=True):
    """All parts of one config, in order, with the hashes of the messages that they came in."""

    stored: tuple[str, ...]
    digest: bytes
    chunks: tuple[bytes, ...]

    def content(self) -> bytes:
        """What was taken apart, its padding included. Raises `BadConfig` if the parts are not of one piece."""
        joined = b"".join(self.chunks)
        if hashlib.blake2b(joined, digest_size=HASH_BYTES).digest() != self.digest:
            raise BadConfig("format", "The parts do not make what was taken apart.")
        return joined


class Parts:
    """Collects the parts of configs until they are complete."""

    def __init__(self) -> None:
        self._sets: dict[tuple[bytes, int], dict[int, tuple[str, bytes]]] = {}

    def add(self, stored: str, content: bytes, allowance: Allowance) -> None:
        """Keep one decrypted part, which begins with its `m`. A part that is here already is not kept twice."""
        match Reader(content[len(MARK) :], allowance).value():
            case [bytes(digest), bytes(index), bytes(count), bytes(chunk)] if (
                len(digest) == HASH_BYTES and len(index) == 1 and len(count) == 1 and chunk and index < count != b"\1"
            ):
                self._sets.setdefault((digest, count[0]), {}).setdefault(index[0], (stored, chunk))
            case _:
                raise BadConfig("format", "A part of a message is not written as one.")

    def complete(self) -> Iterator[Joined]:
        """Each config that has all its parts."""
        for (digest, count), parts in self._sets.items():
            if len(parts) == count:
                in_order = [parts[index] for index in range(count)]
                yield Joined(
                    stored=tuple(stored for stored, _ in in_order),
                    digest=digest,
                    chunks=tuple(chunk for _, chunk in in_order),
                )

    def incomplete(self) -> Iterator[Skipped]:
        """Every part of a config that lacks another: the newest state was there, and is partly gone."""
        for (_, count), parts in self._sets.items():
            if len(parts) < count:
                reason = f"{count - len(parts)} of the {count} parts are gone."
                yield from (Skipped(hash=stored, code="incomplete", reason=reason) for stored, _ in parts.values())
