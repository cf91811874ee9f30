"""Whatever lies in a row, it comes out as a message that can be written, with every loss named."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from migrate.model import ConversationKind, Direction
from migrate.sources.base import Found, Row
from migrate.sources.desktop.messages import MessageReader
from migrate.sources.desktop.rows import Columns
from migrate.sources.desktop.shapes import File, Written
from migrate.sources.desktop.values import LAST_MOMENT

ME, FRIEND, ROOM = "05" + "a" * 64, "05" + "b" * 64, "https://example.org/lobby"
READER = MessageReader(ME, {ME: ConversationKind.NOTE_TO_SELF, FRIEND: ConversationKind.DIRECT})

# Every character that JSON can hold, lone halves of surrogate pairs among them.
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just(2**70)
    | st.sampled_from([ME, FRIEND, ROOM, "incoming", "outgoing", "publicChat:room@https://server", "", "FALSE"]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(st.characters()), inside, max_size=3),
    max_leaves=8,
)  # fmt: skip
names = st.sampled_from([*Written.__struct_fields__, "unknown"])
parts = st.sampled_from(
    [*File.__struct_fields__, "timestamp", "id", "author", "text", "url", "title", "image", "count", "senders",
     "joined", "left", "name", "avatarChange", "type", "expireTimer", "expirationType", "source", "👍"]
)  # fmt: skip
nested = st.dictionaries(parts, anything, max_size=4)
fields = st.dictionaries(names, anything | nested | st.lists(nested, max_size=2), max_size=8)
columns = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.binary(max_size=40)
stored = st.fixed_dictionaries({name: columns for name in Columns._fields if name not in ("id", "json")})


def read(text: object, **values: object) -> Found:
    row = Columns(**(dict.fromkeys(Columns._fields) | {"id": b"n", "json": text} | values))
    return READER.read(Row("n", 1, tuple(row)))


def check(found: Found) -> None:
    message = found.message
    assert 0 <= message.sent_at <= LAST_MOMENT
    assert type(message.sent_at) is int
    assert message.conversation
    assert message.sender
    assert message.direction in Direction
    assert len(found.refs) == len(message.attachments)
    if message.direction is Direction.OUT:
        assert message.sender == ME
    # A lone surrogate or a number beyond 64 bits could not be written anywhere.
    assert msgspec.json.decode(msgspec.json.encode(message))["id"] == message.id
    for loss in found.losses:
        msgspec.json.encode(loss)
        assert loss.reason.endswith(".")
    for refs in found.refs:
        msgspec.json.encode([refs.file and refs.file.path, refs.thumbnail and refs.thumbnail.path])


@settings(max_examples=300, deadline=None)
@given(fields, stored)
@example({"reacts": {"\ud83d": {"count": 1, "senders": ["\ude00"]}}}, {})
@example({"attachments": [{"path": "\ud83d", "size": 2**70, "width": -1}]}, {})
@example({"sent_at": 1e308, "expires_at": -1, "serverId": 2**64}, {"sent_at": 9e999})
@example({"expirationTimerUpdate": {"expireTimer": 2**70}}, {})
@example({"interactionNotification": {"interactionType": {"a": "\ud83d"}}}, {})
@example({"conversationId": ROOM, "serverId": 7, "serverTimestamp": 5}, {})
def test_any_values_in_any_field(message: dict[str, Any], values: dict[str, object]) -> None:
    check(read(json.dumps(message).encode(), **values))


@settings(max_examples=200, deadline=None)
@given(anything, stored)
def test_any_json_that_is_no_message(value: Any, values: dict[str, object]) -> None:
    check(read(json.dumps(value).encode(), **values))


@settings(max_examples=300, deadline=None)
@given(columns, stored)
@example(b"[" * 200_000, {})
@example(b'{"a":' * 100_000, {})
@example(b'{"body":"' + b"\xff" * 9 + b'"}', {})
@example(b'{"sent_at":' + b"9" * 5000 + b"}", {})
@example(b"\xef\xbb\xbf{}", {})
def test_any_bytes_instead_of_json(text: object, values: dict[str, object]) -> None:
    check(read(text, **values))


def test_a_sound_message_has_no_loss_and_a_damaged_one_names_each_part_once() -> None:
    sound = {"conversationId": FRIEND, "source": FRIEND, "type": "incoming", "sent_at": 5, "body": "hi"}
    assert not read(json.dumps(sound).encode()).losses
    damaged = sound | {"quote": 1, "reacts": [], "read_by": {}, "expires_at": "soon"}
    assert [loss.name for loss in read(json.dumps(damaged).encode()).losses] == [
        "expires_at", "quote", "reacts", "read_by",
    ]  # fmt: skip


def test_a_column_stands_in_for_a_damaged_field_without_a_loss() -> None:
    damaged = {"conversationId": FRIEND, "source": FRIEND, "type": "incoming", "sent_at": "never", "serverId": {}}
    found = read(json.dumps(damaged).encode(), sent_at=7, serverId=8)
    assert (found.message.sent_at, found.message.origin.server_id, found.losses) == (7, 8, ())
