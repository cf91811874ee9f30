"""Secrets that other people or devices put into configs: keys of groups and of pictures."""

from __future__ import annotations

from nacl import bindings as sodium

from ..keys import Secret


class Hidden(Secret):
    """Some secret bytes: `bytes()` of it are for using them, and nothing else shows them."""

    __slots__ = ("_bytes",)
    _bytes: bytes

    def __init__(self, data: bytes) -> None:
        object.__setattr__(self, "_bytes", bytes(data))

    def __bytes__(self) -> bytes:
        return self._bytes

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Hidden)
            and len(self._bytes) == len(other._bytes)
            and sodium.sodium_memcmp(self._bytes, other._bytes)
        )

    def __hash__(self) -> int:
        return hash((Hidden, self._bytes))
