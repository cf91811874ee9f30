"""The contract holds for an account on a mail server, whose owner uses Delta Chat's own program."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from bridges.contract import CHECKS, Check
from tests.bridges.deltachat.world import Home, world_in

AWAY = "comes_back_when_the_network_does"
MANY = {"keeps_the_order", "makes_a_chat_for_one_contact", "understands_any_name", "carries_texts_as_they_are"}
"""Those that take seconds, because they say much; the others say something of each kind."""


def listed(check: Check) -> object:
    return pytest.param(check, marks=pytest.mark.long if check.name in MANY else [], id=str(check))


@pytest.mark.parametrize("check", [listed(check) for check in CHECKS if check.name != AWAY])
def test_the_bridge_keeps_the_contract(check: Check, home: Home) -> None:
    asyncio.run(check.run(partial(world_in, home)))


def test_the_bridge_comes_back_when_the_network_does(apart: Home) -> None:
    [check] = [check for check in CHECKS if check.name == AWAY]
    asyncio.run(check.run(partial(world_in, apart)))
