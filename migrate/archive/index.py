"""Ties the archive together after messages came in: what quotes point at, what counts say, what search finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..model import Attachment, Preview
from .words import fold

if TYPE_CHECKING:
    from sqlite3 import Connection

    from .store import Store

_attachments = msgspec.json.Decoder(tuple[Attachment, ...])
_preview = msgspec.json.Decoder(Preview)
QUOTE_TEXT = 1000
BY_ROW = "CREATE INDEX IF NOT EXISTS messages_by_row ON messages (source, native_id)"


def searchable(body: str | None, attachments: str | None, preview: str | None) -> str | None:
    """The words people can find a message by: its text, the names of its files, the title of its link."""
    parts = [body] if body else []
    if attachments:
        parts += [text for a in _attachments.decode(attachments) for text in (a.name, a.caption) if text]
    if preview:
        title = _preview.decode(preview).title
        parts += [title] if title else []
    return fold(" \n".join(parts)) if parts else None


def reindex(store: Store, n: int, old: str | None, new: str | None) -> None:
    """Have a changed message found by its new words only. The index keeps no text, so it is told the old one."""
    if old == new:
        return
    if old:
        store.write("INSERT INTO messages_fts (messages_fts, rowid, words) VALUES ('delete', ?, ?)", (n, old))
    if new:
        store.write("INSERT INTO messages_fts (rowid, words) VALUES (?, ?)", (n, new))


def finish(store: Store) -> None:
    """Bring quotes, counts and the search index up to date with the messages. One transaction, repeatable."""
    with store.transaction():
        if not store.one("SELECT EXISTS (SELECT 1 FROM stale)"):
            return
        store.con.execute("CREATE INDEX IF NOT EXISTS messages_by_time ON messages (conversation, sent_at, id)")
        store.con.execute(BY_ROW)
        _resolve_quotes(store)
        _count(store)
        _index_words(store.con)


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


def _index_words(con: Connection) -> None:
    """Put new messages into the full-text index, in one go: several times faster than one by one."""
    done = con.execute("SELECT coalesce((SELECT value FROM meta WHERE key = 'indexed_to'), 0) + 0").fetchone()[0]
    last = con.execute("SELECT coalesce(max(n), 0) FROM messages").fetchone()[0]
    if last == done:
        return
    con.create_function("searchable", 3, searchable, deterministic=True)
    con.create_function("fold", 1, fold, deterministic=True)
    con.execute(
        "INSERT INTO messages_fts (rowid, words) SELECT n, words FROM (SELECT n, CASE WHEN attachments IS NULL AND"
        " preview IS NULL THEN fold(body) ELSE searchable(body, attachments, preview) END AS words FROM messages"
        " WHERE n > ? AND (body <> '' OR attachments IS NOT NULL OR preview IS NOT NULL)) WHERE words IS NOT NULL",
        (done,),
    )
    con.execute("INSERT OR REPLACE INTO meta VALUES ('indexed_to', ?)", (str(last),))
