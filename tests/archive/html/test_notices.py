"""What happened between messages is said in plain words, whatever shape it was stored in."""

from __future__ import annotations

import pytest

from migrate.archive.html.notices import notice
from migrate.model import Direction, Json, Message, MessageKind, Origin

NAMES = {"a": "Ada", "b": "Ben", "c": "Cleo"}


def say(kind: MessageKind, details: dict[str, Json] | None, direction: Direction = Direction.IN) -> str:
    message = Message(
        id="1", conversation="c", sender="a", direction=direction, sent_at=1, kind=kind, details=details,
        origin=Origin(source="desktop", native_id="1"),
    )  # fmt: skip
    return notice(message, lambda id: NAMES.get(id, id)).replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize(
    ("kind", "details", "words"),
    [
        (MessageKind.CALL, {"call": "missed-call"}, "Missed call from Ada."),
        (MessageKind.CALL, {"call": "started-call"}, "Ada called."),
        (MessageKind.CALL, {"call": "answered-a-call"}, "Call answered."),
        (MessageKind.GROUP_UPDATE, {"joined": ["a", "b", "c"]}, "Ada, Ben and Cleo joined the group."),
        (MessageKind.GROUP_UPDATE, {"kicked": ["b"]}, "Ben was removed from the group."),
        (MessageKind.GROUP_UPDATE, {"kicked": ["b", "c"]}, "Ben and Cleo were removed from the group."),
        (MessageKind.GROUP_UPDATE, {"left": ["b"]}, "Ben left the group."),
        (MessageKind.GROUP_UPDATE, {"promoted": ["b"]}, "Ben was made an admin."),
        (
            MessageKind.GROUP_UPDATE,
            {"invited": ["b"], "group_name": "Book club"},
            "Ada invited Ben to the group Book club.",
        ),
        (MessageKind.GROUP_UPDATE, {"invited": ["b"], "group_name": None}, "Ada invited Ben to a group."),
        (MessageKind.GROUP_UPDATE, {"accepted": True}, "Ada accepted the invitation."),
        (MessageKind.GROUP_UPDATE, {"accepted": False}, "Ada declined the invitation."),
        (MessageKind.GROUP_UPDATE, {"name": "Tea"}, "Ada named the group Tea."),
        (MessageKind.GROUP_UPDATE, {"avatar_change": True}, "Ada changed the group's picture."),
        (MessageKind.TIMER, {"type": "off", "seconds": 0, "by": "b"}, "Ben turned disappearing messages off."),
        (
            MessageKind.TIMER,
            {"type": "after_send", "seconds": 604800, "by": "a"},
            "Ada set messages to disappear 1 week after they are sent.",
        ),
        (MessageKind.EXTRACTION, {"what": "screenshot"}, "Ada took a screenshot."),
        (MessageKind.REQUEST_RESPONSE, {}, "Ada accepted your message request."),
        (MessageKind.INVITATION, {"url": "https://x", "name": "Tea"}, "Ada sent an invitation to Tea."),
        (MessageKind.OTHER, {"interaction": "leave", "status": "error"}, "Leaving this conversation failed."),
    ],
)
def test_each_kind_has_its_words(kind: MessageKind, details: dict[str, Json], words: str) -> None:
    assert say(kind, details) == words


@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind is not MessageKind.TEXT])
@pytest.mark.parametrize(
    "details",
    [
        None,
        {},
        {"joined": "b"},
        {"joined": [1, None]},
        {"seconds": "x", "type": 4, "by": []},
        {"call": {}},
        {"name": 3},
    ],
)
def test_a_shape_nobody_described_gets_words_too(kind: MessageKind, details: dict[str, Json] | None) -> None:
    assert say(kind, details).endswith(".")


def test_what_i_did_says_you() -> None:
    assert say(MessageKind.EXTRACTION, {"what": "media_saved"}, Direction.OUT) == "You saved a picture or file."
    assert say(MessageKind.CALL, {"call": "missed-call"}, Direction.OUT) == "Your call was not answered."


def test_a_crowd_is_counted_and_not_listed() -> None:
    assert say(MessageKind.GROUP_UPDATE, {"joined": [f"n{i}" for i in range(40)]}).endswith(
        "and 32 more joined the group."
    )
