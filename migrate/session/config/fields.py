"""Reading the fields of a config entry: what is missing, or not what it should be, counts as not there.

Formats page of Session config messages, sections 0 and 6: unknown keys are normal, nothing here is a reason to refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from ...model import Noun
from .hidden import Hidden
from .message import Leaf, Tree

ID_BYTES, KEY_BYTES = 33, 32
PERSON, GROUP = 0x05, 0x03
LEGACY_GROUP = PERSON
_NEVER_SECONDS, _NEVER_MILLISECONDS = 9_000_000_000, 9_000_000_000_000
_LATEST_MS = 1 << 53


class Notify(StrEnum):
    """When a conversation makes itself heard."""

    DEFAULT = "default"
    ALL = "all"
    DISABLED = "disabled"
    MENTIONS_ONLY = "mentions_only"


_NOTIFY = (Notify.DEFAULT, Notify.ALL, Notify.DISABLED, Notify.MENTIONS_ONLY)


class Picture(Noun, frozen=True, kw_only=True):
    """Where somebody's picture lies, and the key that opens it."""

    url: str
    key: Hidden


class Fields:
    """One dict of a config, asked by the name and the type of what it may hold."""

    __slots__ = ("_tree",)

    def __init__(self, tree: Leaf | Tree | None) -> None:
        self._tree: Tree = tree if isinstance(tree, dict) else {}

    def number(self, key: bytes) -> int | None:
        value = self._tree.get(key)
        return value if isinstance(value, int) else None

    def flag(self, key: bytes) -> bool:
        return bool(self.number(key))

    def blob(self, key: bytes, size: int) -> bytes | None:
        """Exactly so many bytes, or nothing."""
        value = self._tree.get(key)
        return value if isinstance(value, bytes) and len(value) == size else None

    def text(self, key: bytes) -> str | None:
        """A text that is not empty. It was written by somebody else: bytes that are no text are replaced."""
        value = self._tree.get(key)
        return text_of(value) if isinstance(value, bytes) and value else None

    def seconds(self, key: bytes) -> int | None:
        """A time in seconds. Some clients wrote milliseconds or microseconds: a time too far off is taken as those."""
        value = self.number(key) or 0
        if value > _NEVER_MILLISECONDS:
            value //= 1_000_000
        elif value > _NEVER_SECONDS:
            value //= 1_000
        return value if value > 0 else None

    def milliseconds(self, key: bytes) -> int | None:
        value = self.number(key) or 0
        return value if 0 < value < _LATEST_MS else None

    def duration(self, key: bytes) -> int | None:
        """How many seconds something lasts, if it does."""
        value = self.number(key) or 0
        return value if value > 0 else None

    def notify(self, *, mentions: bool) -> Notify:
        """When this makes itself heard; where nobody can be mentioned, "mentions only" means all."""
        value = self.number(b"@") or 0
        found = _NOTIFY[value] if 0 <= value < len(_NOTIFY) else Notify.DEFAULT
        return Notify.ALL if found is Notify.MENTIONS_ONLY and not mentions else found

    def picture(self, url: bytes = b"p", key: bytes = b"q") -> Picture | None:
        """A picture has both an address and a key."""
        address, secret = self.text(url), self.blob(key, KEY_BYTES)
        return Picture(url=address, key=Hidden(secret)) if address and secret else None

    def numbers(self, key: bytes) -> frozenset[int]:
        """The members of a set that are numbers."""
        value = self._tree.get(key)
        members = value if isinstance(value, frozenset) else frozenset[int]()
        return frozenset(member for member in members if isinstance(member, int))

    def ids(self, key: bytes) -> frozenset[str]:
        """The people of a set, as Session IDs."""
        value = self._tree.get(key)
        members = value if isinstance(value, frozenset) else frozenset[bytes]()
        return frozenset(member.hex() for member in members if isinstance(member, bytes) and is_id(member, PERSON))

    def below(self, key: bytes) -> Fields:
        """The dict under a key, empty if there is none."""
        return Fields(self._tree.get(key))

    def entries(self) -> Iterator[tuple[bytes, Fields]]:
        """Every key that holds a dict, in order."""
        for key in sorted(self._tree):
            if isinstance(value := self._tree[key], dict):
                yield key, Fields(value)

    def by_id(self, key: bytes, prefix: int) -> Iterator[tuple[str, Fields]]:
        """The entries under a key that belong to ids with this prefix; the ids are in hex, as people write them."""
        for id, fields in self.below(key).entries():
            if is_id(id, prefix):
                yield id.hex(), fields


def is_id(id: bytes, prefix: int) -> bool:
    """Whether these bytes are the id of a person (05) or of a group (03)."""
    return len(id) == ID_BYTES and id[0] == prefix


def text_of(data: bytes) -> str:
    """The text in bytes from somebody else."""
    return data.decode("utf-8", "replace")
