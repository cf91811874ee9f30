"""Rows of which the columns, the JSON, the text or the time is not what it should be."""

from __future__ import annotations

import json

from migrate.demo import ProfileBuilder
from migrate.demo.shapes import Fields, stringify

from .defects import Damage


def row_of(profile: ProfileBuilder, damage: Damage, at: int, **changes: object) -> Fields:
    """The columns of an ordinary incoming message."""
    return {
        "id": profile.native_id(),
        "conversationId": damage.friend,
        "source": damage.friend,
        "type": "incoming",
        "body": "from the columns",
        "sent_at": at,
        "received_at": at + 500,
    } | changes


def _message(profile: ProfileBuilder, damage: Damage, defect: str, **changes: object) -> str:
    """A row whose JSON is well-formed and agrees with its columns, but for the changes."""
    row = row_of(profile, damage, profile.now + len(damage.messages) * 60_000)
    fields = row | {"body": defect, "direction": "incoming", "attachments": [], "preview": []} | changes
    columns = {name: value for name, value in fields.items() if name in (*row, "isDeleted", "errors")}
    columns = {name: None if isinstance(value, dict | list) else value for name, value in columns.items()}
    id = profile.raw_message(stringify(fields), **columns)
    damage.messages[defect] = id
    return id


def _broken_json(profile: ProfileBuilder, damage: Damage) -> None:
    """The row can be told from its columns alone."""
    texts: dict[str, str | None] = {
        "broken json": '{"id":"x","body":"hal',
        "null json": None,
        "empty json": "",
        "json is a list": "[1,2,3]",
        "json is a text": '"hello"',
        "json is null": "null",
        "json is an empty object": "{}",
        "json is nested too deep": "[" * 100_000,
    }
    for number, (defect, text) in enumerate(texts.items()):
        row = row_of(profile, damage, profile.now - 900_000 + number * 1000)
        damage.messages[defect] = profile.raw_message(text, **row)
    row = row_of(profile, damage, profile.now - 800_000)
    binary = profile.raw_message(None, **row)
    profile.execute("UPDATE messages SET json = CAST(? AS TEXT) WHERE id = ?", (b'{"body":"\xff\xfe"}', binary))
    damage.messages["json is not utf-8"] = binary
    empty = profile.raw_message(None, conversationId=damage.friend)
    damage.messages["everything null"] = empty


def _odd_values(profile: ProfileBuilder, damage: Damage) -> None:
    """JSON that can be read, with one part of the wrong shape: that part alone is lost."""
    picture = {"contentType": "image/png"}
    parts: dict[str, Fields] = {
        "attachments is a text": {"attachments": "none"},
        "attachments holds numbers": {"attachments": [1, None, "x"]},
        "attachment without a path": {"attachments": [picture]},
        "attachment path is a number": {"attachments": [picture | {"path": 7}]},
        "attachment size is a text": {"attachments": [picture | {"size": "big", "pending": 1}]},
        "senders is null": {"reacts": {"👍": {"count": 2, "senders": None}}},
        "senders holds numbers": {"reacts": {"👍": {"count": "two", "senders": [1, damage.friend]}}},
        "reacts is a list": {"reacts": [1]},
        "reaction is a number": {"reacts": {"👍": 3}},
        "quote is a text": {"quote": "yesterday"},
        "quote without an author": {"quote": {"timestamp": profile.now}},
        "quote of the old shape": {"quote": {"id": str(profile.now), "author": damage.friend, "text": "as it was"}},
        "preview is an object": {"preview": {"url": "https://example.org"}},
        "preview without a url": {"preview": [{"title": "no address"}]},
        "preview image is a text": {"preview": [{"url": "https://example.org/", "title": "t", "image": "x"}]},
        "group update is a text": {"group_update": "joined", "body": None},
        "group update joined is null": {"group_update": {"joined": None}, "body": None},
        "timer is a number": {"expirationTimerUpdate": 5, "body": None},
        "timer seconds are a text": {"expirationTimerUpdate": {"expireTimer": "long"}, "body": None},
        "invitation without a name": {"groupInvitation": {"url": "https://example.org/room"}},
        "body is a number": {"body": 12},
        "body is an object": {"body": {"text": "x"}},
        "unknown call": {"callNotificationType": "hologram", "body": None},
        "deleted in json only": {"body": "", "isDeleted": True},
        "failed as old versions wrote it": {"errors": '[{"name":"SendMessageNetworkError"}]', "type": "outgoing"},
        "unknown type": {"type": "banana", "direction": "banana"},
        "no type": {"type": "", "direction": ""},
        "unknown fields": {"hologram": {"x": [1, {"y": None}]}, "schemaVersion": 10},
    }
    for defect, changes in parts.items():
        _message(profile, damage, defect, **changes)
    profile.execute("UPDATE messages SET isDeleted = NULL WHERE id = ?", (damage.messages["deleted in json only"],))
    deleted = _message(profile, damage, "deleted in the column only")
    profile.execute("UPDATE messages SET isDeleted = 2 WHERE id = ?", (deleted,))
    flags = _message(profile, damage, "flags are the text FALSE")
    profile.execute("UPDATE messages SET isDeleted = 'FALSE', unread = 'FALSE', sent = 'FALSE' WHERE id = ?", (flags,))


