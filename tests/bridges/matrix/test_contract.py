"""The contract holds for accounts of a real homeserver, in open rooms and in encrypted ones, and for ghosts."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from bridges.contract import CHECKS, Check
from tests.bridges.matrix.world import account_world
from tests.servers.synapse import Synapse


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_an_account_keeps_the_contract(check: Check, homeserver: Synapse, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(account_world, homeserver, tmp_path, sealed=False)))


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_an_account_keeps_the_contract_in_an_encrypted_room(check: Check, homeserver: Synapse, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(account_world, homeserver, tmp_path, sealed=True)))
