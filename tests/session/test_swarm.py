"""Lists of nodes, swarms and the clock: what one answer may say, and what it may not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.session.clock import Clock
from migrate.session.errors import BadAnswer, NoAnswer
from migrate.session.flow import Answer, Ask
from migrate.session.nodes import NodeList, agreed, node_list_request, read_node_list
from migrate.session.storage import Call
from migrate.session.swarm import LARGEST, Swarm, read_swarm, swarm_of
from tests.session.played import Reply, known, node, play, state, swarm_answer

NODES = [node(number) for number in range(1, 9)]
ALICE = "05" + "ab" * 32
NOW = 1771000000000


def clock() -> Clock:
    return Clock(lambda: NOW)


def listed(number: int, **changes: Any) -> dict[str, Any]:
    """A node as a seed has it."""
    one = node(number)
    keys = {"pubkey_ed25519": one.key, "pubkey_x25519": one.x25519.hex()}
    return {"public_ip": one.ip, "storage_port": one.port, "requested_unlock_height": 0, **keys, **changes}


def seed_answer(*states: object, height: int = 1000) -> bytes:
    return json.dumps({"result": {"service_node_states": states, "height": height}}).encode()


# -- lists of nodes ----------------------------------------------------------------------------------


def test_a_seed_is_asked_as_the_app_asks_it() -> None:
    assert node_list_request() == (
        b'{"jsonrpc":"2.0","method":"get_n_service_nodes","params":{"active_only":true,"fields":{"public_ip":true,'
        b'"storage_port":true,"pubkey_x25519":true,"pubkey_ed25519":true,"requested_unlock_height":true,"height":true}}}'
    )


def test_the_nodes_of_a_seed_are_read() -> None:
    found = read_node_list(seed_answer(listed(1), listed(2)))
    assert found == NodeList((node(1), node(2)), 1000, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"public_ip": ""},
        {"public_ip": "0.0.0.0"},
        {"public_ip": "127.0.0.1"},
        {"public_ip": "10.0.0.1"},
        {"public_ip": "192.168.1.1"},
        {"public_ip": "169.254.169.254"},
        {"public_ip": "::1"},
        {"public_ip": "example.org"},
        {"public_ip": "1.2.3.4/x"},
        {"public_ip": None},
        {"storage_port": 0},
        {"storage_port": 65536},
        {"storage_port": True},
        {"storage_port": "²"},
        {"storage_port": "999999999999999"},
        {"pubkey_x25519": "00" * 32},
        {"pubkey_x25519": "01" + "00" * 31},
        {"pubkey_x25519": "ab" * 31},
        {"pubkey_ed25519": "zz" * 32},
        {"pubkey_ed25519": "ab " * 21 + "a"},
        {"pubkey_ed25519": 7},
    ],
)
def test_a_node_that_cannot_be_used_costs_only_itself(changes: dict[str, Any]) -> None:
    found = read_node_list(seed_answer(listed(1), listed(2, **changes)))
    assert found.nodes == (node(1),)
    assert found.dropped == 1


def test_nodes_of_this_machine_are_for_a_stand_in_network_only() -> None:
    answer = seed_answer(listed(1, public_ip="127.0.0.1"))
    assert read_node_list(answer).nodes == ()
    assert [one.ip for one in read_node_list(answer, local=True).nodes] == ["127.0.0.1"]


def test_a_node_that_is_listed_twice_is_one_node() -> None:
    assert read_node_list(seed_answer(listed(1), listed(1))).nodes == (node(1),)


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b'{"result":[]}', b'{"result":{"service_node_states":{}}}'])
def test_what_is_no_list_is_refused(answer: bytes) -> None:
    with pytest.raises(BadAnswer):
        read_node_list(answer)


def test_a_saved_list_is_read_like_an_answer() -> None:
    found = read_node_list(seed_answer(listed(1, requested_unlock_height=5), listed(2)))
    assert read_node_list(found.to_json()) == found
    assert read_node_list(found.to_json()).nodes[0].unlock_height == 5


def test_nodes_that_wanted_to_leave_are_not_in_an_old_list() -> None:
    found = read_node_list(seed_answer(listed(1, requested_unlock_height=1010), listed(2)))
    assert found.after(9 * 120_000).nodes == (node(1), node(2))
    assert found.after(10 * 120_000).nodes == (node(2),)


def test_only_nodes_that_all_lists_have_are_agreed_on() -> None:
    lists = [NodeList(tuple(NODES[start : start + 6])) for start in (0, 1, 2)]
    assert agreed(lists, least=4) == tuple(NODES[2:6])
    assert agreed(lists, least=5) == ()
    assert agreed([]) == ()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda one: st.lists(one, max_size=3)))
def test_any_json_as_a_node_is_left_out_or_read(value: object) -> None:
    fields = ["public_ip", "storage_port", "pubkey_x25519", "pubkey_ed25519", "requested_unlock_height"]
    states = [value, *({**listed(1), name: value} for name in fields)]
    found = read_node_list(json.dumps({"service_node_states": states, "height": value}).encode())
    assert found.dropped + len(found.nodes) == len(states)


# -- swarms ------------------------------------------------------------------------------------------


def test_a_swarm_is_the_nodes_that_the_list_of_nodes_has_too() -> None:
    answer = swarm_answer(NODES[0], node(99), NODES[1], NODES[0])
    assert read_swarm(answer, known(*NODES)) == Swarm((NODES[0], NODES[1]))


def test_a_swarm_cannot_change_where_a_node_is() -> None:
    moved = {**state(NODES[0]), "ip": "6.6.6.6", "port_https": 1}
    assert read_swarm({"snodes": [moved]}, known(*NODES)).nodes[0].ip == NODES[0].ip


@pytest.mark.parametrize("snodes", [None, {}, "x", [None, 1, "a", {}, {**state(NODES[0]), "ip": "0.0.0.0"}]])
def test_a_swarm_of_nonsense_is_empty(snodes: object) -> None:
    assert read_swarm({"snodes": snodes}, known(*NODES)).nodes == ()


def test_a_swarm_of_everybody_is_cut() -> None:
    many = [node(number) for number in range(1, 200)]
    assert len(read_swarm(swarm_answer(*many), known(*many)).nodes) == LARGEST


def test_a_swarm_with_few_nodes_left_is_thin() -> None:
    swarm = Swarm(tuple(NODES[:3]))
    assert not swarm.is_thin
    assert swarm.without(NODES[1]).is_thin


def test_the_first_node_that_knows_is_enough() -> None:
    asked: list[Ask[Call]] = []
    swarm = play(swarm_of(ALICE, NODES, known(*NODES), clock()), [swarm_answer(*NODES[:5])], asked)
    assert swarm == Swarm(tuple(NODES[:5]))
    assert asked[0].call.params == {"pubkey": ALICE}


def test_nodes_that_do_not_know_are_passed_over() -> None:
    replies: list[Reply] = [NoAnswer("down"), Answer(503, b"not ready"), {"snodes": []}, swarm_answer(NODES[0])]
    assert play(swarm_of(ALICE, NODES, known(*NODES), clock()), replies) == Swarm((NODES[0],))


def test_it_is_given_up_after_a_few_nodes() -> None:
    asked: list[Ask[Call]] = []
    with pytest.raises(BadAnswer):
        play(swarm_of(ALICE, NODES, known(*NODES), clock()), [Answer(200, b"nonsense")] * 4, asked)
    assert len(asked) == 4


def test_without_any_node_there_is_no_swarm() -> None:
    with pytest.raises(NoAnswer):
        play(swarm_of(ALICE, [], {}, clock()), [])


# -- the clock ---------------------------------------------------------------------------------------


def test_the_time_is_learnt_from_answers() -> None:
    one = clock()
    assert one.time() == NOW
    play(swarm_of(ALICE, NODES, known(*NODES), one), [swarm_answer(NODES[0], t=NOW - 90_000)])
    assert one.time() == one.time(NODES[0]) == NOW - 90_000
    assert one.offset == 90_000


@pytest.mark.parametrize("t", [None, 0, 1_600_000_000_000, "1771000000000", True, 1 << 70, 1.5])
def test_a_time_that_is_none_teaches_nothing(t: object) -> None:
    one = clock()
    assert not one.learn(NODES[0], t)
    assert one.time() == NOW


def test_one_node_with_a_wrong_clock_changes_nothing_for_the_others() -> None:
    one = clock()
    for each, t in zip(NODES, [NOW - 5000, NOW + 10**11, NOW - 5000], strict=False):
        assert one.learn(each, t)
    assert one.time() == NOW - 5000
    assert one.time(NODES[1]) == NOW + 10**11
