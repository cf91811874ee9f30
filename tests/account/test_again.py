"""Crashes, retries, restarts and wrong clocks: nothing is sent twice, nothing comes twice, nothing is skipped."""

from __future__ import annotations

import asyncio
import os
from random import Random

import pytest

from migrate.account.cursors import LATER_THAN_BELIEVABLE, MOST_REMEMBERED, REMEMBERED, Cursors, Timer
from migrate.account.errors import BadRecord
from migrate.account.events import TookBack, Wrote
from migrate.account.online import REREAD, OnlineAccount
from migrate.account.prepared import Prepared
from migrate.model import Expiry
from migrate.session.clock import Clock
from migrate.session.content import Content, DataMessage, Unsend
from migrate.session.envelope import Randomness, seal
from migrate.session.errors import NoAnswer
from migrate.session.poll import Tour, Visitor
from migrate.standin.network import StandIn
from tests.account.people import (
    ALICE,
    BOB,
    GROUP_ID,
    STRANGER,
    Device,
    group_begins,
    has_contact,
    joins,
    keeps_few_nodes,
    put,
    wait,
)
from tests.account.wire import Wire
from tests.standin.clients import NOW

Friends = tuple[Device, Device]


def bodies(device: Device) -> list[str]:
    return [event.body for event in device.events() if isinstance(event, Wrote)]


def again(device: Device) -> Device:
    """The same device after a restart, with what was saved."""
    return Device(device.standin, device.keys, Cursors.read(device.account.cursors.to_bytes()))


def test_a_message_that_was_kept_before_a_crash_is_the_same_after_it(friends: Friends) -> None:
    alice, bob = friends
    kept = alice.account.prepare_text(bob.id, "Before the crash").to_bytes()
    alice = again(alice)
    prepared = Prepared.read(kept)
    for _ in range(3):
        alice.post(prepared)
    assert bob.standin.stored()[bob.id][0] == [prepared.hash]
    assert bob.standin.stored()[alice.id][0] == [prepared.own_hash]
    assert bodies(bob) == ["Before the crash"]


def test_the_same_bytes_go_when_an_answer_was_lost(friends: Friends) -> None:
    alice, bob = friends
    prepared = alice.account.prepare_text(bob.id, "Did it arrive?")
    alice.wire.answers_lost = 5
    sent = wait(alice.account.post(prepared))
    assert not sent.is_delivered
    assert sent.copy is None  # our own devices do not show as sent what may not have been
    assert sent.message is not None
    assert len(sent.message.troubles) == 5
    alice.post(prepared)
    assert bob.standin.stored()[bob.id][0] == [prepared.hash]
    assert bodies(bob) == ["Did it arrive?"]


def test_what_a_retry_brought_twice_is_shown_once(friends: Friends) -> None:
    """An app that seals again instead of sending the same bytes makes two hashes of one message."""
    alice, bob = friends
    content = Content(data=DataMessage(body="Twice"), sent_at=NOW)
    for number in range(2):
        put(alice.standin, bob.id, 0, seal(content, ALICE, bob.id, Randomness(bytes([number]) * 32, b"")))
        assert bodies(bob) == (["Twice"] if number == 0 else [])


def test_two_messages_that_are_taken_back_at_the_same_moment_are_both_gone(friends: Friends) -> None:
    alice, bob = friends
    for number in range(2):
        content = Content(unsend=Unsend(sent_at=NOW - number, author=alice.id), sent_at=NOW)
        for chance in range(2):
            put(alice.standin, bob.id, 0, seal(content, ALICE, bob.id, Randomness(bytes([number, chance]) * 16, b"")))
    assert {event.target_sent_at for event in bob.events() if isinstance(event, TookBack)} == {NOW, NOW - 1}
    assert bob.events() == []


def test_settings_are_read_from_the_beginning_now_and_then(standin: StandIn) -> None:
    wire, ours = Wire(standin, Clock(lambda: NOW)), [NOW]
    account = OnlineAccount(ALICE, wire, lambda: ours[0], os.urandom)
    asked: list[int] = []
    for call, later in ((account.refresh(), 0), (account.poll(), REREAD), (account.poll(), 1), (account.poll(), 1)):
        ours[0] += later
        wait(call)
        asked.append(len(wire.asked) - sum(asked))
    first, soon, late, last = asked
    assert (soon, late, last) == (2, 4, 2)
    assert first >= 2


def test_what_the_network_has_forgotten_is_forgotten_with_the_next_reading(standin: StandIn) -> None:
    has_contact(standin, ALICE, BOB, n="Bob", a=1)
    wire, ours = Wire(standin, Clock(lambda: NOW)), [NOW]
    account = OnlineAccount(ALICE, wire, lambda: ours[0], os.urandom)
    wait(account.refresh())
    standin.shelves.drop(ALICE.session_id, standin.stored()[ALICE.session_id][3])
    wait(account.poll())
    before = account.settings.contacts
    ours[0] += REREAD + 1
    wait(account.poll())
    assert [len(before), len(account.settings.contacts)] == [1, 0]


