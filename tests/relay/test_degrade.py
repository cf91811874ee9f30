"""What becomes of everything on every network there could be: each combination of abilities, and what is left of it."""

from __future__ import annotations

import itertools

import pytest

from bridges.api import About, AnyAction, Can, Delete, Edit, Limits, Person, Post, React, Reference, Upload
from bridges.relay import words
from bridges.relay.degrade import PERHAPS_TWICE, Plan, Unsent, View, mapped, plan
from bridges.relay.intents import (
    Admit,
    AnyIntent,
    Correct,
    Delivered,
    Fade,
    Feel,
    Quoted,
    Recall,
    Say,
    Seen,
    Types,
)
from bridges.relay.model import Author
from bridges.relay.store import Copy
from migrate.model import Network

NOW = 1_700_000_000_000
MAYA = Author(id="05maya", name="Maya", bridge="session")
OWNER = Author(id="05me", name="Robin", bridge="session", owner=True)
REF = Reference(id="x1", author="me", sent_at=NOW, text="shall we?")
FILE = Upload(path="/nowhere", name="a.ogg", type="audio/ogg", size=9, voice=True)
LONG = "\n".join(f"line {number} with some words" for number in range(300))
COPIES = (Copy(id="x1", part=0, is_text=True, sent_at=NOW), Copy(id="x2", part=1, is_text=False, sent_at=NOW))

INTENTS: dict[str, AnyIntent] = {
    "text": Say(author=MAYA, text="hello", sent_at=NOW),
    "the owner's text": Say(author=OWNER, text="hello", sent_at=NOW),
    "long text": Say(author=MAYA, text=LONG, sent_at=NOW),
    "reply": Say(author=MAYA, text="we shall", reply=1, quoted=Quoted(author="Robin", text="shall we?"), sent_at=NOW),
    "file with words": Say(author=MAYA, text="look", sent_at=NOW),
    "history": Say(author=MAYA, text="back then", sent_at=NOW - 10**9, past=True),
    "notice": Say(author=MAYA, text="a call", sent_at=NOW, notice=True),
    "disappearing": Say(author=MAYA, text="soon gone", sent_at=NOW, expires=60),
    "nothing": Say(author=MAYA, sent_at=NOW),
    "edit": Correct(author=MAYA, text="hello!", at=NOW),
    "deletion": Recall(author=MAYA, at=NOW),
    "reaction": Feel(author=MAYA, emoji="❤️", add=True),
    "reaction gone": Feel(author=MAYA, emoji="❤️", add=False),
    "receipt": Seen(author=OWNER),
    "confirmation": Delivered(id="x1"),
    "typing": Types(author=MAYA, typing=True),
    "timer": Fade(author=MAYA, seconds=86_400),
    "request": Admit(),
}
MATTERS: dict[str, tuple[Can, ...]] = {
    "edit": (Can.EDITS, Can.REPLIES),
    "deletion": (Can.DELETES, Can.REPLIES),
    "reaction": (Can.REACTIONS, Can.REPLIES),
    "reaction gone": (Can.REACTIONS,),
    "receipt": (Can.READ,),
    "confirmation": (Can.CONFIRMS,),
    "typing": (Can.TYPING,),
    "timer": (Can.TIMERS,),
    "request": (Can.REQUESTS,),
}
OF_A_MESSAGE = (Can.FILES, Can.CAPTIONS, Can.VOICE, Can.REPLIES, Can.TRUE_TIMES, Can.TIMERS)
WHO = (Can.PERSONAS, Can.OWNER)


def combinations(name: str) -> list[frozenset[Can]]:
    cans = (*MATTERS.get(name, OF_A_MESSAGE), *WHO)
    return [frozenset(some) for size in range(len(cans) + 1) for some in itertools.combinations(cans, size)]


def made(name: str, can: frozenset[Can], **more: object) -> Plan:
    files = (FILE,) if name == "file with words" and Can.FILES in can else ()
    gone = (Unsent("a.ogg", 9, "files cannot be sent there"),) if name == "file with words" and not files else ()
    view = View(can=can, limits=Limits(text_characters=500), now=NOW, reply=REF, target=REF, copies=COPIES, all=("❤️",), files=files or gone)  # fmt: skip  # noqa: E501
    for key, value in more.items():
        object.__setattr__(view, key, value)
    return plan(INTENTS[name], "k", view)


