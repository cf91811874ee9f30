from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from migrate.demo import grow

from .opening import decrypted, everything, file_key, opened


def test_a_grown_profile_holds_exactly_what_it_says(tmp_path: Path) -> None:
    grown = grow(tmp_path, messages=2500, conversations=40, attachments=7)
    db = opened(tmp_path)
    rows = db.execute("SELECT conversationId, count(*) FROM messages GROUP BY conversationId").fetchall()
    assert dict(rows) == {id: count for id, count in grown.messages.items() if count}
    assert sum(grown.messages.values()) == 2500
    assert len(grown.messages) == 40
    assert len(grown.attachments) == 7
    key = file_key(db)
    for path, (size, digest) in grown.attachments.items():
        plain = decrypted((tmp_path / "attachments.noindex" / path).read_bytes(), key)
        assert (len(plain), sha256(plain).hexdigest()) == (size, digest)


def test_a_grown_profile_can_be_read_in_time_order_and_searched(tmp_path: Path) -> None:
    grow(tmp_path, messages=300, conversations=3)
    db = opened(tmp_path)
    query = "SELECT id FROM messages WHERE conversationId = ? ORDER BY sort_timestamp_full"
    plan = str(db.execute("EXPLAIN QUERY PLAN " + query, ("x",)).fetchall())
    assert "sort_timestamp_full_conversation_index" in plan
    assert db.execute("SELECT count(*) FROM messages_fts WHERE messages_fts MATCH 'lantern'").fetchone()[0] > 5
    assert db.execute("SELECT count(*) FROM messages WHERE sort_timestamp_full IS NULL").fetchone() == (0,)


def test_growing_twice_gives_the_same(tmp_path: Path) -> None:
    for name in ("first", "second"):
        grow(tmp_path / name, messages=200, conversations=5, attachments=2)
    assert everything(opened(tmp_path / "first")) == everything(opened(tmp_path / "second"))
