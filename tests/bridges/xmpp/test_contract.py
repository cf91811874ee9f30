"""The contract holds for an account of a real XMPP server: with one person, and in a room."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from bridges.contract import CHECKS, Check
from tests.bridges.xmpp.world import at_home, direct, in_a_room, in_their_room
from tests.servers.prosody import Prosody


def spread(checks: list[Check], core: set[str]) -> list[ParameterSet]:
    """All of the checks; those outside the core, which other worlds show as well, are for the long run."""
    return [
        pytest.param(check, id=check.name, marks=() if check.name in core else pytest.mark.long) for check in checks
    ]


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_an_account_keeps_the_contract_in_a_direct_chat(check: Check, server: Prosody, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(direct, server, tmp_path)))


# Programs in a room do not report that a message came: XEP-0184 asks them not to.
NOT_IN_ROOMS = {"tells_what_arrived", "tells_of_what_came_only_when_told_to"}
IN_ROOMS = [check for check in CHECKS if check.name not in NOT_IN_ROOMS]
ROOM_CORE = {
    "gives_a_place_to_go_on_from_at_once", "finds_what_came_while_it_was_away", "carries_replies", "carries_edits",
    "carries_deletions", "carries_reactions",
}  # fmt: skip


# Nobody is named there for whom a room could be made.
IN_A_ROOM = [check for check in IN_ROOMS if not check.name.startswith("makes_a_chat_")]


@pytest.mark.parametrize("check", spread(IN_A_ROOM, ROOM_CORE))
def test_an_account_keeps_the_contract_in_a_room(check: Check, server: Prosody, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(in_a_room, server, tmp_path)))


MADE = {"makes_a_chat_for_one_contact", "makes_a_chat_for_each_of_two_groups_of_one_name"}

# There the friend is the owner, who needs no invitation.
IN_OWN_ROOMS = [check for check in IN_ROOMS if check.name != "knows_who_came_by_which_invitation"]


@pytest.mark.parametrize("check", spread(IN_OWN_ROOMS, ROOM_CORE | MADE))
def test_an_account_keeps_the_contract_in_a_room_of_its_own(check: Check, server: Prosody, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(in_their_room, server, tmp_path)))


# No server keeps messages for a component that is away: they come back to the owner with an error, which
# test_component.py shows.
AWAY = {"finds_what_came_while_it_was_away", "gives_a_place_to_go_on_from_at_once"}
AT_HOME = [check for check in CHECKS if check.name not in AWAY]
HOME_CORE = {
    "carries_texts_as_they_are", "carries_reactions", "makes_a_chat_for_one_contact", "says_when_it_is_not_let_in",
    "writes_in_the_name_of_others", "tells_of_what_came_only_when_told_to", "keeps_quiet_in_the_logs",
}  # fmt: skip


@pytest.mark.parametrize("check", spread(AT_HOME, HOME_CORE))
def test_a_component_keeps_the_contract_with_its_owner(check: Check, server: Prosody, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(at_home, server, tmp_path)))
