"""What a message means, where the samples have no example of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from migrate.identity import message_id
from migrate.model import ConversationKind, Direction, Expiry, Message, MessageKind, Quote
from migrate.sources.base import FileRef, Found, Row
from migrate.sources.desktop.messages import MessageReader
from migrate.sources.desktop.rows import Columns

ME, FRIEND, OTHER = "05" + "a" * 64, "05" + "b" * 64, "05" + "d" * 64
BLINDED, GROUP, ROOM = "15" + "c" * 64, "03" + "e" * 64, "https://example.org/lobby"
KINDS = {
    ME: ConversationKind.NOTE_TO_SELF,
    FRIEND: ConversationKind.DIRECT,
    GROUP: ConversationKind.GROUP,
    ROOM: ConversationKind.COMMUNITY,
}
NOON = 1_774_900_000_000


def found(columns: dict[str, object] | None = None, **fields: Any) -> Found:
    sound = {"conversationId": FRIEND, "source": FRIEND, "type": "incoming", "sent_at": NOON, "body": "hi"}
    written = {name: value for name, value in (sound | fields).items() if value is not ...}
    row = dict.fromkeys(Columns._fields) | {"id": b"n", "json": json.dumps(written).encode()}
    return MessageReader(ME, KINDS).read(Row("n", 1, tuple(Columns(**(row | (columns or {}))))))


def read(columns: dict[str, object] | None = None, **fields: Any) -> Message:
    return found(columns, **fields).message


def test_our_own_message_is_ours_under_one_id_also_in_a_blinded_community() -> None:
    message = read(conversationId=ROOM, source=BLINDED, type="outgoing", serverTimestamp=NOON + 1, serverId=7)
    assert (message.sender, message.direction, message.sent_at) == (ME, Direction.OUT, NOON + 1)
    assert message.id == message_id(ROOM, ME, NOON + 1, 7)
    assert message.origin.server_id == 7


def test_the_number_on_a_server_makes_the_id_only_in_a_community() -> None:
    assert read(serverId=7).id == message_id(FRIEND, FRIEND, NOON)


def test_an_answered_call_came_in_although_we_are_its_source() -> None:
    message = read(source=ME, callNotificationType="answered-a-call", body=...)
    assert (message.direction, message.sender, message.kind) == (Direction.IN, ME, MessageKind.CALL)


@pytest.mark.parametrize(
    ("conversation", "sender", "lost"),
    [(FRIEND, FRIEND, []), (GROUP, "unknown", ["source"]), (ROOM, "unknown", ["source"]), (OTHER, OTHER, [""])],
)
def test_a_missing_author_is_the_other_one_of_a_direct_chat_and_unknown_elsewhere(
    conversation: str, sender: str, lost: list[str]
) -> None:
    each = found(conversationId=conversation, source=None)
    assert each.message.sender == sender
    assert [loss.name for loss in each.losses] == lost


@pytest.mark.parametrize(("source", "direction"), [(ME, Direction.OUT), (FRIEND, Direction.IN)])
def test_a_message_of_no_known_type_goes_by_its_author(source: str, direction: Direction) -> None:
    each = found(source=source, type="")
    assert each.message.direction is direction
    assert [loss.name for loss in each.losses] == ["type"]


def test_a_type_that_only_the_column_or_the_direction_knows_is_enough() -> None:
    assert not found({"type": b"incoming"}, type=...).losses
    assert not found(type=..., direction="outgoing").losses


def test_a_community_of_before_schema_30_has_todays_id() -> None:
    message = read(conversationId="publicChat:lobby@https://example.org")
    assert message.conversation == ROOM
    assert message.kind is MessageKind.TEXT


@pytest.mark.parametrize(
    ("fields", "failed"),
    [
        ({"errors": "SendMessageNetworkError"}, True),
        ({"errors": [{"name": "SendMessageNetworkError"}]}, True),
        ({"errors": []}, False),
        ({"errors": None}, False),
        ({"sent": 0}, False),
    ],
)
def test_errors_tell_that_sending_failed(fields: dict[str, Any], failed: bool) -> None:
    assert read(type="outgoing", source=ME, **fields).failed is failed
    assert not read(**fields).failed


def test_an_error_in_the_column_counts_as_well() -> None:
    assert read({"errors": b"SendMessageNetworkError"}, type="outgoing", source=ME).failed


@pytest.mark.parametrize(
    ("update", "details"),
    [
        ({"expirationType": "deleteAfterRead", "expireTimer": 60}, {"type": "after_read", "seconds": 60, "by": None}),
        ({"expirationType": "deleteAfterSend", "expireTimer": 60, "source": FRIEND},
         {"type": "after_send", "seconds": 60, "by": FRIEND}),
        ({"expirationType": "unknown", "expireTimer": 0}, {"type": "off", "seconds": 0, "by": None}),
        ({"expireTimer": 86400, "source": FRIEND}, {"type": "unknown", "seconds": 86400, "by": FRIEND}),
        ({"expireTimer": 0}, {"type": "off", "seconds": 0, "by": None}),
    ],
)  # fmt: skip
def test_a_timer_change_says_how_long_and_by_whom(update: dict[str, Any], details: dict[str, Any]) -> None:
    message = read(expirationTimerUpdate=update, flags=2, body=...)
    assert (message.kind, message.details) == (MessageKind.TIMER, details)


@pytest.mark.parametrize(
    ("fields", "expiry"),
    [
        ({"expireTimer": 0}, None),
        ({"expireTimer": 60, "expirationType": "deleteAfterSend"}, Expiry(type="after_send", seconds=60)),
        ({"expireTimer": 60, "expirationType": "deleteAfterRead", "expires_at": NOON},
         Expiry(type="after_read", seconds=60, at=NOON)),
        ({"expireTimer": 60, "expirationType": "legacy"}, Expiry(type="unknown", seconds=60)),
        ({"expires_at": NOON}, Expiry(type="unknown", at=NOON)),
    ],
)  # fmt: skip
def test_a_disappearing_message_says_when(fields: dict[str, Any], expiry: Expiry | None) -> None:
    assert read(**fields).expires == expiry


def test_deleted_comes_before_every_other_kind() -> None:
    message = read(isDeleted=2, body="", callNotificationType="missed-call")
    assert (message.kind, message.deleted, message.details) == (
        MessageKind.TEXT, True, {"deleted_for": "this_device"},
    )  # fmt: skip


def test_an_accepted_request_is_known_by_an_empty_object() -> None:
    assert read(messageRequestResponse={}, body=...).kind is MessageKind.REQUEST_RESPONSE
    assert read(messageRequestResponse={"isApproved": 1}, body=...).details == {}
    assert read(dataExtractionNotification={}, group_update={}, expirationTimerUpdate={}).kind is MessageKind.TEXT


def test_receipts_are_kept_for_what_we_sent() -> None:
    sent: dict[str, Any] = {"type": "outgoing", "source": ME, "read_by": [FRIEND, FRIEND]}
    assert read(**sent).details == {"read_by": [FRIEND]}
    assert read(**sent, callNotificationType="started-call").details == {"call": "started-call", "read_by": [FRIEND]}
    assert read(read_by=[FRIEND]).details is None
    assert read(type="outgoing", source=ME, read_by=[]).details is None


def test_mentions_are_listed_once_in_order() -> None:
    blinded_25 = "25" + "f" * 64
    body = f"@{OTHER} and @{FRIEND}, @{OTHER}! mail me@example.org @{BLINDED}@{blinded_25}"
    assert read(body=body).mentions == (OTHER, FRIEND, BLINDED, blinded_25)


def test_an_old_quote_carries_its_text() -> None:
    old = {"id": str(NOON), "author": FRIEND, "text": "as it was", "attachments": None}
    assert read(quote=old).quote == Quote(author=FRIEND, sent_at=NOON, text="as it was")
    assert read(quote={"timestamp": NOON, "author": ME}).quote == Quote(author=ME, sent_at=NOON)


def test_a_reaction_that_was_taken_back_is_gone_and_a_count_is_never_too_small() -> None:
    each = found(
        reacts={"👍": {"count": 0, "senders": []}, "😂": {"count": 1, "senders": [ME, FRIEND]}, "": {"count": 1}}
    )
    assert [(reaction.emoji, reaction.count) for reaction in each.message.reactions] == [("😂", 2)]
    assert [loss.name for loss in each.losses] == ["reacts."]


def test_files_come_with_their_small_picture_and_say_what_is_missing() -> None:
    files = [
        {"path": "aa/aa11", "fileName": "a.mp4", "thumbnail": None, "screenshot": {"path": "bb/bb22"}, "flags": 1},
        {"fileName": "same.jpg", "pending": 1},
        {"fileName": "same.jpg", "error": 1},
        {"fileName": ""},
    ]
    each = found(attachments=files)
    assert [attachment.state.value for attachment in each.message.attachments] == [
        "kept", "not_downloaded", "not_downloaded", "missing",
    ]  # fmt: skip
    assert each.refs[0].file == FileRef("aa/aa11")
    assert each.refs[0].thumbnail == FileRef("bb/bb22")
    assert each.message.attachments[0].voice
    assert each.message.attachments[3].name is None
    assert [loss.name for loss in each.losses] == ["same.jpg", "same.jpg (3)", "attachment 4"]
    assert len({loss.reason for loss in each.losses}) == 3


def test_an_empty_server_hash_is_none() -> None:
    assert read(messageHash="").origin.server_hash is None
    assert read(messageHash="abc").origin.server_hash == "abc"


def test_in_a_broken_row_the_time_of_arrival_stands_in_for_the_time_of_sending() -> None:
    columns = {"json": b"{broken", "conversationId": FRIEND.encode(), "source": FRIEND.encode(), "type": b"incoming"}
    message = found(columns | {"sent_at": -1, "received_at": NOON + 9}).message
    assert message.sent_at == NOON + 9