def test_nothing_comes_again_after_a_restart(friends: Friends) -> None:
    alice, bob = friends
    bob.standin.faults.reordered, bob.standin.faults.duplicates = {1, 3}, {0, 2}
    for number in range(5):
        alice.post(alice.account.prepare_text(bob.id, f"number {number}"))
    assert bodies(bob) == [f"number {number}" for number in range(5)]
    for _ in range(3):
        bob = again(bob)
        assert bodies(bob) == []
    alice.post(alice.account.prepare_text(bob.id, "later"))
    assert bodies(again(bob)) == ["later"]
    assert bodies(bob) == ["later"]  # what was not saved comes again


def test_settings_are_whole_after_a_restart(friends: Friends) -> None:
    _, bob = friends
    keeps_few_nodes(bob.standin, bob.id)
    bob.events()
    assert [contact.name for contact in again(bob).account.settings.contacts] == ["Alice"]


def test_messages_are_shown_in_the_order_in_which_they_were_sent(friends: Friends) -> None:
    alice, bob = friends
    for number in (3, 1, 2):
        content = Content(data=DataMessage(body=str(number)), sent_at=NOW + number)
        put(alice.standin, bob.id, 0, seal(content, ALICE, bob.id, Randomness(bytes([number]) * 32, b"")))
    assert bodies(bob) == ["1", "2", "3"]


def test_other_nodes_do_not_bring_old_messages_back(friends: Friends) -> None:
    alice, bob = friends
    alice.post(alice.account.prepare_text(bob.id, "Hello"))
    assert bodies(bob) == ["Hello"]
    asked = {node for node, _, _ in bob.account.cursors.marks}
    bob.standin.faults.down = {node.index for node in bob.standin.nodes if node.ed25519 in asked}
    assert bodies(bob) == []


@pytest.mark.parametrize("ahead", [-7_200_000, 3_600_000])
def test_a_wrong_clock_of_ours_is_on_no_message(standin: StandIn, ahead: int) -> None:
    alice, bob = Device(standin, ALICE, now=lambda: NOW + ahead), Device(standin, BOB)
    prepared = alice.account.prepare_text(bob.id, "What time is it?")
    assert abs(prepared.sent_at - NOW) < 1000
    alice.post(prepared)
    assert bodies(bob) == ["What time is it?"]


def test_nodes_that_are_down_are_named_and_do_not_stop_a_message(friends: Friends) -> None:
    alice, bob = friends
    alice.standin.faults.statuses = {0: (503, "Service node is not ready"), 1: (503, "Service node is not ready")}
    prepared = alice.account.prepare_text(bob.id, "Hello")
    sent = wait(alice.account.post(prepared))
    assert sent.is_delivered
    assert bodies(bob) == ["Hello"]
    alice.standin.faults.statuses = {node.index: (503, "Service node is not ready") for node in alice.standin.nodes}
    sent = wait(alice.account.post(alice.account.prepare_text(bob.id, "Hello again")))
    assert not sent.is_delivered
    assert sent.message is not None
    assert all("it was not ready" in trouble for trouble in sent.message.troubles)
    assert not sent.is_refused


def test_a_swarm_that_moved_is_followed_for_messages_and_deletions(friends: Friends) -> None:
    alice, bob = friends
    wait(alice.wire.swarm(bob.id))
    alice.standin.faults.moved = {bob.id: (2, 3, 4), alice.id: (0, 1, 2)}
    prepared = alice.account.prepare_text(bob.id, "Moved")
    alice.post(prepared)
    sent = alice.post(alice.account.prepare_unsend(bob.id, prepared.sent_at, [prepared.own_hash]))
    assert sent.removed is not None
    assert set(sent.removed.holders) <= {node.key for node in alice.standin.nodes}


def test_an_account_that_cannot_be_reached_says_so_and_loses_nothing(friends: Friends) -> None:
    alice, bob = friends
    alice.post(alice.account.prepare_text(bob.id, "Hello"))
    bob.standin.faults.down = set(range(6))
    arrived = bob.arrived()
    assert list(arrived.troubles) == [bob.id]
    assert "could not be reached" in arrived.troubles[bob.id]
    with pytest.raises(NoAnswer):
        wait(bob.account.refresh())
    bob.standin.faults.down = set()
    assert bodies(bob) == ["Hello"]


