"""The contract holds for a Session account: with one person, in a group, and in a room of a community."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from bridges.contract import CHECKS, Check
from tests.bridges.session.room import in_a_room
from tests.bridges.session.world import direct, in_a_group

pytestmark = pytest.mark.usefixtures("hurry")
ONLY_WITH_ONE_PERSON = {"shows_who_types", "tells_what_was_read", "carries_timers"}
"""What groups and rooms have not: test_groups.py and test_communities.py show that it is refused there by its name."""


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_an_account_keeps_the_contract_with_one_person(check: Check, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(direct, tmp_path)))


@pytest.mark.parametrize("check", [one for one in CHECKS if one.name not in ONLY_WITH_ONE_PERSON], ids=str)
def test_an_account_keeps_the_contract_in_a_group(check: Check, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(in_a_group, tmp_path)))


@pytest.mark.parametrize("check", [one for one in CHECKS if one.name not in ONLY_WITH_ONE_PERSON], ids=str)
def test_an_account_keeps_the_contract_in_a_community(check: Check, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(in_a_room, tmp_path)))
