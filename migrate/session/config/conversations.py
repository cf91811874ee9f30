"""How far each conversation was read (formats page of Session config messages, section 6.3)."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import ConversationKind, Noun
from .fields import GROUP, LEGACY_GROUP, PERSON, Fields
from .message import Tree
from .rooms import rooms


class ConvoInfo(Noun, frozen=True, kw_only=True):
    """Up to when a conversation was read, in milliseconds. Old ones drop out: this is no list of all conversations.

    `id` is that of a person or group, or for a community the address of the room, whose server has `server_key`.
    """

    id: str
    kind: ConversationKind
    last_read: int | None = None
    unread: bool = False
    server_key: str | None = None


def conversations_of(data: Tree) -> tuple[ConvoInfo, ...]:
    """Every conversation that was read or marked lately."""
    return tuple(_all(Fields(data)))


def _all(fields: Fields) -> Iterator[ConvoInfo]:
    for key, prefix, kind in (
        (b"1", PERSON, ConversationKind.DIRECT),
        (b"g", GROUP, ConversationKind.GROUP),
        (b"C", LEGACY_GROUP, ConversationKind.LEGACY_GROUP),
    ):
        for id, entry in fields.by_id(key, prefix):
            yield _info(id, kind, entry)
    for server, server_key, token, entry in rooms(fields.below(b"o")):
        yield _info(f"{server}/{token}", ConversationKind.COMMUNITY, entry, server_key)


def _info(id: str, kind: ConversationKind, entry: Fields, server_key: str | None = None) -> ConvoInfo:
    return ConvoInfo(
        id=id, kind=kind, last_read=entry.milliseconds(b"r"), unread=entry.flag(b"u"), server_key=server_key
    )
