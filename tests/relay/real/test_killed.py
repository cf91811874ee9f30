"""On real servers too, a relay that is killed loses nothing, and says nothing twice where the network can tell."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from bridges.api import Can
from bridges.registry import load as load_bridge

from .far import FARS, MORE, Absent
from .load import Crowd, Home, Load, crowd, missing, plain, settled, suffer

SHORT, WHOLE = Load(messages=12, kills=3, restarts=0), Load(messages=200, kills=20, restarts=3)
PAIRS = [("xmpp", "matrix"), ("deltachat", "simplex")]


@pytest.mark.parametrize("network", FARS)
def test_a_relay_that_is_killed_three_times_carries_everything_in_order(
    network: str, tmp_path: Path, absent: Absent
) -> None:
    asyncio.run(_killed([network], tmp_path, absent, SHORT, 60))


@pytest.mark.long
@pytest.mark.parametrize("network", [*FARS, "xmpp-rooms"])
def test_a_relay_that_is_killed_20_times_while_the_server_restarts_three_times_carries_200_messages_each_way(
    network: str, tmp_path: Path, absent: Absent
) -> None:
    asyncio.run(_killed([network], tmp_path, absent, WHOLE, 120))


def test_a_relay_to_two_networks_that_is_killed_twice_brings_everything_to_every_end_in_order(
    tmp_path: Path, absent: Absent
) -> None:
    asyncio.run(_killed(["deltachat", "simplex"], tmp_path, absent, Load(messages=12, kills=2, restarts=0), 60))


@pytest.mark.long
@pytest.mark.parametrize("networks", PAIRS, ids="+".join)
def test_a_relay_to_two_networks_that_is_killed_20_times_while_both_servers_restart_brings_everything_to_every_end(
    networks: tuple[str, str], tmp_path: Path, absent: Absent
) -> None:
    asyncio.run(_killed(networks, tmp_path, absent, WHOLE, 180))


async def _killed(networks: Sequence[str], folder: Path, absent: Absent, load: Load, patience: float) -> None:
    async with crowd([(FARS | MORE)[network] for network in networks], folder, absent) as here:
        await suffer(here, load, Random(6))
        await settled(here, patience)
        assert not missing(here), here.relay.log[-3000:]
        back = here.at_the_friend()
        assert sorted(back) == sorted(here.answered), "Session knows a message again by its key"
        for home in here.homes:
            theirs = set(home.answered)
            assert without(home.repeated, within(theirs, back)) == without(home.repeated, home.answered), "in order"
            _check_home(here, home, load)


def _check_home(here: Crowd, home: Home, load: Load) -> None:
    """What came from each end is there in order: once where the network can tell, else perhaps twice, and says so."""
    name, seen = home.far.name, home.there()
    can_tell = Can.IDEMPOTENT in load_bridge(name).about.can
    doubted = {text for bridge, text in here.doubted if bridge == name}
    again = here.repeated | doubted
    for said in here.heard_at(home):
        there = [text for text in seen if plain(text) in set(said)]
        once = list(dict.fromkeys(map(plain, there)))
        assert without(again, once) == without(again, said), "in order"
        if can_tell:
            assert len(there) == len(said), "once"
    assert len(doubted) <= load.kills // 2
    assert len(seen) == len(set(seen)), "what is there a second time says so, and nothing is there a third time"
    assert len(seen) <= sum(map(len, here.heard_at(home))) + load.kills


def without(some: set[str], texts: list[str]) -> list[str]:
    return [text for text in texts if text not in some]


def within(some: set[str], texts: list[str]) -> list[str]:
    return [text for text in texts if text in some]
