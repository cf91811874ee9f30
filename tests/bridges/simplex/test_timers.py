"""What disappears on one side disappears on the other, and a chat that does not let it says so."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from bridges.api import Can, CannotDo, Chat, Deleted, Person, Post, Posted, SetTimer, Timer
from bridges.contract import Seat
from bridges.contract.world import says
from tests.bridges.simplex.world import SimplexWorld, over_the_program, play
from tests.servers.simplex import Account
from tests.servers.simplex_objects import Json

MAYA = Person(id="05" + "ab" * 32, name="Maya")
HOUR, DAY = 3_600, 86_400


async def group_of_maya(world: SimplexWorld, seat: Seat) -> Chat:
    """Her group, with the friend in it, who is at it."""
    chat = await seat.bridge.open_chat("Maya", MAYA)
    await seat.bridge.send(chat.id, Post(key="first", text="hello"))
    world.friend.chat = (await world.friend.saw(Posted, says("hello"))).chat.id
    return chat


def texts(account: Account) -> set[str]:
    every = (cast("Json", item["content"]).get("msgContent") for _, item in account.items.values())
    return {str(cast("Json", content)["text"]) for content in every if content}


def test_a_message_in_the_group_of_a_contact_disappears_on_both_sides_and_no_other(tmp_path: Path, way: str) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        chat = await group_of_maya(world, seat)
        profiles = sum(one.startswith("/_group_profile") for one in world.account.log)
        await seat.bridge.send(chat.id, Post(key="1", text="soon gone", expires=HOUR))
        await world.friend.saw(Posted, says("soon gone"))
        assert sum(one.startswith("/_group_profile") for one in world.account.log) == profiles, "it was allowed before"
        there = world.friend.account
        world.network.later = 2 * HOUR
        world.account.tidy()
        there.tidy()
        assert "soon gone" not in texts(world.account)
        assert "soon gone" in texts(there), "nobody has read it yet"
        there.see()
        world.network.later = 4 * HOUR
        there.tidy()
        assert texts(there) == {"hello"}
        world.friend.look()
        await seat.bridge.send(chat.id, Post(key="2", text="after"))
        await world.friend.saw(Posted, says("after"))
        assert not [one for one in seat.events if isinstance(one, Deleted)], "nobody took it back"

    play(tmp_path, scene, way)


def test_a_group_from_before_allows_it_when_it_is_needed(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        chat = await group_of_maya(world, seat)
        room = world.account.groups[int(chat.id[1:])].room
        room.profile = {"displayName": "Maya", "fullName": "", "groupPreferences": {"history": {"enable": "on"}}}
        for number in range(2):
            await seat.bridge.send(chat.id, Post(key=f"{number}", text=f"gone {number}", expires=HOUR))
            there = await world.friend.saw(Posted, says(f"gone {number}"))
            assert "itemTimed" in cast("Json", world.friend.account.items[int(there.id)][1]["meta"])
        assert sum(one.startswith("/_group_profile") for one in world.account.log) == 1
        assert room.profile["groupPreferences"] == {"history": {"enable": "on"}, "timedMessages": {"enable": "on"}}

    play(tmp_path, scene)


def test_a_timer_of_a_group_goes_both_ways_and_off_again(tmp_path: Path, way: str) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        chat = await group_of_maya(world, seat)
        await seat.bridge.send(chat.id, SetTimer(key="1", seconds=DAY))
        assert (await world.friend.saw(Timer, lambda event: event.seconds == DAY)).chat.id == world.friend.chat
        await world.friend.do(Post(key="", text="theirs"))
        assert (await seat.saw(Posted, says("theirs"))).expires == DAY, "it holds for what is written there"
        await world.friend.do(SetTimer(key="", seconds=HOUR))
        heard = await seat.saw(Timer)
        assert (heard.chat.id, heard.seconds, heard.after_read) == (chat.id, HOUR, True)
        assert heard.sender is not None
        assert heard.sender.id == world.chat, "the owner did that"
        await seat.bridge.send(chat.id, SetTimer(key="2", seconds=0))
        await world.friend.saw(Timer, lambda event: event.seconds == 0)
        await world.friend.do(Post(key="", text="stays"))
        assert (await seat.saw(Posted, says("stays"))).expires is None
        rules = cast("Json", world.account.groups[int(chat.id[1:])].room.profile["groupPreferences"])
        assert rules["history"] == {"enable": "on"}, "all else that holds in the group is kept"

    play(tmp_path, scene, way)


def test_a_timer_that_was_set_while_decamp_was_off_is_told_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with over_the_program(tmp_path) as world:
            async with Seat(world) as seat:
                await world.friend.do(Post(key="", text="before"))
                await seat.saw(Posted)
            world.friend.set_timer({"ttl": DAY})
            async with Seat(world, seat.cursor) as later:
                assert (await later.saw(Timer)).seconds == DAY
                world.friend.set_timer({"ttl": DAY})  # and somebody says it once more
                await world.friend.do(Post(key="", text="after"))
                await later.saw(Posted, says("after"))
                assert len([one for one in later.events if isinstance(one, Timer)]) == 1
            world.friend.set_timer({}, allow=False)
            async with Seat(world, later.cursor) as last:
                assert (await last.saw(Timer)).seconds == 0

    asyncio.run(run())


def test_a_chat_that_forbids_it_says_so_and_nothing_is_sent(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        world.friend.set_timer({}, allow=False)
        for action in (Post(key="1", text="soon gone", expires=HOUR), SetTimer(key="2", seconds=HOUR)):
            with pytest.raises(CannotDo) as told:
                await seat.bridge.send(world.chat, action)
            assert told.value.can is Can.TIMERS
        assert not world.friend.account.items or "soon gone" not in texts(world.friend.account)
        await seat.bridge.send(world.chat, Post(key="1", text="stays"))
        await world.friend.saw(Posted, says("stays"))

    play(tmp_path, scene)


def test_in_a_group_that_is_not_ours_its_owner_decides(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        chat = await group_of_maya(world, seat)
        group = world.account.groups[int(chat.id[1:])]
        group.role = "member"
        await seat.bridge.send(chat.id, Post(key="1", text="gone", expires=HOUR))  # which it allows
        with pytest.raises(CannotDo) as told:
            await seat.bridge.send(chat.id, SetTimer(key="2", seconds=HOUR))
        assert told.value.can is Can.TIMERS

    play(tmp_path, scene)
