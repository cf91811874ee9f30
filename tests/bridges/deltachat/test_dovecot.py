"""The core of the contract over a server that many people use, with TLS and mail in files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from bridges.contract import CHECKS, Check
from tests.bridges.deltachat.world import Home, somebody, world_in
from tests.servers import dovecot

CORE = {
    "carries_texts_as_they_are", "keeps_the_order", "finds_what_came_while_it_was_away", "says_when_it_is_not_let_in",
    "comes_back_when_the_network_does", "carries_edits", "carries_deletions", "carries_reactions", "carries_files",
    "knows_who_came_by_which_invitation",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(library: None, tmp_path_factory: pytest.TempPathFactory, absent: Callable[[str], NoReturn]) -> Iterator[Home]:
    missing = dovecot.missing()
    if missing is not None:
        absent(missing)
    folder: Path = tmp_path_factory.mktemp("dovecot")
    with dovecot.running() as server, somebody(folder / "friend", server) as friend:
        (folder / "bridge").mkdir()
        yield Home(folder / "bridge", server, friend)


@pytest.mark.long
@pytest.mark.parametrize("check", [check for check in CHECKS if check.name in CORE], ids=str)
def test_the_bridge_keeps_the_contract_over_dovecot(check: Check, home: Home) -> None:
    asyncio.run(check.run(partial(world_in, home)))


def test_a_text_goes_both_ways_over_dovecot(home: Home) -> None:
    [check] = [check for check in CHECKS if check.name == "knows_nothing_of_its_own_echo"]
    asyncio.run(check.run(partial(world_in, home)))
