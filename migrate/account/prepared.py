"""A message that is ready to go, and what became of it.

Between the two it can be kept: whoever stores a `Prepared` before `post`, and posts it again after a crash, sends
the very same bytes, and the network makes one message of them (formats page of the Session network, section 0).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ..model import Expiry, Noun
from ..session.outgoing import Delivery
from ..session.storage import hash_of
from .errors import BadRecord


class Kind(StrEnum):
    """What a prepared message is."""

    TEXT = "text"
    FILES = "files"
    REACTION = "reaction"
    UNSEND = "unsend"
    RECEIPT = "receipt"
    TYPING = "typing"
    TIMER = "timer"
    ACCEPTANCE = "acceptance"


class Prepared(Noun, frozen=True, kw_only=True):
    """Sealed bytes and where they go. Others refer to the message by its author and `sent_at`."""

    kind: Kind
    conversation: str
    sent_at: int
    message: Delivery
    copy: Delivery | None = None
    """For our own devices."""
    acceptance: Delivery | None = None
    """What goes first when this is our first answer to somebody who wrote first."""
    expires: Expiry | None = None
    """For a change of the timer: what it is from now on."""
    removes: tuple[str, ...] = ()
    """Hashes of what is deleted from our own swarm, or the group's, when this has arrived."""

    @property
    def hash(self) -> str:
        """The name that nodes give to the message."""
        return hash_of(self.message.account, self.message.namespace, self.message.data)

    @property
    def own_hash(self) -> str:
        """The name of what lies in our own swarm, or in the group's: what an unsend has to delete there."""
        copy = self.copy or self.message
        return hash_of(copy.account, copy.namespace, copy.data)

    def to_bytes(self) -> bytes:
        """All of it, to be kept in a database. It is sealed already: no secret is in it."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def read(cls, kept: bytes) -> Prepared:
        """What `to_bytes` gave. Raises `BadRecord`."""
        try:
            return msgspec.msgpack.decode(kept, type=cls)
        except ValueError as error:  # msgspec's own errors are such, too
            raise BadRecord("A message that was kept to be sent cannot be read.", "Write it again.") from error


class Held(Noun, frozen=True, kw_only=True):
    """Which nodes of a swarm have something, by their Ed25519 keys in hex, and which have not and why."""

    hash: str = ""
    holders: tuple[str, ...] = ()
    without: dict[str, str] = msgspec.field(default_factory=dict)
    troubles: tuple[str, ...] = ()
    """What went wrong on the way, also where another node helped out."""
    final: bool = False
    """Whether a node said that it will never take this, so that trying again is of no use."""

    @property
    def is_there(self) -> bool:
        """Whether at least one node has signed for it."""
        return bool(self.holders)


class Sent(Noun, frozen=True, kw_only=True):
    """What became of a prepared message. What is None was not part of it, or was not tried any more."""

    conversation: str
    sent_at: int
    acceptance: Held | None = None
    message: Held | None = None
    copy: Held | None = None
    removed: Held | None = None

    @property
    def is_delivered(self) -> bool:
        """Whether the message lies where the recipient fetches it. If not, post the same `Prepared` again."""
        return self.message is not None and self.message.is_there

    @property
    def is_refused(self) -> bool:
        """Whether trying again is of no use."""
        return not self.is_delivered and any(
            part is not None and part.final for part in (self.acceptance, self.message)
        )

    @property
    def is_complete(self) -> bool:
        """Whether our own devices know it too, and what was to be deleted is. If not, posting again does no harm."""
        parts = (self.copy, self.removed)
        return self.is_delivered and all(part is None or part.is_there for part in parts)
