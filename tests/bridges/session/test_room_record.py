"""What the bridge keeps of a room: it can go back, let go of what is old, and tells reactions of twenty from all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from bridges.session.communities.events import felt_now
from bridges.session.communities.record import Felt, Post, RoomRecord
from migrate.session.community.answers import Reactions, Row
from migrate.session.community.messages import Sealed

CHAT, OTHER = "https://sogs.example.org/lobby?public_key=00", "https://sogs.example.org/other?public_key=00"
MAYA = "15" + "ab" * 32


@pytest.fixture
def record() -> Iterator[RoomRecord]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        yield RoomRecord(db)


def test_a_room_is_as_it_was_at_the_look_that_one_goes_back_to(record: RoomRecord) -> None:
    record.begin(CHAT, look=3, seqno=10, past=7)
    for look in (5, 6, 9):
        record.note(CHAT, Post(look, MAYA, look), look)
        record.feel(CHAT, 5, look, {MAYA: ("👍",) * look})
        record.move(CHAT, look, look * 10)
    record.go_back_to(6)
    assert record.position(CHAT) == 60
    assert len(record.felt(CHAT, 5)[MAYA]) == 6
    assert record.post(CHAT, 9) is None
    record.go_back_to(1)
    assert record.position(CHAT) == 10, "a room that was begun later begins there again"
    assert (record.felt(CHAT, 5), record.past(CHAT)) == ({}, 7)
    record.go_back_to(0)
    assert record.position(CHAT) is None, "without a look to go back to, what lies there is not news"


def test_what_is_old_is_let_go_of_and_stays_the_past(record: RoomRecord) -> None:
    record.begin(CHAT, look=1, seqno=1, past=0)
    for number in range(1, 10):
        record.note(CHAT, Post(number, MAYA, number * 100), look=number)
        record.feel(CHAT, number, number, {MAYA: ("👍",)})
        record.move(CHAT, number, number)
    record.forget_before(look=6, long_ago=450)
    assert [number for number in range(1, 10) if record.post(CHAT, number)] == [5, 6, 7, 8, 9]
    assert (record.past(CHAT), record.felt(CHAT, 4)) == (4, {})
    record.go_back_to(6)
    assert record.position(CHAT) == 6


def test_a_room_that_is_left_begins_anew_and_keeps_its_name(record: RoomRecord) -> None:
    for chat in (CHAT, OTHER):
        record.begin(chat, look=1, seqno=4, past=2)
        record.entitle(chat, "The lobby")
    record.leave(OTHER)
    assert (record.position(CHAT), record.position(OTHER)) == (None, 4)
    assert record.titles()[CHAT] == "The lobby"
    record.begin(CHAT, look=5, seqno=9, past=8)
    assert (record.position(CHAT), record.past(CHAT), record.titles()[CHAT]) == (9, 8, "The lobby")


def test_a_post_is_known_by_its_signature(record: RoomRecord) -> None:
    sealed = Sealed(data=b"x", signature=b"s" * 64, files=(3,))
    record.mail(CHAT, "key", 1000, sealed)
    kept = record.mailed(CHAT, "key")
    assert kept is not None
    assert (kept.sealed, kept.post, record.last_sent_at()) == (sealed, None, 1000)
    post = Post(7, MAYA, 999)
    assert not record.was_posted(OTHER, sealed.signature, post)
    assert record.was_posted(CHAT, sealed.signature, post)
    kept = record.mailed(CHAT, "key")
    assert kept is not None
    assert (kept.sealed, kept.post) == (None, post)
    assert record.quoted(CHAT, MAYA, 999) == post


@pytest.mark.parametrize("id", ["", "1:15ab", "x:15ab:3", "1::3", "1:15ab:-3", "1:15ab:3:4", f"1:15ab:{'9' * 20}"])
def test_an_id_of_something_else_means_no_message(id: str) -> None:
    assert Post.read(id) is None


def test_an_id_means_the_same_message_for_ever() -> None:
    post = Post(7, MAYA, 1722376318894)
    assert Post.read(post.id) == post


def test_of_more_than_twenty_who_reacted_nobody_is_taken_for_gone() -> None:
    people = tuple(f"15{number:064x}" for number in range(21))
    before: Felt = dict.fromkeys(people, ("👍",))
    some = Row(id=1, seqno=2, reactions={"👍": Reactions(count=21, reactors=people[:20])})
    assert felt_now(some, before) == before
    all_of_them = Row(id=1, seqno=3, reactions={"👍": Reactions(count=20, reactors=people[:20])})
    assert set(felt_now(all_of_them, before)) == set(people[:20])
