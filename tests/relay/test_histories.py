"""Whatever people do, in whatever order, over whatever networks and lines: each place shows what it must in the end."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridges.api import Can
from bridges.relay.model import Direction
from tests.relay.expected import Expected
from tests.relay.histories import NETWORKS, History, Plan

SOMETIMES = (Can.REPLIES, Can.EDITS, Can.DELETES, Can.REACTIONS, Can.IDEMPOTENT)
small = st.integers(0, 7)
abilities = st.sets(st.sampled_from(SOMETIMES)).map(frozenset)
both = st.just(Direction.BOTH) | st.sampled_from(Direction)
chats = st.tuples(
    st.booleans(), st.permutations(NETWORKS).flatmap(lambda names: st.sampled_from([tuple(names[:2]), tuple(names)])),
    both, st.just(False),
) | st.tuples(st.just(False), st.sampled_from([("a", "b"), ("a", "b", "c")]), both, st.just(True))  # fmt: skip
plans = st.builds(
    Plan, seed=st.integers(0, 999), can=st.tuples(abilities | st.just(frozenset(SOMETIMES)), abilities, abilities),
    chats=st.lists(chats, min_size=1, max_size=3).map(tuple),
)  # fmt: skip
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("says"), small, small, small),
        st.tuples(st.just("says"), small, small, st.just(0)),
        st.tuples(st.just("fades"), small, small, st.just(0)),
        st.tuples(st.just("edits"), small),
        st.tuples(st.just("takes back"), small),
        st.tuples(st.just("reacts"), small, small, small),
        st.tuples(st.just("no longer"), small, small, small),
        st.tuples(st.just("waits"), st.sampled_from([0, 1, 15, 90])),
        st.tuples(st.just("breaks"), st.sampled_from(NETWORKS), st.booleans()),
        st.tuples(st.just("refuses"), st.sampled_from(NETWORKS)),
        st.tuples(st.just("late"), st.sampled_from(NETWORKS)),
        st.tuples(st.just("restarts"), st.booleans()),
        st.tuples(st.just("pauses"), small),
        st.tuples(st.just("resumes"), small),
    ),
    min_size=2,
    max_size=40,
)


async def happen(history: History, what: tuple[object, ...]) -> None:
    """One thing that people do, or that becomes of the lines, the relay or a link."""
    match what:
        case ("says" | "fades" as how, int(where), int(who), int(answers)):
            history.says(where, who, answers, fades=how == "fades")
        case ("edits", int(which)):
            history.edits(which)
        case ("takes back", int(which)):
            history.takes_back(which)
        case ("reacts" | "no longer" as how, int(where), int(which), int(emoji)):
            history.reacts(where, which, emoji, add=how == "reacts")
        case ("pauses" | "resumes" as how, int(which)):
            history.holds(which, still=how == "pauses")
        case ("restarts", bool(crash)):
            await history.end(crash=crash)
            await history.start()
        case ("waits", int(seconds)):
            await history.waits(seconds)
        case (str(fault), str(net), *more):
            history.goes_wrong(fault, net, ends=more == [True])
        case _:
            raise AssertionError(what)


async def live(folder: Path, plan: Plan, happened: list[tuple[object, ...]]) -> None:
    history = History(folder, plan)
    await history.start()
    try:
        for what in happened:
            await happen(history, what)
        await history.rest()
        assert Expected(history).differences() == []
    finally:
        await history.end(crash=False)


def go(plan: Plan, happened: list[tuple[object, ...]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(live(Path(folder), plan, happened))


usual = settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@usual
@given(plan=plans, happened=happenings)
def test_each_place_shows_in_the_end_what_was_meant(plan: Plan, happened: list[tuple[object, ...]]) -> None:
    go(plan, happened)


@pytest.mark.long
@settings(usual, max_examples=1000, derandomize=False)
@given(plan=plans, happened=happenings)
def test_each_place_shows_in_the_end_what_was_meant_in_a_thousand_histories(
    plan: Plan, happened: list[tuple[object, ...]]
) -> None:
    go(plan, happened)
