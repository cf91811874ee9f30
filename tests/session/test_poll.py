"""Everything that nodes keep for an account, whatever order they keep it in; and never an endless loop."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.session.errors import NoAnswer
from migrate.session.flow import Answer, Ask
from migrate.session.poll import MOST_ASKS, TRIES, Tour, Trouble, collect, every_node
from migrate.session.storage import OF_AN_ACCOUNT, Call
from migrate.session.swarm import Swarm
from tests.session.played import Reply, play, swarm_answer
from tests.session.shelves import (
    EVERYTHING,
    MANY,
    NODES,
    NOW,
    SIGNER,
    Shelf,
    contents,
    read,
    shelf,
    shelves,
    sorted_contents,
    visitor,
)


def test_every_page_of_every_namespace_comes_in_as_few_requests_as_there_are_pages() -> None:
    one, here = visitor(), shelf(NODES[0])
    tour = read(one, here)
    assert contents(one) == MANY
    assert here.asks == tour.asks == 4  # ten messages, three on a page; settings ride along with the first
    assert tour.missing(OF_AN_ACCOUNT) == {}


def test_namespaces_that_are_at_their_end_are_not_asked_again() -> None:
    one, here = visitor(), shelf(NODES[0])
    read(one, here)
    assert here.methods.count("retrieve") == 5 + 3


def test_reordered_nodes_give_each_message_once() -> None:
    one, order = visitor(), random.Random(1)
    swarm = [shelf(each, {0: order.sample(MANY[0], 10)}) for each in NODES[:5]]
    tour = read(one, *swarm)
    assert sorted_contents(one) == {0: EVERYTHING[0]}
    assert one.inbox.duplicates == 40
    assert tour.asks == 5 * 4


def test_what_only_one_node_has_is_found() -> None:
    one = visitor()
    read(one, shelf(NODES[0], {0: [b"a"]}), shelf(NODES[1], {0: [b"b"]}), shelf(NODES[2], {}))
    assert sorted_contents(one) == {0: [b"a", b"b"]}


def test_the_next_round_asks_for_what_is_new_by_the_order_of_each_node() -> None:
    one = visitor()
    kept = [{0: [b"a", b"b"]}, {0: [b"b", b"a"]}]
    swarm = [shelf(each, have) for each, have in zip(NODES, kept, strict=False)]
    read(one, *swarm)
    contents(one)
    for each in swarm:
        each.kept[0].insert(0 if each is swarm[0] else 2, b"c")  # the first node files it before what it gave already
    read(one, *swarm)
    assert contents(one) == {0: [b"c"]}


def test_an_unknown_last_hash_brings_everything_and_nothing_twice() -> None:
    one, here = visitor(), shelf(NODES[0])
    one.marks[NODES[0].ed25519, SIGNER.pubkey, 0] = "A" * 43
    read(one, here)
    assert sorted_contents(one) == EVERYTHING


def test_a_message_that_expires_between_two_pages_costs_nothing() -> None:
    """The node no longer knows where we were, begins again, and what comes later is read all the same."""
    one, here = visitor(), shelf(NODES[0], {0: list(MANY[0])})

    def answer(ask: Ask[Call]) -> Reply:
        if here.asks == 2:
            here.kept[0].remove(b"message 5")
        return here(ask)

    play(every_node(one, Tour(Swarm((NODES[0],)))), answer, most=20)
    assert sorted_contents(one) == {0: EVERYTHING[0]}


def test_a_node_that_repeats_itself_is_left_alone() -> None:
    one, here = visitor(), shelf(NODES[0])

    def forgetful(ask: Ask[Call]) -> Reply:
        answer = here(ask)
        assert isinstance(answer, dict)
        for result in answer["results"]:
            result["body"]["messages"] = [here.message(0, b"the same"), here.message(0, b"and another")]
            result["body"]["more"] = True
        return answer

    asked: list[Ask[Call]] = []
    tour = play(every_node(one, Tour(Swarm((NODES[0],)))), forgetful, asked)
    assert set(tour.visits[0].troubles.values()) == {Trouble.REPEATS}
    assert len(asked) == 2


def test_a_node_that_goes_round_in_circles_is_left_alone() -> None:
    one, here = visitor(), shelf(NODES[0], {0: [b"1", b"2", b"3"]}, page=1)
    turn = 0

    def circling(ask: Ask[Call]) -> Reply:
        nonlocal turn
        turn += 1
        message = here.message(0, here.kept[0][turn % 3])
        empty = {"code": 200, "body": {"messages": []}}
        parts = [{"code": 200, "body": {"messages": [message], "more": True}}, *[empty] * 4]
        return {"results": parts[: 5 if turn == 1 else 1]}

    asked: list[Ask[Call]] = []
    tour = play(every_node(one, Tour(Swarm((NODES[0],)))), circling, asked)
    assert tour.visits[0].troubles == {0: Trouble.REPEATS}
    assert len(asked) == 7


def test_a_node_that_never_ends_is_left_alone() -> None:
    one, here = visitor(namespaces=(0,)), shelf(NODES[0])
    turn = 0

    def endless(ask: Ask[Call]) -> Reply:
        nonlocal turn
        turn += 1
        return {"results": [{"code": 200, "body": {"messages": [here.message(0, b"%d" % turn)], "more": True}}]}

    tour = play(every_node(one, Tour(Swarm((NODES[0],)))), endless)
    assert tour.asks == MOST_ASKS
    assert tour.visits[0].troubles == {0: Trouble.TOO_MUCH}


def test_what_nobody_takes_out_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.session.receive.LARGEST_INBOX", 30)
    one, here = visitor(), shelf(NODES[0])
    tour = read(one, here)
    assert tour.visits[0].troubles == {0: Trouble.TOO_MUCH}
    assert here.asks == 1


# -- whole runs --------------------------------------------------------------------------------------


def test_the_whole_way_from_a_list_of_nodes_to_every_message_is_a_known_number_of_requests() -> None:
    one, swarm = visitor(NOW + 999_999), [shelf(each) for each in NODES[:5]]
    kept = shelves(*swarm)

    def answer(ask: Ask[Call]) -> Reply:
        return swarm_answer(*NODES[:5]) if ask.call.method == "get_swarm" else kept(ask)

    tour = play(collect(one, NODES[5:]), answer)
    assert contents(one) == MANY
    # The clock is off by 17 minutes, and no request was refused for it: the first answer said what time it is.
    assert tour.asks == 5 * 4


def test_a_made_up_swarm_is_looked_up_once_more() -> None:
    one = visitor()
    kept, turns = shelves(shelf(NODES[0])), [swarm_answer(NODES[7]), swarm_answer(NODES[0])]
    asked: list[Ask[Call]] = []
    play(collect(one, NODES[4:7]), lambda ask: turns.pop(0) if ask.call.method == "get_swarm" else kept(ask), asked)
    assert contents(one) == MANY
    assert len(asked) == 2 + TRIES + 4


def test_a_client_that_comes_back_soon_asks_two_nodes_that_answer() -> None:
    one, swarm = visitor(), [shelf(each) for each in NODES[1:6]]
    tour = Tour(Swarm(tuple(NODES[:6])), enough=2)
    play(every_node(one, tour), shelves(*swarm))
    assert [each.asks for each in swarm] == [4, 4, 0, 0, 0]


def test_nothing_is_ever_asked_but_to_read() -> None:
    one, here = visitor(NOW + 999_999), shelf(NODES[0])
    read(one, here)
    assert set(here.methods) == {"batch", "retrieve", "info"}


FAULTS: list[Callable[[Shelf], Reply]] = [
    lambda here: NoAnswer("dropped"),
    lambda here: NoAnswer("gone", gone=True),
    lambda here: Answer(200, b"{"),
    lambda here: Answer(200, b"[" * 100_000),
    lambda here: {"results": "no"},
    lambda here: {"results": [{"code": 200, "body": {"messages": {"0": 1}}}] * 5},
    lambda here: {"results": [{"code": 200, "body": {"messages": [None, {}, {"hash": 1}], "more": True}}] * 5},
    lambda here: {"results": [{"code": True}] * 5},
    lambda here: {"results": [{"code": 200, "body": "text"}] * 5},
    lambda here: {"results": [{"code": 406, "body": "clock"}] * 5},
    lambda here: {"results": [{"code": 421, "body": swarm_answer(*NODES)}] * 5},
    lambda here: Answer(421, b""),
    lambda here: Answer(503, b""),
]


@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from(FAULTS)), max_size=25), st.randoms(use_true_random=False))
def test_whatever_nodes_do_it_ends_and_one_good_node_is_enough(
    faults: list[tuple[int, Callable[[Shelf], Reply]]], order: random.Random
) -> None:
    """Any faults at any requests to four nodes; the fifth one is never disturbed."""
    one, at = visitor(), dict(faults)
    swarm = [shelf(each, {space: order.sample(data, len(data)) for space, data in MANY.items()}) for each in NODES[:5]]
    kept, turn = shelves(*swarm), 0

    def answer(ask: Ask[Call]) -> Reply:
        nonlocal turn
        turn += 1
        fault = at.get(turn) if ask.node != NODES[4] else None
        return kept(ask) if fault is None else fault(swarm[0])

    tour = play(every_node(one, Tour(Swarm(tuple(NODES[:5])))), answer, most=5 * 4 + 3 * len(NODES) + 3 * len(at))
    assert sorted_contents(one) == EVERYTHING
    assert tour.missing(OF_AN_ACCOUNT) == {}
