"""Paths through the network: who is on them, who is blamed, and that blame does not spread."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.session.errors import NoAnswer
from migrate.session.nodes import Node
from migrate.session.paths import FEW, Paths, Pool, Verdict
from tests.session.played import node

NODES = [node(number) for number in range(1, 31)]


def paths(nodes: list[Node] = NODES, seed: int = 1, **options: bool | int) -> tuple[Paths, Pool]:
    pool = Pool(nodes)
    return Paths(
        pool, Random(seed), spread=bool(options.get("spread", True)), fewest=int(options.get("fewest", 8))
    ), pool


def not_found(one: Node) -> bytes:
    return b"Next node not found: " + one.key.encode()


@given(st.integers(0, 1000), st.integers(0, 29))
def test_a_path_has_three_nodes_of_three_networks_and_not_the_one_that_is_asked(seed: int, asked: int) -> None:
    neighbours = [Node(f"5.5.5.{number}", 1, one.ed25519, one.x25519) for number, one in enumerate(NODES[:20])]
    several, _ = paths(neighbours + NODES[20:], seed)
    path = several.pick([*neighbours, *NODES[20:]][asked])
    assert len({one.neighbourhood for one in path.nodes}) == 3
    assert [*neighbours, *NODES[20:]][asked].ed25519 not in path


def test_an_owner_of_many_addresses_in_one_network_is_not_drawn_more_often() -> None:
    crowd = [Node(f"5.5.5.{number}", 1, one.ed25519, one.x25519) for number, one in enumerate(NODES[:20])]
    drawn: Counter[str] = Counter()
    for seed in range(300):
        path = paths(crowd + NODES[20:], seed)[0].pick()
        drawn.update(one.neighbourhood for one in path.nodes[1:])
    assert drawn["5.5.5"] < 600 / 5


def test_two_paths_are_kept_and_share_no_node() -> None:
    several, _ = paths()
    seen = {several.pick() for _ in range(50)}
    assert len(seen) == 2
    assert len({one.ed25519 for path in seen for one in path.nodes}) == 6


def test_a_small_network_on_one_machine_has_paths_to_every_node() -> None:
    local = [Node("127.0.0.1", 4000 + number, one.ed25519, one.x25519) for number, one in enumerate(NODES[:6])]
    several, _ = paths(local, spread=False, fewest=4)
    for turn in range(60):
        asked = local[turn % 6]
        assert asked.ed25519 not in several.pick(asked)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_with_few_nodes_nothing_is_sent(count: int) -> None:
    with pytest.raises(NoAnswer, match=f"Only {count} nodes"):
        paths(NODES[:count])[0].pick()


def test_neighbours_alone_make_no_path() -> None:
    with pytest.raises(NoAnswer):
        paths([Node(f"5.5.5.{number}", 1, one.ed25519, one.x25519) for number, one in enumerate(NODES)])[0].pick()


def test_the_third_failure_in_a_row_costs_the_path_its_guard() -> None:
    several, pool = paths()
    path = several.pick()
    for _ in range(3):
        assert path.guard.ed25519 in pool.nodes
        assert several.judge(path, None, 504, b"") is Verdict.AGAIN
    assert path.guard.ed25519 not in pool.nodes
    assert all(several.pick() != path for _ in range(20))


def test_an_answer_makes_up_for_failures() -> None:
    several, pool = paths()
    path = several.pick()
    for _ in range(10):
        several.failed(path)
        several.failed(path)
        assert several.judge(path, None, 200, b"x") is Verdict.DELIVERED
        several.worked(path)
    assert len(pool.nodes) == 30


def test_a_guard_that_answers_nonsense_with_a_good_status_is_dropped_too() -> None:
    several, pool = paths()
    path = several.pick()
    for _ in range(3):
        assert several.judge(path, None, 200, b"nonsense") is Verdict.DELIVERED
        several.failed(path)
    assert path.guard.ed25519 not in pool.nodes


def test_the_last_nodes_that_are_lost_end_the_path_and_not_the_program() -> None:
    several, pool = paths(NODES[:8])
    path = several.pick(NODES[0])
    assert several.judge(path, NODES[0], 502, not_found(path.nodes[1])) is Verdict.AGAIN
    with pytest.raises(NoAnswer, match="Only 7 nodes"):
        several.pick(NODES[0])
    assert len(pool.nodes) == 7


def test_a_node_that_the_one_before_does_not_know_is_dropped_alone() -> None:
    several, pool = paths()
    path = several.pick()
    assert several.judge(path, NODES[0], 502, not_found(path.nodes[2])) is Verdict.AGAIN
    assert set(NODES) - set(pool.nodes.values()) == {path.nodes[2]}
    guards = {several.pick().guard for _ in range(30)}
    assert path.guard in guards


def test_the_node_that_is_asked_is_gone_when_the_network_does_not_know_it() -> None:
    several, pool = paths()
    path = several.pick(NODES[0])
    assert several.judge(path, NODES[0], 502, not_found(NODES[0])) is Verdict.GONE
    assert NODES[0].ed25519 not in pool.nodes
    assert len(pool.nodes) == 29


def test_a_guard_cannot_have_a_node_dropped_that_has_nothing_to_do_with_it() -> None:
    several, pool = paths()
    path = several.pick(NODES[0])
    stranger = next(one for one in NODES[1:] if one.ed25519 not in path)
    for status, body in [(502, not_found(stranger)), (500, not_found(NODES[0])), (502, not_found(path.guard))]:
        several.worked(path)
        assert several.judge(path, NODES[0], status, body) is Verdict.AGAIN
    assert len(pool.nodes) == 30


def test_a_node_of_several_bad_paths_is_dropped() -> None:
    pool = Pool(NODES)
    for _ in range(3):
        assert NODES[0].ed25519 in pool.nodes
        pool.failed(NODES[0])
    assert NODES[0].ed25519 not in pool.nodes


def test_a_fresh_list_is_wanted_in_time_and_forgets_failures() -> None:
    pool = Pool(NODES[: FEW - 1])
    assert pool.is_low
    pool.failed(NODES[0])
    pool.failed(NODES[0])
    pool.refill(NODES)
    pool.failed(NODES[0])
    assert len(pool.nodes) == 30
    assert not pool.is_low


@given(st.integers(0, 100), st.lists(st.tuples(st.sampled_from([200, 400, 500, 502, 503, 504]), st.integers(0, 29))))
def test_whatever_guards_answer_paths_stay_whole_or_run_out(seed: int, answers: list[tuple[int, int]]) -> None:
    several, pool = paths(seed=seed)
    for status, number in answers:
        try:
            path = several.pick(NODES[number])
        except NoAnswer:
            assert len(pool.nodes) < 30
            return
        assert all(one.ed25519 in pool.nodes for one in path.nodes)
        assert len({one.ed25519 for one in path.nodes}) == 3
        several.judge(path, NODES[number], status, not_found(path.nodes[number % 3]))