def _texts(profile: ProfileBuilder, damage: Damage) -> None:
    """Text that no terminal, page or JSON writer likes."""
    bodies = {
        "lone surrogate": "broken \ud83d heart",
        "null character": "be\0fore",
        "bidi override": "safe\u202egnp.exe",
        "bidi marks": "\u2066hidden\u2069\u200f",
        "markup": "<img src=x onerror=alert(1)><script>alert(2)</script>",
        "line ends": "one\r\ntwo\rthree\u2028four",
        "control characters": "bell\x07 escape\x1b[31m red",
        "very long": "word " * 40_000,
        "only blanks": " \n\t ",
    }
    for name, body in bodies.items():
        at = profile.now + 10_000_000 + len(damage.messages)
        damage.messages[f"body: {name}"] = profile.message(damage.friend, damage.friend, body, at)
    row = row_of(profile, damage, profile.now + 11_000_000)
    broken = profile.raw_message("{broken", **row)
    profile.execute("UPDATE messages SET body = CAST(? AS TEXT) WHERE id = ?", (b"caf\xe9 \xff ok", broken))
    damage.messages["body is not utf-8"] = broken


def _times(profile: ProfileBuilder, damage: Damage) -> None:
    """Times as numbers that are none, in column and JSON alike."""
    times: dict[str, object] = {
        "float": profile.now + 0.75,
        "zero": 0,
        "negative": -5_000,
        "seconds": profile.now // 1000,
        "beyond the year 9999": 300_000_000_000_000,
        "huge": 2**63 - 1,
        "larger than any integer": 1e300,
        "a number as text": str(profile.now),
        "a word": "yesterday",
        "null": None,
        "true": True,
    }
    for name, value in times.items():
        row = row_of(profile, damage, 0) | {"sent_at": value, "received_at": None, "body": f"time: {name}"}
        damage.messages[f"time: {name}"] = profile.raw_message(stringify(row), **row)
    for name, text, number in (("nan", "NaN", "nan"), ("infinity", "Infinity", 9e999), ("1e999", "1e999", 9e999)):
        row = row_of(profile, damage, 0) | {"sent_at": number, "received_at": None, "body": f"time: {name}"}
        json_text = json.dumps(row | {"sent_at": 0}).replace('"sent_at": 0', f'"sent_at": {text}')
        damage.messages[f"time: {name}"] = profile.raw_message(json_text, **row)


ALL = (_broken_json, _odd_values, _texts, _times)
