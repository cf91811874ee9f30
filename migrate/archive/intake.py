"""Takes messages into the archive: new ones, changed ones, and copies of what another source already gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from ..identity import next_id
from ..model import Loss, Message
from . import merge
from .index import reindex, searchable
from .read import MESSAGE_COLUMNS, message_from_row
from .store import Store, as_json

COLUMNS = (
    "n, id, conversation, sender, direction, sent_at, received_at, kind, body, quote, reactions, attachments,"
    " preview, mentions, edited, deleted, failed, expires, details, source, native_id, server_hash, server_id"
)
NAMES = COLUMNS.split(", ")
_INSERT = f"INSERT INTO messages ({COLUMNS}) VALUES ({','.join('?' * 23)})"


class Entry(NamedTuple):
    """A message on its way into the archive, with the row of the source that it came from.

    `digest` None means: read the row again next time, something of it is still missing.
    """

    native_id: str
    digest: int | None
    message: Message
    losses: tuple[Loss, ...] = ()


class Intake:
    """The door of the archive for messages. Call inside `with store.transaction():`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next = store.one("SELECT coalesce(max(n), 0) FROM messages") + 1
        self.new = 0
        self.updated = 0

    def unread(self, source: int, rows: Sequence[tuple[str, int]]) -> set[str]:
        """Which of these rows (native id, digest) the archive does not have as they are now."""
        seen = dict(
            self._store.con.execute(
                f"SELECT native_id, digest FROM seen WHERE source = ? AND native_id IN ({','.join('?' * len(rows))})",
                (source, *(native_id for native_id, _ in rows)),
            )
        )
        return {native_id for native_id, digest in rows if seen.get(native_id) != digest}

    def add(self, source: int, entries: Sequence[Entry]) -> None:
        """Add messages, or what is new about them. Losses of a row replace those of its last reading."""
        if not entries:
            return
        marks = ",".join("?" * len(entries))
        known = {
            native_id: (n, digest)
            for native_id, n, digest in self._store.con.execute(
                f"SELECT native_id, message, digest FROM seen WHERE source = ? AND native_id IN ({marks})",
                (source, *(entry.native_id for entry in entries)),
            )
        }
        taken = {
            id
            for (id,) in self._store.con.execute(
                f"SELECT id FROM messages WHERE id IN ({marks})", tuple(entry.message.id for entry in entries)
            )
        }
        fresh: list[tuple[Any, ...]] = []
        seen: list[tuple[Any, ...]] = []
        for entry in entries:
            n = known[entry.native_id][0] if entry.native_id in known else None
            if n is None and entry.message.id not in taken:
                taken.add(entry.message.id)
                n = self._number()
                fresh.append(self._columns(n, source, entry.message))
            else:
                self._flush(fresh, seen)
                n = self._update(n, entry.message) if n is not None else self._match(source, entry.message)
            if (n, entry.digest) != known.get(entry.native_id):
                seen.append((source, entry.native_id, entry.digest, n))
        self._flush(fresh, seen)
        self._store.put_losses(
            source, [entry.native_id for entry in entries], [loss for entry in entries for loss in entry.losses]
        )

    def _flush(self, fresh: list[tuple[Any, ...]], seen: list[tuple[Any, ...]]) -> None:
        self._store.write_many(_INSERT, fresh)
        self._store.write_many("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)", seen)
        fresh.clear()
        seen.clear()

    def _match(self, source: int, message: Message) -> int:
        """Find the message that this one is a copy of, or add it under the next free id.

        Two rows of one source are never the same message. Among the rows of other sources with this author
        and time the likeliest is taken (docs/formats.md, "Merging").
        """
        best: tuple[int, int, Message] | None = None
        id = message.id
        while row := self._store.con.execute(
            f"SELECT {MESSAGE_COLUMNS}, c.id, EXISTS (SELECT 1 FROM seen WHERE message = m.n AND source = ?)"
            " FROM messages m JOIN sources s ON s.n = m.source JOIN conversations c ON c.n = m.conversation"
            " WHERE m.id = ?",
            (source, id),
        ).fetchone():
            *columns, conversation, has_row = row
            if not has_row:
                other = message_from_row(tuple(columns), conversation)
                likeness = merge.likeness(other, message)
                if likeness and (best is None or likeness > best[0]):
                    best = (likeness, columns[0], other)
            id = next_id(id)
        if best is None:
            n = self._number()
            self._store.write(_INSERT, self._columns(n, source, replace(message, id=id)))
            return n
        _, n, other = best
        self._replace(n, other, merge.joined(other, message))
        return n

    def _update(self, n: int, message: Message) -> int:
        row = self._store.con.execute(
            f"SELECT {MESSAGE_COLUMNS}, c.id FROM messages m JOIN sources s ON s.n = m.source"
            " JOIN conversations c ON c.n = m.conversation WHERE m.n = ?",
            (n,),
        ).fetchone()
        old = message_from_row(row[:-1], row[-1])
        is_origin = old.origin.native_id == message.origin.native_id
        self._replace(n, old, merge.newer(old, message) if is_origin else merge.joined(old, message))
        return n

    def _replace(self, n: int, old: Message, new: Message) -> None:
        if old == new:
            return
        source = self._store.one("SELECT source FROM messages WHERE n = ?", n)
        columns = self._columns(n, source, new)
        self._store.write(f"UPDATE messages SET {', '.join(f'{name} = ?' for name in NAMES)} WHERE n = {n:d}", columns)
        if n <= self._store.one("SELECT coalesce((SELECT value FROM meta WHERE key = 'indexed_to'), 0) + 0"):
            reindex(self._store, n, _text(self._columns(n, source, old)), _text(columns))
        self.updated += 1

    def _number(self) -> int:
        n, self._next = self._next, self._next + 1
        self.new += 1
        return n

    def _columns(self, n: int, source: int, m: Message) -> tuple[Any, ...]:
        conversation = self._store.conversation_number(m.conversation)
        self._store.touch(conversation)
        return (
            n,
            m.id,
            conversation,
            m.sender,
            m.direction.value,
            m.sent_at,
            m.received_at,
            m.kind.value,
            m.body,
            as_json(m.quote),
            as_json(m.reactions),
            as_json(m.attachments),
            as_json(m.preview),
            as_json(m.mentions),
            m.edited,
            m.deleted,
            m.failed,
            as_json(m.expires),
            as_json(m.details),
            source,
            m.origin.native_id,
            m.origin.server_hash,
            m.origin.server_id,
        )


def _text(columns: tuple[Any, ...]) -> str | None:
    body, attachments, preview = (columns[NAMES.index(name)] for name in ("body", "attachments", "preview"))
    return searchable(body, attachments, preview)
