"""On real servers too, a relay that is killed loses nothing, and says nothing twice where the network can tell."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from bridges.api import Can
from bridges.registry import load as load_bridge

from .far import FARS, Absent
from .load import Crowd, Load, crowd, missing, plain, settled, suffer

SHORT, WHOLE = Load(messages=12, kills=3, restarts=0), Load(messages=200, kills=20, restarts=3)


@pytest.mark.parametrize("network", FARS)
def test_a_relay_that_is_killed_three_times_carries_everything_in_order(
    network: str, tmp_path: Path, absent: Absent
) -> None:
    asyncio.run(_killed(network, tmp_path, absent, SHORT, 60))


@pytest.mark.long
@pytest.mark.parametrize("network", FARS)
def test_a_relay_that_is_killed_20_times_while_the_server_restarts_three_times_carries_200_messages_each_way(
    network: str, tmp_path: Path, absent: Absent
) -> None:
    asyncio.run(_killed(network, tmp_path, absent, WHOLE, 120))


async def _killed(network: str, folder: Path, absent: Absent, load: Load, patience: float) -> None:
    async with crowd(FARS[network], folder, absent) as here:
        await suffer(here, load, Random(6))
        await settled(here, patience)
        assert not missing(here), here.relay.log[-3000:]
        back = here.at_the_friend()
        assert sorted(back) == sorted(here.answered), "Session knows a message again by its key"
        assert without(here.repeated, back) == without(here.repeated, here.answered), "order is kept"
        _check_owner(here, load)


def _check_owner(here: Crowd, load: Load) -> None:
    there = here.at_the_owner()
    if Can.IDEMPOTENT in load_bridge(here.far.name).about.can:
        assert there == here.said
        return
    once = list(dict.fromkeys(map(plain, there)))
    assert without(here.doubted, once) == without(here.doubted, here.said), "order is kept"
    assert len(here.doubted) <= load.kills // 2
    assert len(there) == len(set(there)), "what is there a second time says so, and nothing is there a third time"
    assert len(there) <= len(here.said) + load.kills


def without(some: set[str], texts: list[str]) -> list[str]:
    return [text for text in texts if text not in some]
