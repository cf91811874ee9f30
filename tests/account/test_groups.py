"""Alice, an admin, and Bob, a member, talk in a group; Bob's way in is a token, hers the key of the group."""

from __future__ import annotations

import pytest

from migrate.account.errors import CannotSend
from migrate.account.events import GroupChanged, Reacted, TimerSet, Wrote
from migrate.account.files import Outgoing
from migrate.model import Expiry
from migrate.session.content import Content, DataMessage, Quote
from migrate.session.envelope import Randomness
from migrate.session.group_messages import open_in_group, seal_for_group
from migrate.session.outgoing import timer_change
from migrate.session.signers import AdminSigner, MemberSigner
from migrate.standin.network import StandIn
from tests.account.people import (
    ALICE,
    BOB,
    FIRST_KEY,
    GROUP_ID,
    SECOND_KEY,
    STRANGER,
    Device,
    group_begins,
    hand_key,
    has_contact,
    is_called,
    joins,
    keeps_few_nodes,
    put,
    wait,
)
from tests.standin.clients import NOW


@pytest.fixture
def members(standin: StandIn) -> tuple[Device, Device]:
    is_called(standin, ALICE, "Alice")
    group_begins(standin, ALICE, BOB)
    joins(standin, ALICE, admin=True)
    joins(standin, BOB)
    return Device(standin, ALICE), Device(standin, BOB)


def test_who_is_in_a_group_knows_it_by_name(members: tuple[Device, Device]) -> None:
    for device in members:
        assert device.account.groups[GROUP_ID].info.name == "Hikers"


@pytest.mark.parametrize("who", [0, 1], ids=["admin", "member"])
def test_what_one_posts_everybody_in_the_group_reads_once(members: tuple[Device, Device], who: int) -> None:
    poster, reader = members[who], members[1 - who]
    prepared = poster.account.prepare_text(GROUP_ID, "Shall we walk?")
    assert prepared.copy is None
    sent = poster.post(prepared)
    assert sent.message is not None
    assert len(sent.message.holders) == len(poster.standin.nodes)
    (message,) = reader.events()
    assert isinstance(message, Wrote)
    assert (message.conversation, message.sender, message.body) == (GROUP_ID, poster.id, "Shall we walk?")
    assert reader.events() == []
    assert poster.events() == []


def test_answers_reactions_and_files_work_in_a_group(members: tuple[Device, Device]) -> None:
    alice, bob = members
    alice.post(alice.account.prepare_text(GROUP_ID, "Where?"))
    (asked,) = bob.events()
    quote = Quote(sent_at=asked.sent_at, author=asked.sender)
    bob.post(bob.account.prepare_text(GROUP_ID, "There", quote=quote))
    bob.post(bob.account.prepare_reaction(GROUP_ID, alice.id, asked.sent_at, "🥾"))
    bob.post(wait(bob.account.prepare_files(GROUP_ID, [Outgoing(b"a map", "map.txt")])))
    answer, reaction, file = alice.events()
    assert isinstance(answer, Wrote)
    assert isinstance(reaction, Reacted)
    assert isinstance(file, Wrote)
    assert (answer.quote, reaction.emoji) == (quote, "🥾")
    assert wait(alice.account.fetch(file.files[0])) == b"a map"


@pytest.mark.parametrize("who", [0, 1], ids=["admin", "member"])
def test_a_message_in_a_group_is_taken_back_by_its_hash(members: tuple[Device, Device], who: int) -> None:
    poster, reader = members[who], members[1 - who]
    prepared = poster.account.prepare_text(GROUP_ID, "Oops")
    poster.post(prepared)
    (message,) = reader.events()
    with pytest.raises(CannotSend, match="hash"):
        poster.account.prepare_unsend(GROUP_ID, prepared.sent_at)
    poster.post(poster.account.prepare_unsend(GROUP_ID, prepared.sent_at, [prepared.own_hash]))
    (change,) = reader.events()
    assert isinstance(change, GroupChanged)
    assert change.update.delete_content is not None
    assert change.update.delete_content.hashes == (message.hash,)
    assert (change.update.delete_content.signature is not None) == (poster.id == ALICE.session_id)
    there = prepared.hash in poster.standin.stored()[GROUP_ID][11]
    assert there == (poster.id == BOB.session_id)  # members may not delete from the shelves


