"""Alice and Bob talk: whatever one of them says, the other one hears, and so do their own devices."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from migrate.account.composing import LONGEST_TEXT
from migrate.account.errors import CannotSend
from migrate.account.events import Approved, Reacted, TimerSet, TookBack, Typed, WasRead, Wrote
from migrate.account.files import Outgoing, sealed_size
from migrate.model import Expiry
from migrate.session.attachments import LARGEST_UPLOAD, seal_legacy
from migrate.session.config.message import Tree
from migrate.session.config.namespaces import Namespace
from migrate.session.config.writing import write_config
from migrate.session.content import Quote
from migrate.session.envelope import open_message
from migrate.session.errors import BadFile, TooLarge
from migrate.session.keys import BadKey
from migrate.standin.network import StandIn
from tests.account.people import ALICE, BOB, DAY, Device, has_contact, put, wait
from tests.standin.clients import NOW

Friends = tuple[Device, Device]


def wrote(device: Device) -> Wrote:
    (event,) = device.events()
    assert isinstance(event, Wrote)
    return event


def test_a_text_arrives_with_who_sent_it_and_when(friends: Friends) -> None:
    alice, bob = friends
    prepared = alice.account.prepare_text(bob.id, "Hello Bob")
    sent = alice.post(prepared)
    message = wrote(bob)
    assert (message.sender, message.conversation, message.body) == (alice.id, alice.id, "Hello Bob")
    assert (message.sent_at, message.mine, message.hash) == (prepared.sent_at, False, prepared.hash)
    assert sent.message is not None
    assert set(sent.message.holders) == {node.key for node in alice.standin.nodes}


def test_our_other_device_sees_what_we_wrote_and_to_whom(friends: Friends) -> None:
    alice, bob = friends
    tablet = Device(alice.standin, ALICE)
    alice.post(alice.account.prepare_text(bob.id, "Hello Bob"))
    message = wrote(tablet)
    assert (message.mine, message.conversation, message.body) == (True, bob.id, "Hello Bob")


def test_what_we_sent_ourselves_does_not_come_back_as_news(friends: Friends) -> None:
    alice, bob = friends
    alice.post(alice.account.prepare_text(bob.id, "Hello Bob"))
    assert alice.events() == []


def test_an_answer_quotes_what_it_answers(friends: Friends) -> None:
    alice, bob = friends
    alice.post(alice.account.prepare_text(bob.id, "Tea?"))
    asked = wrote(bob)
    quote = Quote(sent_at=asked.sent_at, author=asked.sender)
    bob.post(bob.account.prepare_text(alice.id, "Yes", quote=quote))
    assert wrote(alice).quote == quote


def test_a_reaction_comes_and_goes(friends: Friends) -> None:
    alice, bob = friends
    alice.post(alice.account.prepare_text(bob.id, "Tea?"))
    asked = wrote(bob)
    bob.post(bob.account.prepare_reaction(alice.id, asked.sender, asked.sent_at, "🍵"))
    bob.post(bob.account.prepare_reaction(alice.id, asked.sender, asked.sent_at, "🍵", remove=True))
    came, went = alice.events()
    assert isinstance(came, Reacted)
    assert isinstance(went, Reacted)
    assert (came.emoji, came.target_author, came.target_sent_at) == ("🍵", alice.id, asked.sent_at)
    assert (came.removed, went.removed) == (False, True)


def test_a_message_is_taken_back_everywhere(friends: Friends) -> None:
    alice, bob = friends
    tablet = Device(alice.standin, ALICE)
    prepared = alice.account.prepare_text(bob.id, "Oops")
    alice.post(prepared)
    kept = alice.standin.stored()[alice.id][0]
    assert kept == [prepared.own_hash]
    sent = alice.post(alice.account.prepare_unsend(bob.id, prepared.sent_at, [prepared.own_hash]))
    assert sent.removed is not None
    assert len(sent.removed.holders) == len(alice.standin.nodes)
    assert prepared.own_hash not in alice.standin.stored()[alice.id][0]
    _, theirs = bob.events()
    (ours,) = tablet.events()
    for event in (theirs, ours):
        assert isinstance(event, TookBack)
        assert (event.sender, event.target_sent_at) == (alice.id, prepared.sent_at)


def test_a_note_to_ourselves_is_taken_back_too(friends: Friends) -> None:
    alice, _ = friends
    note = alice.account.prepare_text(alice.id, "Buy milk")
    alice.post(note)
    assert alice.standin.stored()[alice.id][0] == [note.hash]
    tablet = Device(alice.standin, ALICE)
    message = wrote(tablet)
    assert (message.conversation, message.mine, message.body) == (alice.id, True, "Buy milk")
    alice.post(alice.account.prepare_unsend(alice.id, note.sent_at, [note.own_hash]))
    assert note.hash not in alice.standin.stored()[alice.id][0]


def test_receipts_and_typing_are_for_the_other_person_only(friends: Friends) -> None:
    alice, bob = friends
    bob.post(bob.account.prepare_receipt(alice.id, [NOW, NOW + 1]))
    bob.post(bob.account.prepare_typing(alice.id, started=True))
    bob.post(bob.account.prepare_typing(alice.id, started=False))
    read, started, stopped = alice.events()
    assert isinstance(read, WasRead)
    assert isinstance(started, Typed)
    assert isinstance(stopped, Typed)
    assert (read.targets, started.started, stopped.started) == ((NOW, NOW + 1), True, False)
    assert 0 not in alice.standin.stored()[bob.id]
    with pytest.raises(CannotSend):
        bob.account.prepare_typing(bob.id, started=True)


def test_files_arrive_as_they_were_sent(friends: Friends, tmp_path: Path) -> None:
    alice, bob = friends
    picture = tmp_path / "garden.jpg"
    picture.write_bytes(os.urandom(70_000))
    outgoing = [
        Outgoing(picture, "garden.jpg", "image/jpeg"),
        Outgoing(b"RIFF words", "voice.ogg", "audio/ogg", voice=True),
    ]
    alice.post(wait(alice.account.prepare_files(bob.id, outgoing, body="Look")))
    message = wrote(bob)
    first, second = message.files
    assert (message.body, first.name, first.type, first.size, first.voice) == (
        "Look", "garden.jpg", "image/jpeg", 70_000, False
    )  # fmt: skip
    assert (second.voice, second.name) == (True, "voice.ogg")
    assert wait(bob.account.fetch(first)) == picture.read_bytes()
    assert wait(bob.account.fetch(second)) == b"RIFF words"
    with pytest.raises(BadFile):
        wait(bob.account.fetch(first, limit=69_999))
    with pytest.raises(BadFile):
        wait(bob.account.fetch(replace(first, size=None), limit=69_999))


def test_a_file_that_is_too_large_is_refused_before_anything_is_uploaded(friends: Friends, tmp_path: Path) -> None:
    alice, bob = friends
    huge = tmp_path / "film.mp4"
    with huge.open("wb") as file:
        file.truncate(3 << 30)
    small = Outgoing(b"small", "small.txt")
    with pytest.raises(TooLarge, match=r"film\.mp4"):
        wait(alice.account.prepare_files(bob.id, [small, Outgoing(huge, "film.mp4")]))
    with pytest.raises(CannotSend, match="empty"):
        wait(alice.account.prepare_files(bob.id, [small, Outgoing(b"", "nothing.txt")]))
    with pytest.raises(CannotSend):
        wait(alice.account.prepare_files(bob.id, [small] * 33))
    with pytest.raises(TooLarge):
        wait(alice.account.prepare_files(bob.id, [small], body="x" * (LONGEST_TEXT + 1)))
    assert alice.standin.file_server.files == {}


@pytest.mark.parametrize("size", [1, 541, 10_000, 1_000_000])
def test_the_size_on_the_server_is_known_before(size: int) -> None:
    blob, _ = seal_legacy(bytes(size), bytes(64), bytes(16))
    assert sealed_size(size) == len(blob) < LARGEST_UPLOAD


def test_a_text_may_be_as_long_as_in_the_app(friends: Friends) -> None:
    alice, bob = friends
    alice.post(alice.account.prepare_text(bob.id, "ü" * LONGEST_TEXT))
    assert len(wrote(bob).body) == LONGEST_TEXT
    with pytest.raises(TooLarge):
        alice.account.prepare_text(bob.id, "x" * (LONGEST_TEXT + 1))
    with pytest.raises(CannotSend):
        alice.account.prepare_text(bob.id, " \n")
    with pytest.raises(BadKey):
        alice.account.prepare_text("05" + "g" * 64, "Hello")


def test_our_name_rides_on_what_people_see_and_not_on_copies(friends: Friends) -> None:
    alice, bob = friends
    prepared = alice.account.prepare_text(bob.id, "Hello")
    theirs = open_message(prepared.message.data, BOB).content.data
    assert prepared.copy is not None
    ours = open_message(prepared.copy.data, ALICE).content.data
    assert theirs is not None
    assert ours is not None
    assert theirs.profile is not None
    assert (theirs.profile.name, theirs.profile.updated) == ("Alice", NOW // 1000)
    assert (ours.profile, ours.profile_key) == (None, None)


def test_no_two_messages_have_the_same_time(friends: Friends) -> None:
    alice, bob = friends
    times = [alice.account.prepare_text(to, "x").sent_at for to in (bob.id, alice.id) * 20]
    assert len(set(times)) == 40
    assert times == sorted(times)


@pytest.mark.parametrize("kind", ["after_send", "after_read"])
def test_a_timer_is_on_every_message_until_it_is_switched_off(friends: Friends, kind: str) -> None:
    alice, bob = friends
    timer = Expiry(type="after_send" if kind == "after_send" else "after_read", seconds=3600)
    alice.post(alice.account.prepare_timer(bob.id, timer))
    (changed,) = bob.events()
    assert isinstance(changed, TimerSet)
    assert changed.expires is not None
    assert (changed.expires.type, changed.expires.seconds) == (kind, 3600)
    bob.post(bob.account.prepare_text(alice.id, "It will be gone"))
    expires = wrote(alice).expires
    assert expires is not None
    assert (expires.type, expires.seconds) == (kind, 3600)
    assert expires.at == (NOW + 3_600_000 if kind == "after_send" else None)
    lasts = alice.account.prepare_text(bob.id, "too").message.ttl
    assert lasts == (3_600_000 if kind == "after_send" else 14 * DAY)
    alice.post(alice.account.prepare_timer(bob.id, None))
    (changed,) = bob.events()
    assert isinstance(changed, TimerSet)
    assert changed.expires is None
    bob.post(bob.account.prepare_text(alice.id, "It stays"))
    assert wrote(alice).expires is None


def test_the_timer_in_the_settings_is_kept_and_a_later_message_changes_it(standin: StandIn) -> None:
    has_contact(standin, ALICE, BOB, a=1, A=1, e=2, E=600)
    alice, bob = Device(standin, ALICE), Device(standin, BOB)
    assert alice.account.expires(bob.id) == Expiry(type="after_read", seconds=600)
    prepared = alice.account.prepare_text(bob.id, "Hello")
    content = open_message(prepared.message.data, BOB).content
    assert (content.expiry_type, content.expiry_seconds) == (1, 600)
    bob.post(bob.account.prepare_timer(alice.id, None))
    alice.events()
    assert alice.account.expires(bob.id) is None
    entry: Tree = {b"A": 1, b"E": 30, b"a": 1, b"e": 1}
    data = write_config(Namespace.CONTACTS, {b"c": {bytes.fromhex(bob.id): entry}}, ALICE, 2)
    put(standin, alice.id, Namespace.CONTACTS, data, NOW + 60_000)
    alice.events()
    assert alice.account.expires(bob.id) == Expiry(type="after_send", seconds=30)


def test_the_first_answer_to_a_stranger_says_yes_before_it(standin: StandIn) -> None:
    alice, bob = Device(standin, ALICE), Device(standin, BOB)
    first = alice.account.prepare_text(bob.id, "You do not know me")
    assert first.acceptance is None
    alice.post(first)
    wrote(bob)
    note = bob.account.prepare_text(bob.id, "Answer Alice")
    answer = bob.account.prepare_text(alice.id, "Now I do")
    assert answer.acceptance is not None
    assert note.sent_at < answer.acceptance.sent_at == answer.sent_at - 100
    bob.post(answer)
    yes, message = alice.events()
    assert isinstance(yes, Approved)
    assert isinstance(message, Wrote)
    assert (yes.sent_at, message.sent_at) == (answer.sent_at - 100, answer.sent_at)
    assert bob.account.prepare_text(alice.id, "And again").acceptance is None
    assert alice.account.prepare_text(bob.id, "Good").acceptance is None  # she wrote first, so she said yes by that


def test_a_request_can_be_accepted_without_a_word(standin: StandIn) -> None:
    alice, bob = Device(standin, ALICE), Device(standin, BOB)
    alice.post(alice.account.prepare_text(bob.id, "You do not know me"))
    bob.events()
    bob.post(bob.account.prepare_acceptance(alice.id))
    (yes,) = alice.events()
    assert isinstance(yes, Approved)
    assert bob.account.prepare_text(alice.id, "Hello").acceptance is None
