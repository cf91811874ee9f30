"""What is made of a message that somebody wrote with other intentions than an app has, and of names that change."""

from __future__ import annotations

import os
from random import Random

import pytest

from migrate.account.events import Event, Noticed, ProfileSeen, Wrote, events_of
from migrate.session import content as contents
from migrate.session.avatars import seal_avatar
from migrate.session.config.namespaces import Namespace
from migrate.session.content import (
    Call,
    Content,
    DataMessage,
    Extraction,
    Pointer,
    Quote,
    Reaction,
    Receipt,
    RequestResponse,
    Typing,
    Unsend,
)
from migrate.session.envelope import Incoming, open_message
from migrate.session.errors import BadMessage
from migrate.session.receive import Received
from migrate.standin.network import StandIn
from tests.account.people import ALICE, BOB, Device, knows, wait
from tests.standin.clients import NOW

STORED = Received(BOB.session_id, 0, "h" * 43, NOW, NOW + 1, b"")


def happened(content: Content) -> list[Event]:
    incoming = Incoming(sender=ALICE.session_id, sender_key=bytes(32), sent_at=NOW, content=content)
    return list(events_of(incoming, STORED, BOB.session_id))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (Content(), "unknown"),
        (Content(data=DataMessage()), "unknown"),
        (Content(data=DataMessage(reaction=Reaction(emoji="👍"))), "unknown"),
        (Content(data=DataMessage(reaction=Reaction(author=ALICE.session_id, sent_at=NOW))), "unknown"),
        (Content(unsend=Unsend(author=ALICE.session_id)), "unknown"),
        (Content(request_response=RequestResponse(approved=False)), "unknown"),
        (Content(call=Call(type=contents.CALL_OFFER)), "call"),
        (Content(extraction=Extraction(type=contents.SCREENSHOT)), "screenshot"),
        (Content(extraction=Extraction(type=77)), "unknown"),
    ],
)
def test_what_says_nothing_that_we_know_is_noticed_all_the_same(content: Content, what: str) -> None:
    (event,) = happened(content)
    assert isinstance(event, Noticed)
    assert event.what == what


def test_no_mutated_message_breaks_the_reading() -> None:
    random = Random(7)
    seeds = [
        Content(
            data=DataMessage(
                body="Hello", attachments=(Pointer(url="http://x/1"),), quote=Quote(sent_at=NOW, author="a")
            ),
            expiry_type=2,
            expiry_seconds=60,
        ),
        Content(data=DataMessage(reaction=Reaction(sent_at=NOW, author="a", emoji="👍", action=0))),
        Content(receipt=Receipt(type=1, sent_at=(NOW, NOW + 1)), typing=Typing(sent_at=NOW, action=9)),
        Content(unsend=Unsend(sent_at=NOW, author=ALICE.session_id), call=Call(type=99)),
    ]
    read = 0
    for _ in range(4000):
        data = bytearray(contents.write(random.choice(seeds)))
        for _ in range(random.randint(1, 4)):
            data[random.randrange(len(data))] = random.randrange(256)
        try:
            content = contents.read(bytes(data))
        except BadMessage:
            continue
        assert happened(content)
        read += 1
    assert read > 500


def test_our_picture_rides_on_messages_and_opens_for_who_gets_it(standin: StandIn) -> None:
    key, picture = os.urandom(32), b"\x89PNG a face"
    standin.file_server.files["face"] = seal_avatar(picture, key, bytes(12))
    url = "http://filev2.getsession.org/file/face"
    knows(standin, ALICE, Namespace.PROFILE, {b"n": b"Alice", b"p": url.encode(), b"q": key, b"t": NOW // 1000})
    alice, bob = Device(standin, ALICE), Device(standin, BOB)
    prepared = alice.account.prepare_text(bob.id, "Look at me")
    data = open_message(prepared.message.data, BOB).content.data
    assert data is not None
    assert data.profile is not None
    assert (data.profile.avatar_url, data.profile_key) == (url, key)
    alice.post(prepared)
    seen = [event for event in bob.arrived().events if isinstance(event, ProfileSeen)]
    assert [(event.sender, event.name, event.avatar_url) for event in seen] == [(alice.id, "Alice", url)]
    assert seen[0].avatar_key is not None
    assert wait(bob.account.fetch_avatar(url, bytes(seen[0].avatar_key))) == picture
    assert key.hex() not in repr(seen)


def test_a_name_is_news_once(friends: tuple[Device, Device]) -> None:
    alice, bob = friends
    names = []
    for number, name in enumerate((b"Alice", b"Alice", b"Alice of Wonderland", b"Alice of Wonderland"), 2):
        knows(alice.standin, ALICE, Namespace.PROFILE, {b"n": name, b"t": NOW // 1000}, number)
        alice.arrived()
        alice.post(alice.account.prepare_text(bob.id, "Hello"))
        events = bob.arrived().events
        assert sum(isinstance(event, Wrote) for event in events) == 1
        names.append([event.name for event in events if isinstance(event, ProfileSeen)])
    # the first name is the one in Bob's address book, but without it Alice had no picture and has none now
    assert names == [[], [], ["Alice of Wonderland"], []]


def test_an_event_shows_neither_what_it_says_nor_who_said_it(friends: tuple[Device, Device]) -> None:
    alice, bob = friends
    alice.post(alice.account.prepare_text(bob.id, "a secret text"))
    (event,) = bob.events()
    assert "secret" not in repr(event)
    assert alice.id not in repr(event)
    assert str(event.sent_at) in repr(event)
