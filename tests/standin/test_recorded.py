"""The stand-in's rooms over the database of a real community server give the answers that this server gave."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from migrate.standin.rooms import Message, Room

ADMIN = "152dc23478cd6127b799d7eac7f5b81e0df22e51f1f7a35998e7d43250e1b5fe76"
_NAMES = ("posted", "seqno", "created", "seqno_data", "seqno_reactions", "edited")
_MESSAGES = """
    SELECT room, id, "user", data, data_size, signature, whisper, whisper_mods, filtered,
        posted, seqno, seqno_creation, seqno_data, seqno_reactions, edited FROM messages ORDER BY id
"""
_REACTIONS = """
    SELECT message, reactions.reaction, "user", at FROM user_reactions JOIN reactions
        ON reactions.id = user_reactions.reaction ORDER BY reactions.id, at, user_reactions.rowid
"""


@pytest.fixture(scope="module")
def kept(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Room]:
    """The rooms of the real server, out of its own database."""
    copy = tmp_path_factory.mktemp("sogs") / "sogs.db"
    copy.write_bytes((samples / "sogs" / "sogs.db").read_bytes())
    with closing(sqlite3.connect(copy)) as db:
        users = dict(db.execute("SELECT id, session_id FROM users").fetchall())
        rooms = {id: Room(token, name) for id, token, name in db.execute("SELECT id, token, name FROM rooms")}
        found: dict[int, Message] = {}
        for room, id, user, data, size, signature, whisper, mods, filtered, *more in db.execute(_MESSAGES):
            padded = None if data is None else _padded(data, size or 0)
            numbers: dict[str, Any] = dict(zip(_NAMES, more, strict=True))
            message = Message(id=id, author=users[user], data=padded, signature=signature or b"", **numbers)
            message.whisper_to = users[whisper] if whisper is not None else "moderators" if mods else None
            message.filtered = bool(filtered)
            found[id] = rooms[room].messages[id] = message
        for number, emoji, user, at in db.execute(_REACTIONS):
            found[number].reactions.setdefault(emoji, {})[users[user]] = at
    return {room.token: room for room in rooms.values()}


def _padded(data: bytes, size: int) -> bytes:
    return data if size <= len(data) else (data + b"\x80").ljust(size, b"\0")


def test_over_the_same_rooms_it_answers_what_the_real_server_answered(kept: dict[str, Room], samples: Path) -> None:
    """Formats page of communities, section 5: pages of changes, of the newest, and backwards."""
    compared = 0
    with gzip.open(samples / "sogs" / "http.jsonl.gz", "rt", encoding="utf-8") as lines:
        recorded = [one for one in map(json.loads, lines) if "/messages/" in one["path"] and one["status"] == 200]
    for one in recorded:
        if one["as"] == ADMIN:
            continue  # moderators hear whispers to all of them, which the stand-in does not have
        found = re.fullmatch(r"/room/([\w-]+)/messages/(\w+)/?([0-9]*)\?(.*)", one["path"])
        assert found
        room, query = kept[found[1]], dict(part.split("=") for part in found[4].split("&"))
        limit, reactors = int(query["limit"]), int(query.get("reactors", 4))
        if found[2] == "since":
            answered = room.since(int(found[3]), one["as"], limit, reactors, felt="t" in query)
        else:
            answered = room.before(int(found[3]) if found[3] else None, one["as"], limit, reactors)
        assert [_plain(row) for row in answered] == [_plain(row) for row in one["json"]]
        compared += len(answered)
    assert compared > 2_000


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row without whether moderators hear a whisper too, which the stand-in does not keep."""
    return {key: value for key, value in row.items() if key != "whisper_mods"}
