"""Ties the archive together after messages came in: what quotes point at, what counts say, what search finds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..model import Message
from .words import fold

if TYPE_CHECKING:
    from .store import Store

QUOTE_TEXT = 1000
BY_ROW = "CREATE INDEX IF NOT EXISTS messages_by_row ON messages (source, native_id)"


def told(message: Message) -> str:
    """What people can find a message by: its text, the names of its files, the title of its link."""
    body = message.body or ""
    if not message.attachments and message.preview is None:
        return body
    parts = [body] if body else []
    parts += [text for a in message.attachments for text in (a.name, a.caption) if text]
    if message.preview and message.preview.title:
        parts.append(message.preview.title)
    return " \n".join(parts)


def index(store: Store, messages: Iterable[tuple[int, Message]]) -> None:
    """Have new messages found by their words."""
    rows = [(n, fold(text)) for n, message in messages if (text := told(message))]
    store.write_many("INSERT INTO messages_fts (rowid, words) VALUES (?, ?)", rows)


def reindex(store: Store, n: int, old: Message, new: Message) -> None:
    """Have a changed message found by its new words only. The index keeps no text, so it is told the old one."""
    if (before := told(old)) == told(new):
        return
    if before:
        forget = "INSERT INTO messages_fts (messages_fts, rowid, words) VALUES ('delete', ?, ?)"
        store.write(forget, (n, fold(before)))
    index(store, [(n, new)])


def finish(store: Store) -> None:
    """Bring quotes and counts up to date with the messages. One transaction, repeatable."""
    with store.transaction():
        if not store.one("SELECT EXISTS (SELECT 1 FROM stale)"):
            return
        store.con.execute("CREATE INDEX IF NOT EXISTS messages_by_time ON messages (conversation, sent_at, id)")
        _resolve_quotes(store)
        _count(store)


def _resolve_quotes(store: Store) -> None:
    """Find quoted messages by conversation and time, the quoted author first.

    Source: formats page of Session Desktop, section 6, `quote`. Times repeat, authors may be blinded.
    """
    open_quotes = store.con.execute(
        "SELECT n, conversation, json_extract(quote, '$.sent_at'), json_extract(quote, '$.author') FROM messages"
        " WHERE quote IS NOT NULL AND json_extract(quote, '$.message') IS NULL"
    ).fetchall()
    for n, conversation, sent_at, author in open_quotes:
        found = store.con.execute(
            "SELECT id, substr(body, 1, ?), length(body) FROM messages WHERE conversation = ? AND sent_at = ?"
            " AND n <> ? ORDER BY sender = ? DESC, kind = 'text' DESC, id LIMIT 1",
            (QUOTE_TEXT, conversation, sent_at, n, author),
        ).fetchone()
        if found:
            id, text, length = found
            store.con.execute(
                "UPDATE messages SET quote = json_set(quote, '$.message', ?, '$.text',"
                " coalesce(json_extract(quote, '$.text'), ?)) WHERE n = ?",
                (id, text + "…" if text and length > QUOTE_TEXT else text, n),
            )
            store.touch(conversation)


def _count(store: Store) -> None:
    con = store.con
    con.execute(
        "UPDATE conversations SET (message_count, first_message_at, last_message_at) = (SELECT count(*),"
        " min(nullif(sent_at, 0)), max(nullif(sent_at, 0)) FROM messages WHERE conversation = conversations.n)"
        " WHERE n IN (SELECT conversation FROM stale)"
    )
    con.execute("CREATE TEMP TABLE spoken AS SELECT sender AS id, min(nullif(sent_at, 0)) AS first,"
                " max(nullif(sent_at, 0)) AS last, count(*) AS count FROM messages GROUP BY sender")  # fmt: skip
    con.execute(
        "UPDATE contacts SET first_seen_at = s.first, last_seen_at = s.last, message_count = s.count FROM temp.spoken s"
        " WHERE s.id = contacts.id AND s.count <> contacts.message_count"
    )
    con.execute("DROP TABLE temp.spoken")
