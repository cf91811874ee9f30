"""In a chat that stands for a contact nobody is told that a message arrived, while it is no further than here."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import cast

import pytest

from bridges.api import Person, Post, Posted
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.simplex import commands
from tests.bridges.simplex.world import SimplexWorld, over_the_program
from tests.servers.simplex_objects import Json

NOOR = Person(id="05" + "cd" * 32, name="Noor")


def _state(world: SimplexWorld, item: str) -> str:
    """What the owner's program shows beside a message of theirs: one tick, or two."""
    _, shown = world.friend.account.items[int(item)]
    return str(cast("Json", cast("Json", shown["meta"])["itemStatus"])["type"])


async def _write(world: SimplexWorld, seat: Seat, chat: str) -> str:
    world.friend.chat = chat
    item = await world.friend.do(Post(key="k", text=f"in {chat}"))
    await seat.saw(Posted, says(f"in {chat}"))
    return _state(world, item)


def test_what_the_owner_writes_to_a_contact_shows_as_sent_and_not_as_received(tmp_path: Path) -> None:
    async def body() -> None:
        async with over_the_program(tmp_path) as world, Seat(world) as seat:
            direct = world.friend.chat
            await seat.bridge.open_chat("Noor", NOOR)
            world.friend.look()
            [group] = world.friend.account.groups
            assert await _write(world, seat, f"#{group}") == "sndSent"
            assert await _write(world, seat, direct) == "sndRcvd"  # to the relay itself, whom it reached

    asyncio.run(body())


def test_an_account_that_cannot_keep_quiet_makes_the_chat_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body() -> None:
        async with over_the_program(tmp_path) as world, Seat(world) as seat:
            monkeypatch.setattr(commands, "confirm_nothing", lambda chat: f"/_no_settings {chat}")
            chat = await seat.bridge.open_chat("Noor", NOOR)
            assert (await seat.bridge.open_chat("Noor", NOOR)).id == chat.id

    asyncio.run(body())


def test_the_settings_of_a_chat_are_whole() -> None:
    command, chat, settings = commands.confirm_nothing("#7").split(" ")
    assert (command, chat) == ("/_settings", "#7")
    assert json.loads(settings) == {"enableNtfs": "all", "sendRcpts": False, "favorite": False}