@pytest.mark.parametrize("name", INTENTS)
def test_on_every_network_it_is_shown_or_counted_and_needs_only_what_there_is(name: str) -> None:
    for can in combinations(name):
        found = made(name, can)
        assert found.steps or found.dropped, "never dropped in silence"
        keys = [step.key for step in found.steps]
        assert len(set(keys)) == len(keys)
        for step in found.steps:
            assert step.needs <= can, f"{name} with {sorted(can)}"
            if isinstance(step, Post):
                assert words.fits(step.text, Limits(text_characters=500))
                assert step.text or step.files


@pytest.mark.parametrize("name", [name for name, intent in INTENTS.items() if isinstance(intent, Say)])
def test_on_every_network_all_words_of_a_message_arrive(name: str) -> None:
    intent = INTENTS[name]
    assert isinstance(intent, Say)
    for can in combinations(name):
        texts = [step.text for step in made(name, can).steps if isinstance(step, Post)]
        joined = "".join(unmarked(text) for text in texts)
        assert intent.text in joined
        assert "Maya" in joined or Can.PERSONAS in can or intent.author.owner, "one sees who speaks"


def unmarked(text: str) -> str:
    head, blank, mark = text.rpartition(" (")
    return head if blank and "/" in mark and mark.endswith(")") else text


def the(steps: Plan) -> AnyAction:
    (only,) = steps.steps
    return only


def text_of(steps: Plan) -> str:
    only = the(steps)
    assert isinstance(only, Post | Edit)
    return only.text


NOTHING: frozenset[Can] = frozenset()


def test_a_reply_becomes_a_short_quoted_line() -> None:
    assert text_of(made("reply", NOTHING)) == "> Robin: shall we?\nMaya: we shall"
    only = the(made("reply", frozenset({Can.REPLIES})))
    assert isinstance(only, Post)
    assert (only.text, only.reply_to) == ("Maya: we shall", REF)


def test_an_edit_becomes_a_corrected_copy_and_a_deletion_a_notice() -> None:
    assert text_of(made("edit", NOTHING)) == "Maya: (edited) hello!"
    gone = the(made("deletion", NOTHING))
    assert isinstance(gone, Post)
    assert gone.notice
    assert gone.text == "Maya: (took back a message of 2023-11-14 22:13 UTC)"


def test_an_edit_or_a_deletion_that_comes_too_late_for_the_network_is_said_instead() -> None:
    old = tuple(Copy(id=copy.id, part=copy.part, is_text=copy.is_text, sent_at=NOW - 100_000) for copy in COPIES)
    limits = Limits(edit_seconds=60, delete_seconds=60)
    for name, can, kind in (("edit", Can.EDITS, Edit), ("deletion", Can.DELETES, Delete)):
        assert isinstance(made(name, frozenset({can}), limits=limits).steps[0], kind)
        assert isinstance(the(made(name, frozenset({can}), copies=old, limits=limits)), Post)


def test_a_deletion_takes_back_every_part_of_a_message() -> None:
    steps = made("deletion", frozenset({Can.DELETES})).steps
    assert [step.message.id for step in steps if isinstance(step, Delete)] == ["x1", "x2"]


def test_an_edit_of_a_text_in_parts_changes_the_parts() -> None:
    copies = tuple(Copy(id=f"x{number}", part=number, is_text=True) for number in range(3))
    view = View(can=frozenset({Can.EDITS}), limits=Limits(text_characters=60), now=NOW, copies=copies, target=REF)
    edits = plan(Correct(author=MAYA, text="word " * 16, at=NOW), "k", view).steps
    assert [edit.message.id for edit in edits if isinstance(edit, Edit)] == ["x0", "x1", "x2"]
    assert len(edits) == 3


@pytest.mark.parametrize(
    ("emoji", "allowed", "shown"),
    [
        ("❤️", {"❤"}, "❤"), ("❤", {"❤️"}, "❤️"), ("👍🏽", {"👍"}, "👍"), ("👍", None, "👍"),
        ("🦤", {"👍"}, None), ("", {"👍"}, None),
    ],
)  # fmt: skip
def test_a_reaction_is_shown_as_the_network_has_it(emoji: str, allowed: set[str] | None, shown: str | None) -> None:
    assert mapped(emoji, frozenset(allowed) if allowed is not None else None) == shown


