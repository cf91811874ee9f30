"""Reads an archive back as nouns: the one way in for everything that is written from `archive.sqlite`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import msgspec

from ..model import (
    Account,
    Attachment,
    Contact,
    Conversation,
    ConversationKind,
    Direction,
    Expiry,
    Json,
    Loss,
    Message,
    MessageKind,
    Origin,
    Preview,
    Quote,
    Reaction,
    Relation,
)
from . import database

if TYPE_CHECKING:
    from sqlite3 import Connection

_ids = msgspec.json.Decoder(tuple[str, ...])
_details = msgspec.json.Decoder(dict[str, Json])

_KINDS = {str(kind): kind for kind in MessageKind}
_DIRECTIONS = {str(direction): direction for direction in Direction}


class Archive:
    """An archive as its readers see it: account, contacts, conversations, and messages as a stream.

    Open with `Archive.at(folder)` in a `with` block, or wrap the writer's own connection.
    """

    def __init__(self, folder: Path, con: Connection) -> None:
        self.folder = folder
        self.con = con

    @classmethod
    def at(cls, folder: Path) -> Archive:
        return cls(folder, database.open_to_read(folder))

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.con.close()

    def account(self) -> Account:
        """Whose archive this is."""
        meta = dict(self.con.execute("SELECT key, value FROM meta"))
        return Account(
            id=meta.get("account_id") or "", name=meta.get("account_name"), avatar=meta.get("account_avatar")
        )

    def contacts(self) -> list[Contact]:
        """Everybody whose name is known: contacts first, then by name; acquaintances last."""
        rows = self.con.execute(
            "SELECT id, name, nickname, display, avatar, first_seen_at, last_seen_at, message_count, real_id,"
            " relation, approved, approved_me, blocked FROM contacts"
        )
        order = {relation: place for place, relation in enumerate(Relation)}
        contacts = [
            Contact(
                id=id,
                name=name,
                nickname=nickname,
                display=display,
                avatar=avatar,
                first_seen_at=first,
                last_seen_at=last,
                message_count=count,
                real_id=real_id,
                relation=Relation(relation),
                approved=bool(flags[0]),
                approved_me=bool(flags[1]),
                blocked=bool(flags[2]),
            )
            for id, name, nickname, display, avatar, first, last, count, real_id, relation, *flags in rows
        ]
        return sorted(contacts, key=lambda c: (order[c.relation], c.display.casefold(), c.id))

    def conversations(self) -> list[Conversation]:
        """All conversations, the one with the newest message first, empty ones last."""
        return [conversation for _, conversation in self.numbered_conversations()]

    def numbered_conversations(self) -> list[tuple[int, Conversation]]:
        """The same, each with its number in the `messages` table."""
        rows = self.con.execute(
            "SELECT n, id, kind, title, members, admins, message_count, first_message_at, last_message_at, file,"
            " avatar, details FROM conversations ORDER BY last_message_at IS NULL, last_message_at DESC, id"
        )
        return [
            (
                n,
                Conversation(
                    id=id,
                    kind=ConversationKind(kind),
                    title=title,
                    members=_ids.decode(members) if members else (),
                    admins=_ids.decode(admins) if admins else (),
                    message_count=count,
                    first_message_at=first,
                    last_message_at=last,
                    file=file,
                    avatar=avatar,
                    details=_details.decode(details) if details else None,
                ),
            )
            for n, id, kind, title, members, admins, count, first, last, file, avatar, details in rows
        ]

    def messages(self, conversation: int, id: str) -> Iterator[tuple[int, Message]]:
        """The messages of one conversation with their numbers, in the order of `sent_at`, then `id`."""
        rows = self.con.execute(
            f"SELECT {MESSAGE_COLUMNS} FROM messages m JOIN sources s ON s.n = m.source"
            " WHERE conversation = ? ORDER BY sent_at, m.id",
            (conversation,),
        )
        for row in rows:
            yield row[0], message_from_row(row, id)

    def losses(self) -> Iterator[tuple[str, Loss]]:
        """Everything that could not be had, with the label of its source."""
        rows = self.con.execute(
            "SELECT s.label, subject, l.kind, reason, conversation, name, severity FROM losses l"
            " JOIN sources s ON s.n = l.source ORDER BY s.n, severity DESC, conversation, l.kind, subject, name"
        )
        for label, subject, kind, reason, conversation, name, severity in rows:
            yield (
                label,
                Loss(
                    subject=subject,
                    kind=kind,
                    reason=reason,
                    conversation=conversation,
                    name=name,
                    severity=severity,
                ),
            )


# Most messages are text and nothing else: what few of them have comes as one JSON list, or not at all.
MESSAGE_COLUMNS = (
    "m.n, m.id, sender, direction, sent_at, received_at, m.kind, body, s.kind, native_id, server_hash, server_id,"
    " CASE WHEN coalesce(quote, reactions, attachments, preview, mentions, expires, m.details) IS NULL"
    " AND edited + deleted + failed = 0 THEN NULL ELSE json_array(edited, deleted, failed, json(quote),"
    " json(coalesce(reactions, '[]')), json(coalesce(attachments, '[]')), json(preview),"
    " json(coalesce(mentions, '[]')), json(expires), json(m.details)) END"
)


class _Rare(msgspec.Struct, array_like=True, gc=False):
    edited: int
    deleted: int
    failed: int
    quote: Quote | None
    reactions: tuple[Reaction, ...]
    attachments: tuple[Attachment, ...]
    preview: Preview | None
    mentions: tuple[str, ...]
    expires: Expiry | None
    details: dict[str, Json] | None


_rare = msgspec.json.Decoder(_Rare)


def message_from_row(row: tuple[Any, ...], conversation: str) -> Message:
    """A row of `MESSAGE_COLUMNS` as a noun."""
    _, id, sender, direction, sent_at, received_at, kind, body, source, native_id, server_hash, server_id, rare = row
    origin = Origin(source=source, native_id=native_id, server_hash=server_hash, server_id=server_id)
    if rare is None:
        return Message(
            id=id,
            conversation=conversation,
            sender=sender,
            direction=_DIRECTIONS[direction],
            sent_at=sent_at,
            received_at=received_at,
            kind=_KINDS[kind],
            body=body,
            origin=origin,
        )
    more = _rare.decode(rare)
    return Message(
        id=id,
        conversation=conversation,
        sender=sender,
        direction=_DIRECTIONS[direction],
        sent_at=sent_at,
        received_at=received_at,
        kind=_KINDS[kind],
        body=body,
        quote=more.quote,
        reactions=more.reactions,
        attachments=more.attachments,
        preview=more.preview,
        mentions=more.mentions,
        edited=bool(more.edited),
        deleted=bool(more.deleted),
        failed=bool(more.failed),
        expires=more.expires,
        details=more.details,
        origin=origin,
    )
