"""What each code of a node leads to: section 2.5 of the formats page of the Session network, with requests counted."""

from __future__ import annotations

import pytest

from migrate.session.errors import NoAnswer
from migrate.session.flow import Answer, Ask
from migrate.session.poll import TRIES, Tour, Trouble, every_node
from migrate.session.storage import OF_A_GROUP, OF_AN_ACCOUNT, Call
from migrate.session.swarm import Swarm
from tests.session.played import Reply, node, play, swarm_answer
from tests.session.shelves import (
    MANY,
    NODES,
    NOW,
    contents,
    read,
    shelf,
    shelves,
    visitor,
)


@pytest.mark.parametrize("wrong_by", [-3_600_000, 61_000, 10 * 365 * 86_400_000])
def test_a_wrong_clock_is_set_by_the_node_and_the_request_made_again(wrong_by: int) -> None:
    one, here = visitor(NOW + wrong_by), shelf(NODES[0])
    read(one, here)
    assert contents(one) == MANY
    assert here.asks == 4 + 2  # one refused, one to ask the time
    assert one.clock.time() == NOW


def test_a_node_that_refuses_its_own_time_is_left_alone() -> None:
    one, here = visitor(), shelf(NODES[0], codes=dict.fromkeys(OF_AN_ACCOUNT, 406))
    tour = read(one, here, shelf(NODES[1]))
    assert here.asks == 3
    assert set(tour.visits[0].troubles.values()) == {Trouble.CLOCK}
    assert contents(one) == MANY


def test_a_node_that_refuses_the_time_and_does_not_say_its_own_is_left_alone() -> None:
    refused = Answer(406, b"Timestamp error: check your clock")
    one = visitor()
    replies: list[Reply] = [refused, Answer(500, b""), refused]
    tour = play(every_node(one, Tour(Swarm((NODES[0],)))), replies)
    assert set(tour.visits[0].troubles.values()) == {Trouble.CLOCK}


def test_a_refused_signature_is_not_tried_again_there() -> None:
    one, here = visitor(), shelf(NODES[0], codes={3: 401})
    tour = read(one, here)
    assert here.methods.count("retrieve") == 5 + 3
    assert tour.missing(OF_AN_ACCOUNT) == {3: {Trouble.REFUSED}}
    assert not tour.was_removed(OF_AN_ACCOUNT)


def test_who_was_removed_from_a_group_is_told_so() -> None:
    closed = dict.fromkeys((11, 12, 13, 14), 401)
    one, here = visitor(namespaces=OF_A_GROUP), shelf(NODES[0], {-11: [b"you are out"]}, codes=closed)
    tour = read(one, here)
    assert tour.was_removed(OF_A_GROUP)
    assert contents(one) == {-11: [b"you are out"]}
    assert here.asks == 1


@pytest.mark.parametrize("code", [400, 403, 404, 413])
def test_a_request_that_was_wrong_is_not_repeated(code: int) -> None:
    one, here = visitor(), shelf(NODES[0], codes=dict.fromkeys(OF_AN_ACCOUNT, code))
    tour = read(one, here)
    assert here.asks == 1
    assert set(tour.visits[0].troubles.values()) == {Trouble.BAD_REQUEST}


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504, 302, 0, -1])
def test_a_node_that_is_not_ready_is_asked_a_few_times_and_later_each_time(code: int) -> None:
    one, here = visitor(), shelf(NODES[0], codes={0: code})
    asked: list[Ask[Call]] = []
    tour = play(every_node(one, Tour(Swarm((NODES[0],)))), here, asked)
    assert [ask.attempt for ask in asked] == [1, 2, 3]
    assert tour.visits[0].troubles == {0: Trouble.BUSY}
    assert set(contents(one)) == {2, 3}


def test_a_node_that_fails_once_gives_everything() -> None:
    one, here = visitor(), shelf(NODES[0])
    tired: list[Reply] = [NoAnswer("later"), Answer(503, b"Snode not ready: syncing"), Answer(200, b"<html>")]

    def answer(ask: Ask[Call]) -> Reply:
        here.asks += 1
        return tired.pop() if here.asks % 2 and tired else here(ask)

    play(every_node(one, Tour(Swarm((NODES[0],)))), answer, most=10)
    assert contents(one) == MANY


def test_nodes_that_cannot_be_reached_are_reported_and_the_others_read() -> None:
    one = visitor()
    tour = play(every_node(one, Tour(Swarm(tuple(NODES[:3])))), shelves(shelf(NODES[1])))
    assert contents(one) == MANY
    assert [visit.asks for visit in tour.visits] == [TRIES, 4, TRIES]
    assert set(tour.visits[0].troubles.values()) == {Trouble.UNREACHABLE}
    assert len(tour.swarm.nodes) == 3


def test_a_node_that_the_network_no_longer_knows_leaves_the_swarm_after_one_request() -> None:
    tour = play(every_node(visitor(), Tour(Swarm((NODES[0],)))), [NoAnswer(gone=True)])
    assert tour.swarm == Swarm(())
    assert set(tour.visits[0].troubles.values()) == {Trouble.GONE}


@pytest.mark.parametrize("inside", [True, False])
def test_a_node_that_names_another_swarm_is_followed(inside: bool) -> None:
    one, moved = visitor(), swarm_answer(*NODES[2:4])
    there = shelves(shelf(NODES[2]), shelf(NODES[3]))

    def answer(ask: Ask[Call]) -> Reply:
        if ask.node != NODES[0]:
            return there(ask)
        if inside:
            return {"results": [{"code": 421, "body": moved}] * 5}
        return Answer(421, str(moved).replace("'", '"').encode())

    tour = play(every_node(one, Tour(Swarm((NODES[0],)))), answer)
    assert contents(one) == MANY
    assert tour.swarm == Swarm(tuple(NODES[2:4]))
    assert tour.asks == 1 + 4 + 4


def test_a_node_that_keeps_nothing_and_names_nobody_leaves_the_swarm() -> None:
    one = visitor()
    tour = read(one, shelf(NODES[0], codes=dict.fromkeys(OF_AN_ACCOUNT, 421)), shelf(NODES[1]))
    assert tour.swarm == Swarm((NODES[1],))
    assert contents(one) == MANY


def test_two_nodes_that_name_each_other_are_asked_once_each() -> None:
    def answer(ask: Ask[Call]) -> Reply:
        other = NODES[1] if ask.node == NODES[0] else NODES[0]
        return {"results": [{"code": 421, "body": swarm_answer(other)}] * 5}

    asked: list[Ask[Call]] = []
    play(every_node(visitor(), Tour(Swarm((NODES[0],)))), answer, asked)
    assert [ask.node for ask in asked] == NODES[:2]


def test_one_node_cannot_talk_us_out_of_asking_the_others() -> None:
    one = visitor()
    liar = {"results": [{"code": 421, "body": swarm_answer(NODES[5])}] * 5}
    honest = shelves(shelf(NODES[1]), shelf(NODES[5], {}))
    tour = Tour(Swarm((NODES[0], NODES[1])))
    play(every_node(one, tour), lambda ask: liar if ask.node == NODES[0] else honest(ask))
    assert contents(one) == MANY


def test_a_node_cannot_send_us_to_one_that_is_not_on_the_list() -> None:
    stranger = swarm_answer(node(99))
    tour = play(every_node(visitor(), Tour(Swarm((NODES[0],)))), [{"results": [{"code": 421, "body": stranger}] * 5}])
    assert len(tour.visits) == 1
