"""Finds messages in an archive, by words, in any script."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ..model import Conversation, Message
from .index import told
from .read import MESSAGE_COLUMNS, Archive, message_from_row
from .words import ALONE, query, words

HIT, END = "\x01", "\x02"
SNIPPET = 160


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One message that was found; in `snippet`, `HIT` and `END` stand around what matches."""

    message: Message
    conversation: Conversation
    snippet: str


def search(
    archive: Archive,
    text: str,
    *,
    conversations: frozenset[str] | None = None,
    senders: frozenset[str] | None = None,
    since: int | None = None,
    until: int | None = None,
) -> Iterator[Hit]:
    """All messages with all the words of `text`, newest first, as a stream. `since` <= time < `until`, in ms."""
    wanted = query(text)
    if not wanted:
        return
    terms = words(text)
    places = {n: c for n, c in archive.numbered_conversations() if conversations is None or c.id in conversations}
    rows = archive.con.execute(
        f"SELECT {MESSAGE_COLUMNS}, conversation FROM messages m JOIN sources s ON s.n = m.source"
        " WHERE m.n IN (SELECT rowid FROM messages_fts WHERE messages_fts MATCH ?)"
        " AND sent_at >= ? AND sent_at < ? ORDER BY sent_at DESC, m.id",
        (wanted, -(1 << 62) if since is None else since, (1 << 62) if until is None else until),
    )
    for *row, n in rows:
        if n in places and (senders is None or row[2] in senders):
            message = message_from_row(tuple(row), places[n].id)
            yield Hit(message=message, conversation=places[n], snippet=snippet(told(message), terms))


_pieces = re.compile(f"([{ALONE}])|([^\\s{ALONE}]+)")


def snippet(text: str, terms: list[str]) -> str:
    """A piece of `text` around the first word that matches one of `terms`, matches marked, on one line."""
    first, marked, last = None, [], 0
    for match in _pieces.finditer(text):
        found = words(match.group())
        if any(word.startswith(term) for word in found for term in terms):
            first = match.start() if first is None else first
            if match.start() > first + SNIPPET:
                break
            marked += [text[last : match.start()], HIT, match.group(), END]
            last = match.end()
    start = max(0, (first or 0) - SNIPPET // 3)
    whole = "".join(marked) + text[last : max(last, start) + SNIPPET]
    cut = " ".join(whole[start:].split())
    return ("…" if start else "") + cut + ("…" if len(text) > max(last, start) + SNIPPET else "")