def test_the_timer_of_a_group_is_on_every_message_and_only_settings_change_it(standin: StandIn) -> None:
    group_begins(standin, ALICE, BOB, timer=7200)
    joins(standin, BOB)
    bob = Device(standin, BOB)
    assert bob.account.prepare_text(GROUP_ID, "Hello").message.ttl == 7_200_000
    off = timer_change(NOW, after=0, seconds=0)
    put(standin, GROUP_ID, 11, seal_for_group(off, STRANGER, GROUP_ID, FIRST_KEY, Randomness(bytes(24), b"")))
    (event,) = bob.events()
    assert isinstance(event, TimerSet)
    assert bob.account.expires(GROUP_ID) == Expiry(type="after_send", seconds=7200)
    with pytest.raises(CannotSend):
        bob.account.prepare_timer(GROUP_ID, None)


def test_a_message_that_came_before_its_key_is_read_when_the_key_comes(members: tuple[Device, Device]) -> None:
    _, bob = members
    standin = bob.standin
    keeps_few_nodes(standin, GROUP_ID)
    hello = Content(data=DataMessage(body="With a new key"), sent_at=NOW)
    name = put(standin, GROUP_ID, 11, seal_for_group(hello, ALICE, GROUP_ID, SECOND_KEY, Randomness(bytes(24), b"")))
    arrived = bob.arrived()
    assert [(one.hash, one.code) for one in arrived.unreadable] == [(name, "decrypt")]
    assert bob.arrived().unreadable == []  # it was said once
    hand_key(standin, SECOND_KEY, 1, ALICE, BOB)
    later = bob.arrived()
    assert later.settings_changed
    assert [event.body for event in later.events if isinstance(event, Wrote)] == ["With a new key"]
    assert bob.events() == []
    answer = bob.account.prepare_text(GROUP_ID, "Good")
    assert open_in_group(answer.message.data, GROUP_ID, [SECOND_KEY], ALICE).sender == bob.id


def test_a_group_that_one_joins_later_is_read_from_then_on(standin: StandIn) -> None:
    group_begins(standin, ALICE, BOB)
    joins(standin, ALICE, admin=True)
    alice, bob = Device(standin, ALICE), Device(standin, BOB)
    alice.post(alice.account.prepare_text(GROUP_ID, "Welcome"))
    assert bob.events() == []
    with pytest.raises(CannotSend):
        bob.account.prepare_text(GROUP_ID, "Hello")
    joins(standin, BOB)
    arrived = bob.arrived()
    assert arrived.settings_changed
    assert [event.body for event in arrived.events if isinstance(event, Wrote)] == ["Welcome"]


def test_a_member_who_becomes_an_admin_asks_as_one(members: tuple[Device, Device]) -> None:
    _, bob = members
    keeps_few_nodes(bob.standin, GROUP_ID)
    bob.arrived()
    assert isinstance(bob.account.groups[GROUP_ID].signer, MemberSigner)
    joins(bob.standin, BOB, admin=True, seqno=2)
    assert bob.arrived().settings_changed
    assert isinstance(bob.account.groups[GROUP_ID].signer, AdminSigner)
    bob.post(bob.account.prepare_text(GROUP_ID, "Thank you"))


def test_whoever_was_sent_away_is_told_so_and_the_rest_goes_on(members: tuple[Device, Device]) -> None:
    alice, bob = members
    signer = bob.account.groups[GROUP_ID].signer
    assert isinstance(signer, MemberSigner)
    bob.standin.shelves.revoked.setdefault(GROUP_ID, set()).add(signer.token)
    has_contact(bob.standin, BOB, ALICE, a=1, A=1)
    alice.post(alice.account.prepare_text(bob.id, "Sorry"))
    arrived = bob.arrived()
    assert arrived.removed_from == {GROUP_ID}
    assert [event.body for event in arrived.events if isinstance(event, Wrote)] == ["Sorry"]
    sent = wait(bob.account.post(bob.account.prepare_text(GROUP_ID, "Let me in")))
    assert not sent.is_delivered
    assert sent.message is not None
    assert "signature" in sent.message.troubles[0]
    assert sent.is_refused


def test_a_place_can_be_looked_at_alone(members: tuple[Device, Device]) -> None:
    alice, bob = members
    alice.post(alice.account.prepare_text(GROUP_ID, "In the group"))
    alice.post(alice.account.prepare_text(bob.id, "To you"))
    assert [event.conversation for event in bob.events(bob.id)] == [alice.id]
    assert [event.conversation for event in bob.events(GROUP_ID)] == [GROUP_ID]


def test_a_group_has_neither_acceptances_nor_receipts(members: tuple[Device, Device]) -> None:
    _, bob = members
    with pytest.raises(CannotSend):
        bob.account.prepare_acceptance(GROUP_ID)
    with pytest.raises(CannotSend):
        bob.account.prepare_receipt(GROUP_ID, [NOW])
