"""Takes messages into the archive: new ones, changed ones, and copies of what another source already gave."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgspec.structs import replace

from ..identity import next_id
from ..model import Direction, Loss, Message, MessageKind
from . import merge
from .index import BY_ROW, index, reindex
from .read import MESSAGE_COLUMNS, message_from_row
from .store import Store, as_json

# Most messages are text and nothing else: they are written with the columns that every message has.
_EVERY = (
    "n, id, conversation, sender, direction, sent_at, received_at, kind, body, source, native_id, digest, server_hash,"
    " server_id"
)
COLUMNS = f"{_EVERY}, edited, deleted, failed, quote, reactions, attachments, preview, mentions, expires, details"
NAMES = COLUMNS.split(", ")
_COMMON = len(_EVERY.split(", "))
_INSERT_PLAIN = f"INSERT OR IGNORE INTO messages ({_EVERY}) VALUES ({','.join('?' * _COMMON)})"
_INSERT = f"INSERT OR IGNORE INTO messages ({COLUMNS}) VALUES ({','.join('?' * len(NAMES))})"
_SELECT = (
    f"SELECT {MESSAGE_COLUMNS}, c.id FROM messages m JOIN sources s ON s.n = m.source"
    " JOIN conversations c ON c.n = m.conversation WHERE"
)

# sqlite3 binds plain strings much faster than members of an enum.
_TEXT: dict[str, str] = {member: member.value for enum in (Direction, MessageKind) for member in enum}


class Entry(NamedTuple):
    """A message on its way into the archive, with the row of the source that it came from.

    `digest` None means: read the row again next time, something of it is still missing.
    """

    native_id: str
    digest: int | None
    message: Message
    losses: tuple[Loss, ...] = ()


@dataclass(slots=True)
class _Chain:
    """The messages that share an author and a millisecond: those still without a row of this source, the free id."""

    candidates: list[tuple[int, Message]]
    free: str


class Intake:
    """The door of the archive for the messages of one source. Call inside `with store.transaction():`."""

    def __init__(self, store: Store, source: int) -> None:
        self._store = store
        self._source = source
        self._next = store.one("SELECT coalesce(max(n), 0) FROM messages") + 1
        self._is_new = store.con.execute("SELECT state FROM sources WHERE n = ?", (source,)).fetchone() == (None,)
        if self._is_new and store.one("SELECT EXISTS (SELECT 1 FROM messages)"):
            self._is_new = False  # an earlier run was interrupted, or other sources were read: then look closely
        self._digests = array("q") if self._is_new else self._known_digests()
        self._by_row = False
        self._chains: dict[str, _Chain] = {}
        self.new = 0
        self.updated = 0

    def is_known(self, digest: int) -> bool:
        """Whether the archive has a row of this source exactly as it is now."""
        place = bisect_left(self._digests, digest)
        return place < len(self._digests) and self._digests[place] == digest

    def _known_digests(self) -> array[int]:
        """In order, at eight bytes each: a million messages take no more than a picture."""
        rows = self._store.con.execute(
            "SELECT digest FROM messages WHERE source = ? AND digest IS NOT NULL UNION ALL"
            " SELECT digest FROM copies WHERE source = ? AND digest IS NOT NULL ORDER BY digest",
            (self._source, self._source),
        )
        return array("q", (digest for (digest,) in rows))

    def _seen(self, native_ids: list[str]) -> dict[str, tuple[int, int | None]]:
        """The number and digest of the messages of these rows."""
        if self._is_new:
            return {}
        if not self._by_row:
            self._store.write(BY_ROW, ())
            self._by_row = True
        marks = ",".join("?" * len(native_ids))
        return {
            native_id: (n, digest)
            for native_id, n, digest in self._store.con.execute(
                f"SELECT native_id, n, digest FROM messages WHERE source = ? AND native_id IN ({marks}) UNION ALL"
                f" SELECT native_id, message, digest FROM copies WHERE source = ? AND native_id IN ({marks})",
                (self._source, *native_ids) * 2,
            )
        }

    def add(self, entries: Sequence[Entry]) -> None:
        """Add messages, or what is new about them. Losses of a row replace those of its last reading."""
        seen = self._seen([entry.native_id for entry in entries])
        fresh: list[Entry] = []
        for entry in entries:
            known = seen.get(entry.native_id)
            if known is None:
                fresh.append(entry)
            else:
                self._update(known[0], entry.message)
                if known[1] != entry.digest:
                    self._set_digest(entry)
        for entry in self._insert(fresh):
            self._match(entry)
        losses = [loss for entry in entries for loss in entry.losses]
        if losses or not self._is_new:
            self._store.put_losses(self._source, losses, [entry.native_id for entry in entries])

    def _set_digest(self, entry: Entry) -> None:
        for table in ("messages", "copies"):
            self._store.write(
                f"UPDATE {table} SET digest = ? WHERE source = ? AND native_id = ?",
                (entry.digest, self._source, entry.native_id),
            )

    def _insert(self, entries: list[Entry]) -> list[Entry]:
        """Insert what has an id of its own, which is nearly always everything; returns the rest."""
        if not entries:
            return []
        first = self._next
        self._next += len(entries)
        rows = [self._columns(n, self._source, entry.digest, entry.message) for n, entry in enumerate(entries, first)]
        before = self._store.con.total_changes
        self._store.write_many(_INSERT_PLAIN, [row for row in rows if len(row) == _COMMON])
        self._store.write_many(_INSERT, [row for row in rows if len(row) > _COMMON])
        count = self._store.con.total_changes - before
        self.new += count
        numbered = list(enumerate(entries, first))
        if count == len(entries):
            index(self._store, [(n, entry.message) for n, entry in numbered])
            return []
        added = {n for (n,) in self._store.con.execute("SELECT n FROM messages WHERE n >= ?", (first,))}
        index(self._store, [(n, entry.message) for n, entry in numbered if n in added])
        return [entry for n, entry in numbered if n not in added]

    def _match(self, entry: Entry) -> None:
        """Find the message that this one is a copy of, or add it under the next free id.

        Two rows of one source are never the same message. Among the rows of other sources with this author
        and time the likeliest is taken (docs/formats.md, "Merging").
        """
        message = entry.message
        chain = self._chains.get(message.id) or self._chain(message.id)
        best: tuple[int, int] | None = None
        for place, (_, other) in enumerate(chain.candidates):
            likeness = merge.likeness(other, message)
            if likeness and (best is None or likeness > best[0]):
                best = (likeness, place)
                if likeness >= merge.CERTAIN:
                    break
        if best is not None:
            n, other = chain.candidates.pop(best[1])
            self._replace(n, other, merge.joined(other, message))
            self._store.write(
                "INSERT INTO copies VALUES (?, ?, ?, ?)", (self._source, entry.native_id, entry.digest, n)
            )
            return
        row = self._columns(self._next, self._source, entry.digest, replace(message, id=chain.free))
        self._store.write(_INSERT_PLAIN if len(row) == _COMMON else _INSERT, row)
        index(self._store, [(self._next, message)])
        self._next += 1
        self.new += 1
        chain.free = next_id(chain.free)
        self._chains[message.id] = chain

    def _chain(self, id: str) -> _Chain:
        """Look up a chain once; it is kept only if it can be long, so that a flood of equal times costs little."""
        first, candidates = id, []
        while row := self._store.con.execute(
            _SELECT + " m.id = ?",
            (id,),
        ).fetchone():
            n, source = row[0], self._store.one("SELECT source FROM messages WHERE n = ?", row[0])
            if source != self._source and not self._store.one(
                "SELECT EXISTS (SELECT 1 FROM copies WHERE message = ? AND source = ?)", n, self._source
            ):
                candidates.append((n, message_from_row(row[:-1], row[-1])))
            id = next_id(id)
        chain = _Chain(candidates, id)
        if len(candidates) > 1:
            self._chains[first] = chain
        return chain

    def _update(self, n: int, message: Message) -> None:
        row = self._store.con.execute(_SELECT + " m.n = ?", (n,)).fetchone()
        old = message_from_row(row[:-1], row[-1])
        is_origin = old.origin.native_id == message.origin.native_id
        self._replace(n, old, merge.newer(old, message) if is_origin else merge.joined(old, message))

    def _replace(self, n: int, old: Message, new: Message) -> None:
        if old == new:
            return
        source, digest = self._store.con.execute("SELECT source, digest FROM messages WHERE n = ?", (n,)).fetchone()
        columns = _full(self._columns(n, source, digest, new))
        self._store.write(f"UPDATE messages SET {', '.join(f'{name} = ?' for name in NAMES)} WHERE n = {n:d}", columns)
        reindex(self._store, n, old, new)
        self.updated += 1

    def _columns(self, n: int, source: int, digest: int | None, m: Message) -> tuple[Any, ...]:
        """The values of `_EVERY`, and of all `COLUMNS` if the message has any of the others."""
        conversation = self._store.conversation_number(m.conversation)
        self._store.touch(conversation)
        origin = m.origin
        every = (
            n,
            m.id,
            conversation,
            m.sender,
            _TEXT[m.direction],
            m.sent_at,
            m.received_at,
            _TEXT[m.kind],
            m.body,
            source,
            origin.native_id,
            digest,
            origin.server_hash,
            origin.server_id,
        )
        has_more = m.reactions or m.attachments or m.mentions or m.edited or m.deleted or m.failed
        if not has_more and m.quote is None and m.preview is None and m.expires is None and m.details is None:
            return every
        flags = (int(m.edited), int(m.deleted), int(m.failed))
        parts = (m.quote, m.reactions, m.attachments, m.preview, m.mentions, m.expires, m.details)
        return (*every, *flags, *map(as_json, parts))


def _full(columns: tuple[Any, ...]) -> tuple[Any, ...]:
    return columns if len(columns) > _COMMON else (*columns, 0, 0, 0, *[None] * 7)
