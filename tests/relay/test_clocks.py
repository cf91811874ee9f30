"""A clock of the machine that jumps, between two runs and in the middle of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridges.api import NotNow, State
from bridges.relay.model import Options
from tests.relay.pair import Pair, run
from tests.relay.world import settled, until

HOUR, YEAR = 3_600_000, 365 * 86_400_000


@pytest.mark.parametrize("jump", [-HOUR, HOUR, YEAR, -YEAR], ids=["back", "forward", "a year", "a year back"])
def test_what_waits_goes_out_once_and_in_order_whatever_the_clock_says(tmp_path: Path, jump: int) -> None:
    """Also what is tried again: how long somebody has tried is no reason alone to give up."""

    async def body() -> None:
        pair, tries = Pair(tmp_path), [True, True]

        def busy(chat: str, _action: object) -> None:
            if chat == "portal" and tries:
                tries.pop()
                raise NotNow("Slow down.")

        pair.new.before = busy
        async with pair.world.running():
            pair.maya("one")
            await settled()
            pair.world.clock.jumped += jump
            pair.maya("two")
            await pair.world.clock.turn(10)
            await until(lambda: len(pair.new.texts("portal")) == 2)
            pair.new.seats[0].change(State.INTERRUPTED)
            pair.maya("three")
            await settled()
        pair.world.clock.jumped -= jump
        async with pair.world.running():
            await until(lambda: len(pair.new.texts("portal")) == 3)
        assert [text.split("] ")[-1] for text in pair.new.texts("portal")] == ["one", "two", "three"]
        assert pair.notices() == []

    run(body)


def test_the_oldest_message_waits_for_no_less_than_nothing_when_the_clock_was_set_back(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            pair.old.seats[0].change(State.INTERRUPTED)
            pair.owner("hello")
            await settled()
            pair.world.clock.jumped -= HOUR
            pair.owner("status", "control")
            await until(pair.notices)
        assert "1 waiting, the oldest for 0 seconds" in pair.notices()[0]

    run(body)


def test_the_brake_goes_by_a_clock_that_does_not_jump(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, options=Options(most=3, most_alike=0))
        async with pair.world.running():
            for number in range(3):
                pair.maya(f"{number}")
                await settled()
                pair.world.clock.jumped += HOUR
            pair.maya("3")
            await until(pair.notices)
        assert "more than 3 messages in a minute" in pair.notices()[0]
        assert len(pair.new.texts("portal")) == 3

    run(body)
