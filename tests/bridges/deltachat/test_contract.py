"""The contract holds for an account on a mail server, whose owner uses Delta Chat's own program."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from bridges.contract import CHECKS, Check
from tests.bridges.deltachat.world import Home, world_in


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_the_bridge_keeps_the_contract(check: Check, home: Home) -> None:
    asyncio.run(check.run(partial(world_in, home)))
