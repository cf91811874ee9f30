"""What is stored where when somebody writes: for the other person, and for their own devices."""

from __future__ import annotations

import os
from random import Random

import pytest

from migrate.session.content import (
    AFTER_READ,
    AFTER_SEND,
    Call,
    Content,
    DataMessage,
    Profile,
    Reaction,
    Receipt,
    Typing,
)
from migrate.session.envelope import open_message
from migrate.session.errors import TooLarge
from migrate.session.group_messages import open_in_group
from migrate.session.keys import AccountKeys, BadKey
from migrate.session.outgoing import (
    DAY,
    LARGEST,
    MESSAGE_TTL,
    accepts_request,
    deliveries,
    group_delivery,
    sync_copy,
    timer_change,
    ttl_of,
)

ALICE, BOB = (AccountKeys(bytes([number]) * 32) for number in (1, 2))
GROUP = "03" + AccountKeys(bytes([9]) * 32).ed25519_public.hex()
NOW = 1771000123456
HELLO = Content(data=DataMessage(body="Hello", profile=Profile(name="Alice"), profile_key=bytes(32)), sent_at=NOW)


def test_a_message_goes_to_the_other_person_and_to_our_own_devices() -> None:
    theirs, ours = deliveries(HELLO, ALICE, BOB.session_id, os.urandom)
    assert (theirs.account, theirs.copy, theirs.namespace) == (BOB.session_id, False, 0)
    assert (ours.account, ours.copy, ours.namespace) == (ALICE.session_id, True, 0)
    assert theirs.sent_at == ours.sent_at == NOW
    assert open_message(theirs.data, BOB).content == HELLO
    copy = open_message(ours.data, ALICE)
    assert (copy.sender, copy.conversation, copy.sent_at) == (ALICE.session_id, BOB.session_id, NOW)
    assert copy.content.data == DataMessage(body="Hello", sync_target=BOB.session_id)


def test_a_note_to_ourselves_is_one_message() -> None:
    (note,) = deliveries(HELLO, ALICE, ALICE.session_id, os.urandom)
    message = open_message(note.data, ALICE)
    assert (note.account, note.copy) == (ALICE.session_id, False)
    assert message.target == message.conversation == message.sender == ALICE.session_id


@pytest.mark.parametrize(
    ("content", "copied"),
    [
        (Content(data=DataMessage(reaction=Reaction(sent_at=1, author="05", emoji="🔥", action=0)), sent_at=NOW), True),
        (timer_change(NOW, after=AFTER_READ, seconds=60), True),
        (Content(typing=Typing(sent_at=NOW, action=0), sent_at=NOW), False),
        (Content(receipt=Receipt(type=1, sent_at=(1,)), sent_at=NOW), False),
        (Content(call=Call(type=6, uuid="u"), sent_at=NOW), False),
    ],
)
def test_our_devices_learn_of_reactions_and_timers_and_of_nothing_that_passes(content: Content, copied: bool) -> None:
    assert (sync_copy(content, BOB.session_id) is not None) is copied
    assert len(deliveries(content, ALICE, BOB.session_id, os.urandom)) == 1 + copied
    assert len(deliveries(content, ALICE, ALICE.session_id, os.urandom)) == copied


@pytest.mark.parametrize(
    ("content", "ttl"),
    [
        (HELLO, 14 * DAY),
        (Content(typing=Typing(sent_at=NOW, action=0)), 20_000),
        (Content(call=Call(type=6)), 300_000),
        (timer_change(NOW, after=AFTER_SEND, seconds=3600), 3_600_000),
        (timer_change(NOW, after=AFTER_SEND, seconds=5), 10_000),
        (timer_change(NOW, after=AFTER_SEND, seconds=40 * 86_400), MESSAGE_TTL),
        (timer_change(NOW, after=AFTER_READ, seconds=60), MESSAGE_TTL),
        (timer_change(NOW, after=0, seconds=0), MESSAGE_TTL),
    ],
)
def test_the_network_keeps_a_message_as_long_as_it_lasts(content: Content, ttl: int) -> None:
    assert ttl_of(content) == ttl


def test_the_same_chance_gives_the_same_bytes_and_other_chance_another_message() -> None:
    def drawn(seed: int) -> bytes:
        return deliveries(HELLO, ALICE, BOB.session_id, Random(seed).randbytes)[0].data

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_accepting_a_request_is_dated_just_before_the_reply() -> None:
    response = accepts_request(NOW, Profile(name="Alice"))
    (sent,) = deliveries(response, ALICE, BOB.session_id, os.urandom)
    message = open_message(sent.data, BOB)
    assert message.sent_at == NOW - 100
    assert message.content.request_response is not None
    assert message.content.request_response.approved


def test_a_message_in_a_group_is_stored_once_for_all() -> None:
    sent = group_delivery(HELLO, ALICE, GROUP, bytes(32), os.urandom)
    assert (sent.account, sent.namespace, sent.ttl) == (GROUP, 11, MESSAGE_TTL)
    assert open_in_group(sent.data, GROUP, [bytes(32)], BOB).content == HELLO


def test_a_message_that_no_node_takes_is_not_sent() -> None:
    body = "".join(Random(1).choices("abcdefghij", k=LARGEST))
    with pytest.raises(TooLarge):
        deliveries(Content(data=DataMessage(body=body), sent_at=NOW), ALICE, BOB.session_id, os.urandom)
    assert deliveries(Content(data=DataMessage(body=body[:70_000]), sent_at=NOW), ALICE, BOB.session_id, os.urandom)


def test_nothing_is_sent_without_a_time_or_to_nobody() -> None:
    with pytest.raises(ValueError, match="time"):
        deliveries(Content(data=DataMessage(body="when?")), ALICE, BOB.session_id, os.urandom)
    with pytest.raises(BadKey):
        deliveries(HELLO, ALICE, "05", os.urandom)
