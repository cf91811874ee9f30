"""The contract holds for an account on a mail server, whose owner uses Delta Chat's own program."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from bridges.contract import CHECKS, Check
from tests.bridges.deltachat.world import Home, world_in

AWAY = "comes_back_when_the_network_does"


@pytest.mark.parametrize("check", [check for check in CHECKS if check.name != AWAY], ids=str)
def test_the_bridge_keeps_the_contract(check: Check, home: Home) -> None:
    asyncio.run(check.run(partial(world_in, home)))


def test_the_bridge_comes_back_when_the_network_does(apart: Home) -> None:
    [check] = [check for check in CHECKS if check.name == AWAY]
    asyncio.run(check.run(partial(world_in, apart)))
