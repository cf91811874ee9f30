"""Where everything goes: each kind of event, by each sort of person, on each side of each sort of link."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from bridges.api import (
    About,
    AnyEvent,
    Can,
    Chat,
    ChatKind,
    Deleted,
    Edited,
    Joined,
    Moved,
    Person,
    Posted,
    Reacted,
    Receipt,
    Timer,
    Typing,
)  # fmt: skip
from bridges.relay.engine import follow
from bridges.relay.intents import Say
from bridges.relay.model import Direction, Link, Mode, Options, Place, Rule, Side
from bridges.relay.orders import Hold, Order, Queue, Skip, Tell, Wish
from bridges.relay.sqlite import SqliteStore
from migrate.model import Handle, Network

A, B, C = (Place(bridge=name, chat="room") for name in "abc")
MAYA, ROBIN, EVE = Person(id="maya", name="Maya"), Person(id="robin", name="Robin"), Person(id="eve")
PEOPLE = {"contact": MAYA, "owner": ROBIN, "stranger": EVE}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    owners = {"a": frozenset[str](), "b": frozenset({"robin"}), "c": frozenset({"robin"})}
    sides = {
        name: Side(
            name=name, owners=owners[name], ignored=frozenset({"bot"}),
            about=About(name=name, title=name, network=Network.WEB, summary=".", can=frozenset({Can.IDEMPOTENT})),
        )
        for name in "abc"
    }  # fmt: skip
    made = SqliteStore(tmp_path, sides, control=[Place(bridge="b", chat="control")])
    yield made
    made.close()


def link(**more: object) -> Link:
    return replace(Link(name="l", ends=(A, B, C), options=Options(receipts=True, typing=True)), **more)


def posted(place: Place, person: Person, **more: object) -> Posted:
    chat = Chat(id=place.chat, title="Room", kind=ChatKind.DIRECT)
    return replace(Posted(chat=chat, sender=person, id="1", sent_at=5, text="hello"), **more)


def orders(store: SqliteStore, event: AnyEvent, place: Place) -> list[Order]:
    found = list(follow(event, place.bridge, store))
    store.take(place.bridge, None, found, 5)
    return found


def targets(found: list[Order]) -> set[Place]:
    return {order.place for order in found if isinstance(order, Queue)}


@pytest.mark.parametrize(
    ("private", "place", "who", "own"),
    list(itertools.product((True, False), (A, B), PEOPLE, (True, False))),
)
def test_who_is_heard_where(store: SqliteStore, private: bool, place: Place, who: str, own: bool) -> None:
    store.portals.add(link(private=private))
    found = orders(store, posted(place, PEOPLE[who], own=own), place)
    is_our_account = own and place == B and who != "owner"
    heard = not is_our_account and (not private or place == A or who == "owner")
    assert targets(found) == ({A, B, C} - {place} if heard else set())
    assert heard or any(isinstance(order, Skip) for order in found), "and if not, it is counted"
    says = [order.intent for order in found if isinstance(order, Queue)]
    is_owner = (who == "owner" and place == B) or (own and place == A)
    assert {intent.author.owner for intent in says if isinstance(intent, Say)} <= {is_owner}


@pytest.mark.parametrize(
    ("direction", "place", "goes"),
    [
        (Direction.BOTH, A, {B, C}), (Direction.BOTH, B, {A, C}),
        (Direction.OUT, A, {B, C}), (Direction.OUT, B, set()),
        (Direction.BACK, A, set()), (Direction.BACK, B, {A}),
    ],
)  # fmt: skip
def test_a_link_may_carry_one_way(store: SqliteStore, direction: Direction, place: Place, goes: set[Place]) -> None:
    store.portals.add(link(direction=direction))
    assert targets(orders(store, posted(place, PEOPLE["contact"]), place)) == goes


def test_every_kind_of_event_goes_once_and_changes_nothing_the_second_time(store: SqliteStore) -> None:
    store.portals.add(link(private=True))
    maya, chat = PEOPLE["contact"], Chat(id="room", title="Room")
    one, all_of_them = Reacted.Change.ADDED, Reacted.Change.ALL
    events: list[AnyEvent] = [
        posted(A, maya),
        Edited(chat=chat, sender=maya, message="1", text="hello!", sent_at=6),
        Reacted(chat=chat, sender=maya, message="1", emojis=("👍",), change=one, id="r1"),
        Reacted(chat=chat, sender=maya, message="1", emojis=("👍", "❤️"), change=all_of_them),
        Reacted(chat=chat, sender=maya, message="1", emojis=(), change=all_of_them),
        Receipt(chat=chat, sender=maya, messages=("1",), read=True),
        Timer(chat=chat, sender=maya, seconds=60),
        Deleted(chat=chat, sender=maya, message="1"),
    ]
    counts = []
    for event in events:
        first, second = orders(store, event, A), orders(store, event, A)
        assert targets(second) == set(), f"{event} comes twice"
        counts.append(len([order for order in first if isinstance(order, Queue)]))
    assert counts == [2, 2, 2, 2, 4, 2, 2, 2]
    typing = orders(store, Typing(chat=chat, sender=maya, typing=True), A)
    assert targets(typing) == {B, C}
    assert targets(orders(store, Edited(chat=chat, sender=maya, message="1", text="ghost", sent_at=7), A)) == set()


def test_an_edit_of_a_message_from_before_is_a_new_message(store: SqliteStore) -> None:
    store.portals.add(link())
    edit = Edited(chat=Chat(id="room", title="Room"), sender=PEOPLE["contact"], message="old", text="better", sent_at=6)
    said = [order.intent for order in orders(store, edit, A) if isinstance(order, Queue)]
    assert {intent.text for intent in said if isinstance(intent, Say)} == {"(edited) better"}
    assert targets(orders(store, edit, A)) == set()


@pytest.mark.parametrize(
    ("kind", "groups", "wanted"),
    [
        (ChatKind.DIRECT, False, True), (ChatKind.GROUP, False, False), (ChatKind.GROUP, True, True),
        (ChatKind.COMMUNITY, True, False), (ChatKind.SELF, True, False),
    ],
)  # fmt: skip
def test_a_rule_makes_portals_for_what_it_is_meant_for(
    store: SqliteStore, kind: ChatKind, groups: bool, wanted: bool
) -> None:  # fmt: skip
    store.rules = (Rule(source="a", target="b", mode=Mode.CHATS, groups=groups),)
    event = posted(A, PEOPLE["contact"], chat=Chat(id="room", title="Room", kind=kind))
    found = orders(store, event, A)
    assert [type(order) for order in found if isinstance(order, Wish | Hold)] == ([Wish, Hold] if wanted else [])
    again = orders(store, posted(A, PEOPLE["contact"], id="2", chat=event.chat), A)
    assert [type(order) for order in again if isinstance(order, Wish | Hold)] == ([Hold] if wanted else [])


def test_a_rule_for_a_second_network_keeps_the_first_one_waiting_for_nothing(store: SqliteStore) -> None:
    store.rules = tuple(Rule(source="a", target=name, mode=Mode.CHATS) for name in "bc")
    store.portals.add(link(ends=(A, B), private=True, made=True))
    found = orders(store, posted(A, PEOPLE["contact"]), A)
    assert targets(found) == {B}
    assert [order.target for order in found if isinstance(order, Hold)] == ["c"]


@pytest.mark.parametrize(
    ("place", "more", "reason"),
    [
        (A, {"sender": Person(id="bot")}, "a sender that is ignored"),
        (B, {"notice": True}, "a notice, which nobody answers"),
        (B, {"id": "decamp-x-1"}, "sent by another relay"),
        (A, {"key": "decamp-x-1-0", "own": True}, "sent by another relay"),
    ],
)
def test_what_nobody_should_answer_is_not_answered(
    store: SqliteStore, place: Place, more: dict[str, object], reason: str
) -> None:
    store.portals.add(link())
    found = orders(store, posted(place, PEOPLE["owner"], **more), place)
    assert [order.reason for order in found if isinstance(order, Skip)] == [reason]
    assert targets(found) == set()


def test_calls_and_group_changes_are_told_where_the_account_is_the_owners_own(store: SqliteStore) -> None:
    store.portals.add(link(private=True))
    assert targets(orders(store, posted(A, PEOPLE["contact"], notice=True, text="(a call)"), A)) == {B, C}


def test_who_comes_and_goes_is_told_in_rooms_and_who_moved_to_the_owner(store: SqliteStore) -> None:
    store.portals.add(link())
    joined = Joined(chat=Chat(id="room", title="Room", kind=ChatKind.GROUP), person=PEOPLE["stranger"])
    assert targets(orders(store, joined, A)) == {B, C}
    moved = Moved(person=PEOPLE["contact"], to=Handle(network=Network.XMPP, address="xmpp:maya@example.org"))
    (told,) = [order for order in follow(moved, "a", store) if isinstance(order, Tell)]
    assert told.text.startswith("Maya says that they are at xmpp:maya@example.org now. Nobody checked that")