def test_a_reaction_that_cannot_be_shown_is_a_notice_only_for_those_who_want_it() -> None:
    assert made("reaction", NOTHING).dropped
    assert text_of(made("reaction", NOTHING, reaction_notices=True)) == "Maya: (reacts with ❤️)"
    assert made("reaction gone", NOTHING, reaction_notices=True).dropped


def test_where_one_reaction_is_all_a_person_can_have_the_last_one_counts() -> None:
    view = View(
        can=frozenset({Can.REACTIONS}), limits=Limits(reactions_per_person=1), now=NOW, target=REF, all=("👍", "❤️")
    )
    only = the(plan(Feel(author=MAYA, emoji="❤️", add=True), "k", view))
    assert isinstance(only, React)
    assert only.all == ("❤️",)
    assert plan(Feel(author=MAYA, emoji="👍", add=True), "k", view).dropped


def test_a_caption_is_said_apart_where_file_and_text_cannot_be_one() -> None:
    apart = made("file with words", frozenset({Can.FILES})).steps
    assert [(step.text, len(step.files)) for step in apart if isinstance(step, Post)] == [("Maya: look", 0), ("", 1)]
    one = the(made("file with words", frozenset({Can.FILES, Can.CAPTIONS})))
    assert isinstance(one, Post)
    assert not one.files[0].voice, "a voice note is a file where there are none"


def test_a_file_that_cannot_be_sent_becomes_text_with_name_size_and_reason() -> None:
    assert text_of(made("file with words", NOTHING)) == "Maya: look\n(file a.ogg, 9 bytes: files cannot be sent there)"


def test_the_true_time_is_a_prefix_where_the_network_has_none() -> None:
    assert text_of(made("history", NOTHING)) == "[2023-11-03 08:26] Maya: back then"
    only = the(made("history", frozenset({Can.TRUE_TIMES})))
    assert isinstance(only, Post)
    assert (only.text, only.sent_at) == ("Maya: back then", NOW - 10**9)


def test_the_name_is_a_prefix_a_persona_or_not_needed() -> None:
    assert text_of(made("text", NOTHING)) == "Maya: hello"
    assert text_of(made("text", NOTHING, plain=True)) == "hello"
    only = the(made("text", frozenset({Can.PERSONAS})))
    assert isinstance(only, Post)
    assert only.persona == Person(id="05maya", name="Maya")
    assert text_of(made("the owner's text", NOTHING)) == "Robin: hello"
    assert text_of(made("the owner's text", NOTHING, owner_here=True)) == "hello"
    only = the(made("the owner's text", frozenset({Can.OWNER})))
    assert isinstance(only, Post)
    assert only.as_owner


def test_what_may_be_there_already_says_so_only_where_the_network_cannot_tell() -> None:
    view = View(can=NOTHING, limits=Limits(), now=NOW)
    assert text_of(plan(INTENTS["text"], "k", view, doubtful=True)) == f"{PERHAPS_TWICE}Maya: hello"
    view = View(can=frozenset({Can.IDEMPOTENT}), limits=Limits(), now=NOW)
    assert text_of(plan(INTENTS["text"], "k", view, doubtful=True)) == "Maya: hello"


@pytest.mark.parametrize("limits", [Limits(text_characters=100), Limits(text_bytes=100), Limits(text_bytes=3)])
@pytest.mark.parametrize("text", [LONG, "x" * 1000, "👍" * 333, "é\n" * 500, "\ud800" * 300, " " * 400])
def test_a_long_text_in_parts_is_the_text_again_when_they_are_joined(limits: Limits, text: str) -> None:
    parts = words.split(text, limits)
    assert "".join(unmarked(part) for part in parts) == text
    if limits.text_bytes != 3:
        assert all(words.fits(part, limits) for part in parts)
    assert parts[0].endswith(f"(1/{len(parts)})")


def test_the_limits_of_every_bridge_leave_room_for_words() -> None:
    about = About(name="a", title="A", network=Network.WEB, summary=".", limits=Limits(text_characters=2_000))
    assert words.split("a" * 2_000, about.limits) == ["a" * 2_000]
    assert len(words.split("a" * 2_001, about.limits)) == 2
