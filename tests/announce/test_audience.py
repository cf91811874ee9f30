"""Who gets a notice, who does not, and why not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bridges.events import Chat, ChatKind
from migrate.announce.audience import Audience, Known, WhoIsMeant, Wish, choose, known
from migrate.announce.channels import people_of, place, reach
from migrate.errors import WrongWords
from migrate.model import Contact, Relation
from tests.announce.people import person

ALICE = person(1, name="Ali (dentist)", friend="Alice", names=("Ali (dentist)", "Alice"), messages=40, last_at=500)
BOB = person(2, name="Bob", names=("Bob",), messages=3, last_at=100)
OTHER_BOB = person(3, name="Bob", names=("Bob",), messages=9, last_at=900)
MALLORY = person(4, name="Mallory", names=("Mallory",), blocked=True, messages=9, last_at=900)
STRANGER = person(5, name="Someone", names=("Someone",), stranger=True, messages=9, last_at=900)
ME = person(6, name="Me", names=("Me",), messages=99, last_at=999)
EVERYBODY = [ALICE, BOB, OTHER_BOB, MALLORY, STRANGER, ME]


def chosen(people: Iterable[Known] = EVERYBODY, **wish: object) -> list[Known]:
    return list(choose(list(people), Wish(**wish), own=[ME.id]).chosen)  # type: ignore[arg-type]


def why(audience: Audience) -> dict[str, str]:
    return {one.id: reason for one, reason in audience.left_out}


def test_blocked_people_strangers_and_oneself_are_left_out_with_the_reason() -> None:
    audience = choose(EVERYBODY, Wish(), own=[ME.id])
    assert audience.chosen == (ALICE, BOB, OTHER_BOB)
    assert why(audience) == {MALLORY.id: "blocked", STRANGER.id: "a stranger", ME.id: "it is you"}


def test_whoever_is_named_gets_one_even_if_blocked_but_nobody_tells_themselves() -> None:
    assert chosen(only=("mallory", STRANGER.id, "me")) == [MALLORY, STRANGER]


def test_names_of_every_kind_find_somebody_and_capitals_do_not_count() -> None:
    for name in ("ALICE", "ali  (dentist)", ALICE.id):
        assert chosen(only=(name,)) == [ALICE]


def test_a_name_of_two_people_is_answered_with_both_ids() -> None:
    with pytest.raises(WhoIsMeant) as raised:
        chosen(only=("Bob",))
    assert BOB.id in str(raised.value)
    assert OTHER_BOB.id in str(raised.value)
    assert chosen(excluded=(BOB.id,)) == [ALICE, OTHER_BOB]


def test_a_name_that_is_nobodys_is_answered_with_near_ones() -> None:
    with pytest.raises(WhoIsMeant) as raised:
        chosen(excluded=("Alise",))
    assert "alice" in raised.value.hint


def test_time_and_number_of_messages_choose() -> None:
    assert chosen(active_since=400) == [ALICE, OTHER_BOB]
    assert chosen(min_messages=9) == [ALICE, OTHER_BOB]
    assert chosen(min_messages=10, active_since=600) == []


def test_a_place_that_does_not_know_when_says_so_instead_of_guessing() -> None:
    unknown = person(7, messages=None, last_at=None)
    with pytest.raises(WrongWords, match="--active-since"):
        chosen([unknown], active_since=1)


def test_tags_are_lists_of_names() -> None:
    tags = {"family": ["Alice", OTHER_BOB.id]}
    assert choose(EVERYBODY, Wish(tags=("family",)), tags=tags).chosen == (ALICE, OTHER_BOB)
    with pytest.raises(WrongWords, match="work"):
        choose(EVERYBODY, Wish(tags=("work",)), tags=tags)


def test_whoever_was_told_is_left_out_until_told_again() -> None:
    audience = choose(EVERYBODY, Wish(), own=[ME.id], told={BOB.id: "told already"})
    assert BOB not in audience.chosen
    assert why(audience)[BOB.id] == "told already"


def test_a_nickname_is_for_the_owner_and_never_what_somebody_is_called_in_their_notice() -> None:
    contact = Contact(id=ALICE.id, name="Alice", nickname="Ali (dentist)", display="Ali (dentist)")
    assert (known(contact).name, known(contact).friend) == ("Ali (dentist)", "Alice")
    assert known(contact).stranger
    assert not known(Contact(id=BOB.id, display="Bob", relation=Relation.CONTACT)).stranger


# -- over other networks -----------------------------------------------------------------------------

CHATS = [
    Chat(id="c1", title="alice", person="alice@example.org"),
    Chat(id="c2", title="Bob", person="bob@example.org"),
    Chat(id="c3", title="Bob", person="bob2@example.org"),
    Chat(id="g1", title="Hikers", kind=ChatKind.GROUP),
    Chat(id="g2", title="Hikers", kind=ChatKind.GROUP),
    Chat(id="me", title="Notes", kind=ChatKind.SELF),
]


def test_people_are_found_on_another_network_by_their_handle_or_a_name_that_is_theirs_alone() -> None:
    audience = reach(Audience((ALICE, BOB, OTHER_BOB, STRANGER), ()), CHATS, {OTHER_BOB.id: "c3"})
    assert [(one.id, one.chat) for one in audience.chosen] == [(ALICE.id, "c1"), (OTHER_BOB.id, "c3")]
    assert why(audience) == {BOB.id: "several chats of that name", STRANGER.id: "no chat with them there"}


def test_leaving_another_network_its_chats_say_who_is_told() -> None:
    assert [(one.id, one.chat) for one in people_of(CHATS)] == [
        ("alice@example.org", "c1"), ("bob@example.org", "c2"), ("bob2@example.org", "c3"),
    ]  # fmt: skip


def test_a_group_is_found_by_a_name_that_is_its_own() -> None:
    assert place(CHATS, "g2").id == "g2"
    with pytest.raises(WrongWords, match="any of these 2"):
        place(CHATS, "hikers")
    with pytest.raises(WrongWords, match="no group"):
        place(CHATS, "Bob")
