"""The contract holds for accounts of a real homeserver, in open rooms and in encrypted ones, and for ghosts."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from bridges.contract import CHECKS, Check
from tests.bridges.matrix.world import account_world, service_world
from tests.servers.synapse import Synapse


def checks(*quick: str) -> list[ParameterSet]:
    """All of them. Those that are not quick run with the long tests: each starts a bridge, and meets a person."""
    return [
        pytest.param(check, id=str(check), marks=() if str(check) in quick else pytest.mark.long) for check in CHECKS
    ]


@pytest.mark.parametrize(
    "check",
    checks("connects_and_says_who_it_is", "finds_what_came_while_it_was_away", "carries_edits", "carries_files"),
)
def test_an_account_keeps_the_contract(check: Check, homeserver: Synapse, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(account_world, homeserver, tmp_path, sealed=False)))


@pytest.mark.parametrize("check", checks("carries_replies", "carries_a_file_with_words", "keeps_quiet_in_the_logs"))
def test_an_account_keeps_the_contract_in_an_encrypted_room(check: Check, homeserver: Synapse, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(account_world, homeserver, tmp_path, sealed=True)))


@pytest.mark.parametrize(
    "check", checks("finds_what_came_while_it_was_away", "carries_reactions", "comes_back_when_the_network_does")
)
def test_an_application_service_keeps_the_contract(check: Check, homeserver: Synapse, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(service_world, homeserver, tmp_path)))
