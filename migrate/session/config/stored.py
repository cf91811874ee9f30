"""A message as a storage node hands it out, and what is said about one that could not be read."""

from __future__ import annotations

from collections.abc import Iterable

from ...model import Noun


class StoredMessage(Noun, frozen=True, kw_only=True):
    """The bytes that a node keeps; `timestamp` (milliseconds) is what the one who stored it claimed."""

    hash: str
    timestamp: int
    data: bytes


class Skipped(Noun, frozen=True, kw_only=True):
    """A message that could not be read. It never costs the others.

    `code`: decrypt, decompress, format, incomplete or signature (formats page of Session config messages, section 8).
    """

    hash: str
    code: str
    reason: str


def distinct(messages: Iterable[StoredMessage]) -> list[StoredMessage]:
    """Each message once, though every node of a swarm hands it out.

    The hash alone does not tell: a node can hand out damaged bytes under the hash of a good message.
    """
    return list({(message.hash, message.data): message for message in messages}.values())