def test_what_a_cancelled_look_found_comes_with_the_next(standin: StandIn) -> None:
    group_begins(standin, BOB)
    joins(standin, BOB)
    alice, bob = Device(standin, ALICE), Device(standin, BOB)
    alice.post(alice.account.prepare_text(bob.id, "Hello"))
    collect = bob.wire.collect

    async def cancelled(visitor: Visitor, *, enough: int | None = None) -> Tour:
        if visitor.signer.pubkey == GROUP_ID:
            raise asyncio.CancelledError
        return await collect(visitor, enough=enough)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bob.wire, "collect", cancelled)
        with pytest.raises(asyncio.CancelledError):
            wait(bob.account.poll())
    assert bodies(bob) == ["Hello"]
    assert bodies(bob) == []


def test_one_bad_message_costs_only_itself(friends: Friends) -> None:
    alice, bob = friends
    bad = put(bob.standin, bob.id, 0, b"no message at all")
    as_our_device = Content(data=DataMessage(body="I am you", sync_target=ALICE.session_id), sent_at=NOW)
    lie = put(bob.standin, bob.id, 0, seal(as_our_device, STRANGER, bob.id, Randomness(bytes(32), b"")))
    alice.post(alice.account.prepare_text(bob.id, "Hello"))
    arrived = bob.arrived()
    assert [event.body for event in arrived.events if isinstance(event, Wrote)] == ["Hello"]
    assert {one.hash: one.code for one in arrived.unreadable} == {bad: "malformed", lie: "foreign_sync_copy"}
    assert bob.arrived().unreadable == []


def test_whoever_is_blocked_is_not_heard_but_counted(standin: StandIn) -> None:
    has_contact(standin, BOB, STRANGER, b=1)
    group_begins(standin, BOB, STRANGER)
    joins(standin, BOB)
    joins(standin, STRANGER)
    bob, stranger = Device(standin, BOB), Device(standin, STRANGER)
    stranger.post(stranger.account.prepare_text(bob.id, "Listen!"))
    stranger.post(stranger.account.prepare_text(GROUP_ID, "You too!"))
    arrived = bob.arrived()
    assert (arrived.events, arrived.blocked) == ([], {stranger.id: 2})


def test_settings_that_change_while_we_look_count_at_once(friends: Friends) -> None:
    alice, bob = friends
    bob.events()
    has_contact(bob.standin, BOB, ALICE, 2, n="Alice", a=1, A=1, b=1)
    alice.post(alice.account.prepare_text(bob.id, "Hello?"))
    arrived = bob.arrived()
    assert arrived.settings_changed
    assert arrived.blocked == {alice.id: 1}


def test_cursors_are_the_same_after_they_were_saved() -> None:
    cursors = Cursors()
    cursors.marks = {(bytes(32), ALICE.session_id, 0): "a" * 43, (bytes(32), GROUP_ID, 11): "b" * 43}
    cursors.is_new("hash", now=NOW)
    cursors.timers[BOB.session_id] = Timer(expires=Expiry(type="after_send", seconds=5), since=NOW)
    cursors.wrote_first["x"], cursors.accepted["y"], cursors.closed["h"] = 1, 2, GROUP_ID
    cursors.stamp(NOW)
    assert vars(Cursors.read(cursors.to_bytes())) == vars(cursors)


@pytest.mark.parametrize("kept", [b"", b"{}", b"[1]", b'{"marks": 7}', b"\xff" * 40])
def test_what_is_no_record_is_refused(kept: bytes) -> None:
    with pytest.raises(BadRecord):
        Cursors.read(kept)
    with pytest.raises(BadRecord):
        Prepared.read(kept)


def test_damaged_records_are_refused_or_read_and_nothing_else(friends: Friends) -> None:
    alice, bob = friends
    kept, random = alice.account.prepare_text(bob.id, "Hello").to_bytes(), Random(7)
    for _ in range(300):
        damaged = bytearray(kept)
        damaged[random.randrange(len(kept))] ^= 1 << random.randrange(8)
        try:
            Prepared.read(bytes(damaged))
        except BadRecord:
            continue


def test_what_was_seen_is_forgotten_when_it_cannot_come_again() -> None:
    cursors = Cursors()
    assert cursors.is_new("old", now=NOW)
    assert not cursors.is_new("old", now=NOW)
    assert cursors.is_new("young", now=NOW + 1)
    cursors.forget_old(NOW + REMEMBERED + 1)
    assert not cursors.has("old")
    assert cursors.has("young")
    cursors.seen |= {str(number): NOW + 2 for number in range(MOST_REMEMBERED)}
    cursors.forget_old(NOW + 3)
    assert len(cursors.seen) == MOST_REMEMBERED
    assert not cursors.has("young")


def test_times_go_on_from_the_last_one_unless_it_was_made_with_a_wrong_clock() -> None:
    cursors = Cursors()
    assert [cursors.stamp(NOW), cursors.stamp(NOW), cursors.stamp(NOW - 50)] == [NOW, NOW + 1, NOW + 2]
    assert cursors.stamp(NOW, gap=100) == NOW + 103
    cursors.stamped = NOW + LATER_THAN_BELIEVABLE + 1
    assert cursors.stamp(NOW) == NOW
