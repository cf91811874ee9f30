"""Messages as nodes give them: each once, none lost, and no node believed about what it gave."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.session.errors import BadAnswer
from migrate.session.flow import Answer
from migrate.session.poll import Tour, every_node
from migrate.session.receive import Inbox, read_page
from migrate.session.storage import hash_of
from migrate.session.swarm import Swarm
from tests.session.played import play
from tests.session.shelves import NODES, SIGNER, Shelf, contents, visitor

ALICE = SIGNER.pubkey
HERE = Shelf(NODES[0], ALICE)
GOOD = HERE.message(0, b"good")


def page(*entries: object, more: object = False) -> dict[str, Any]:
    return {"messages": list(entries), "more": more}


def inbox(*pages: dict[str, Any]) -> Inbox:
    filled = Inbox(ALICE)
    for one in pages:
        filled.take(read_page(one, ALICE, 0))
    return filled


def test_the_messages_of_the_vectors_have_the_hashes_that_nodes_gave_them(samples: Path) -> None:
    vectors = json.loads((samples / "session-network" / "vectors.json").read_text("utf-8"))["messages"]["items"]
    bob = vectors[0]["recipient"]
    found = [item for item in vectors if item["recipient"] == bob]
    entries = [{"hash": item["hash_in_namespace_0"], "data": item["data"], "timestamp": 1} for item in found]
    read = read_page(page(*entries), bob, 0)
    assert len(read.messages) == len(found) > 10
    assert all(message.is_itself for message in read.messages)


def test_a_message_is_kept_as_it_lies_there() -> None:
    (message,) = inbox(page(GOOD)).fresh()
    assert (message.data, message.namespace, message.hash) == (b"good", 0, hash_of(ALICE, 0, b"good"))
    assert (message.stored_at, message.expires_at) == (GOOD["timestamp"], GOOD["expiration"])


def test_two_nodes_that_have_the_same_message_give_it_once() -> None:
    filled = inbox(page(GOOD, GOOD), page(GOOD))
    assert len(list(filled.fresh())) == len(filled) == 1
    assert filled.duplicates == 2


def test_what_was_taken_out_does_not_come_again() -> None:
    filled = inbox(page(GOOD))
    assert len(list(filled.fresh())) == 1
    filled.take(read_page(page(GOOD), ALICE, 0))
    assert list(filled.fresh()) == []


@pytest.mark.parametrize("first", ["damaged", "good"])
def test_a_damaged_copy_does_not_hide_the_good_one_of_another_node(first: str) -> None:
    damaged = {**GOOD, "data": base64.b64encode(b"evil").decode()}
    filled = inbox(page(damaged), page(GOOD)) if first == "damaged" else inbox(page(GOOD), page(damaged))
    assert [message.data for message in filled.fresh()] == [b"good"]
    assert filled.doubtful() == ()


def test_what_has_nowhere_the_bytes_of_its_hash_is_set_apart_and_not_lost() -> None:
    filled = inbox(page({**GOOD, "data": base64.b64encode(b"evil").decode()}))
    assert list(filled.fresh()) == []
    (message,) = filled.doubtful()
    assert message.data == b"evil"
    assert not message.is_itself


@pytest.mark.parametrize(
    "entry",
    [
        None,
        7,
        [],
        {},
        {**GOOD, "hash": "short"},
        {**GOOD, "hash": "é" * 43},
        {**GOOD, "hash": None},
        {**GOOD, "data": None},
        {**GOOD, "data": "not base64!"},
        {**GOOD, "data": "abc"},
    ],
)
def test_an_entry_that_is_no_message_is_counted_and_costs_only_itself(entry: object) -> None:
    filled = inbox(page(entry, GOOD))
    assert filled.damaged == 1
    assert [message.data for message in filled.fresh()] == [b"good"]


@pytest.mark.parametrize("time", [None, "1771000000000", True, 1.5, 1 << 70])
def test_a_time_that_is_none_is_left_out(time: object) -> None:
    (message,) = inbox(page({**GOOD, "timestamp": time, "expiration": time})).fresh()
    assert message.stored_at is message.expires_at is None


@pytest.mark.parametrize("body", [{}, {"messages": None}, {"messages": {}}, {"messages": "x"}])
def test_what_is_no_page_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        read_page(body, ALICE, 0)


def test_a_message_is_shown_without_what_is_in_it_and_whose_it_is() -> None:
    (message,) = inbox(page(GOOD)).fresh()
    assert ALICE not in repr(message)
    assert "good" not in repr(message)


# -- hostile answers ---------------------------------------------------------------------------------

BODY = json.dumps({"results": [{"code": 200, "body": {**page(GOOD), "t": 1771000000000}}]}).encode()


DAMAGE = (st.binary(max_size=6), st.integers(0, len(BODY)), st.integers(0, 6))


def read_after(damaged: bytes) -> None:
    """Whatever happens to one answer, the flow ends, and what the next node says is read."""
    one, replies = visitor(namespaces=(0,)), [damaged]
    tour = Tour(Swarm(tuple(NODES[:2])))
    play(every_node(one, tour), lambda ask: Answer(200, replies.pop() if replies else BODY), most=6)
    assert contents(one)[0] == [b"good"]


@given(*DAMAGE)
def test_a_damaged_answer_is_an_error_of_ours_or_a_page(new: bytes, place: int, gone: int) -> None:
    read_after(BODY[:place] + new + BODY[place + gone :])


@pytest.mark.long
@settings(max_examples=20_000, derandomize=False)
@given(*DAMAGE)
def test_many_damaged_answers_are_errors_of_ours_or_pages(new: bytes, place: int, gone: int) -> None:
    read_after(BODY[:place] + new + BODY[place + gone :])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=50),
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.sampled_from([*GOOD, "code", "body", "more"]), one),
    max_leaves=15,
)


@given(st.lists(JSON, max_size=4), JSON)
def test_any_json_in_the_place_of_messages_is_counted(entries: list[object], more: object) -> None:
    filled = inbox(page(*entries, GOOD, more=more))
    assert [message.data for message in filled.fresh()] == [b"good"]
    assert filled.damaged + len(filled.doubtful()) <= len(entries)


@given(JSON, st.integers(0, 3))
def test_any_json_in_the_place_of_results_is_an_error_of_ours_or_answers(results: object, count: int) -> None:
    try:
        parts = Answer(200, json.dumps({"results": results}).encode()).parts(count)
    except BadAnswer:
        return
    assert len(parts) == count
