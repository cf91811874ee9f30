"""What we say in communities: once, under our own name there, and never against what its server lets us do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from bridges.api import (
    Accept,
    AnyAction,
    Can,
    CannotDo,
    Delete,
    MarkRead,
    NotNow,
    Post,
    Posted,
    React,
    Reacted,
    Reference,
    Refused,
    SetTimer,
    SetTyping,
    Upload,
)
from bridges.contract import Seat
from bridges.contract.world import says
from migrate.session.community.blinding import Blinded
from migrate.standin.network import StandIn
from tests.bridges.session.friend import this_moment
from tests.bridges.session.room import RoomFriend, RoomWorld, in_a_room, seated, texts

pytestmark = pytest.mark.usefixtures("hurry")


def test_what_the_owner_does_on_their_phone_is_theirs_and_what_we_do_for_others_is_not(tmp_path: Path) -> None:
    async def check() -> None:
        async with in_a_room(tmp_path) as world:
            phone = RoomFriend(world.standin, world.server, world.room, world.keys)
            async with Seat(world) as seat:
                world.hand.say("cake?")
                cake = await seat.saw(Posted, says("cake?"))
                number = cake.id.rpartition(":")[2]
                phone.say("from my phone")
                own = await seat.saw(Posted, says("from my phone"))
                assert (own.own, own.key, own.sender.id) == (True, None, world.blinded)
                ours = React(key="a", message=Reference(id=cake.id), emoji="👍")
                await seat.bridge.send(world.chat, ours)
                await phone.do(React(key="b", message=Reference(id=number), emoji="❤️"))
                felt = await seat.saw(Reacted, lambda event: event.own)
                assert (felt.emojis, felt.change) == (("❤️",), Reacted.Change.ADDED)
                await seat.bridge.send(world.chat, replace(ours, key="c", add=False))
                await phone.do(React(key="d", message=Reference(id=number), emoji="❤️", add=False))
                gone = await seat.saw(Reacted, lambda event: event.own)
                assert (gone.emojis, gone.change) == (("❤️",), Reacted.Change.REMOVED)
                assert not [one for one in seat.events if isinstance(one, Reacted) and "👍" in one.emojis]

    asyncio.run(check())


@pytest.mark.parametrize("restart", [False, True])
def test_a_post_of_which_nobody_heard_is_found_again_and_not_posted_twice(restart: bool, tmp_path: Path) -> None:
    async def check() -> None:
        async with in_a_room(tmp_path) as world:
            action = Post(key="once", text="only once")
            async with Seat(world) as seat:
                world.standin.faults.lost_posts = 1
                with pytest.raises(NotNow):
                    await seat.bridge.send(world.chat, action)
                if not restart:
                    sent = await seat.bridge.send(world.chat, action)
            if restart:
                async with Seat(world, seat.cursor) as later:
                    sent = await later.bridge.send(world.chat, action)
                    assert "only once" not in texts(later)
            [message] = [one for one in world.room.messages.values() if one.author == world.blinded]
            assert sent.id == f"{int(message.posted * 1000)}:{world.blinded}:{message.id}"
            posts = [path for method, path, _ in world.server.asked if method == "POST"]
            assert len(posts) == 1

    asyncio.run(check())


def test_a_file_that_waited_too_long_is_left_again(tmp_path: Path) -> None:
    async def check() -> None:
        async with in_a_room(tmp_path) as world:
            path = tmp_path / "cake.txt"
            path.write_bytes(b"cake")
            action = Post(key="f", files=(Upload(path=str(path), name="cake.txt", type="text/plain", size=4),))
            async with Seat(world) as seat:
                world.room.write = False
                with pytest.raises(Refused):
                    await seat.bridge.send(world.chat, action)
            world.room.write = True
            world.server.files.clear()
            world.standin.faults.clock = 3_600_000  # an hour later
            async with Seat(world, seat.cursor) as later:
                await later.bridge.send(world.chat, action)
                [file] = world.server.files.values()
                assert file[1] == b"cake"

    asyncio.run(check())


def test_who_posts_too_fast_is_told_when_to_go_on_and_reads_meanwhile(tmp_path: Path) -> None:
    async def check() -> None:
        async with seated(tmp_path) as (world, seat):
            world.server.most_posts = 2
            for number in range(2):
                await seat.bridge.send(world.chat, Post(key=f"{number}", text=f"{number}"))
            with pytest.raises(NotNow) as caught:
                await seat.bridge.send(world.chat, Post(key="2", text="2"))
            assert caught.value.after == 16
            world.hand.say("still here?")
            await seat.saw(Posted, says("still here?"))

    asyncio.run(check())


def test_what_a_room_does_not_let_us_do_is_refused_by_its_name_and_read_on(tmp_path: Path) -> None:
    async def check() -> None:
        async with seated(tmp_path) as (world, seat):
            theirs = world.hand.say("theirs")
            heard = await seat.saw(Posted, says("theirs"))
            assert theirs
            with pytest.raises(Refused, match="whoever wrote"):
                await seat.bridge.send(world.chat, Delete(key="d", message=Reference(id=heard.id)))
            with pytest.raises(Refused, match="none of this community"):
                await seat.bridge.send(world.chat, Post(key="q", text="x", reply_to=Reference(id="elsewhere")))
            world.room.filter = b"swallowed"
            with pytest.raises(Refused, match="filter"):
                await seat.bridge.send(world.chat, Post(key="s", text="swallowed"))
            world.room.write = False
            with pytest.raises(Refused, match="Lobby"):
                await seat.bridge.send(world.chat, Post(key="w", text="x"))
            world.server.callers.banned.add(world.blinded)
            with pytest.raises(Refused, match="banned"):
                await seat.bridge.send(world.chat, Post(key="b", text="x"))
            world.hand.say("go on")
            await seat.saw(Posted, says("go on"))

    asyncio.run(check())


def test_what_rooms_do_not_have_is_refused_by_its_name(tmp_path: Path) -> None:
    async def check() -> None:
        async with seated(tmp_path) as (world, seat):
            one = Reference(id=f"1:{world.hand.id}:1")
            attempts: dict[Can, AnyAction] = {
                Can.READ: MarkRead(key="r", message=one),
                Can.TYPING: SetTyping(key="t", typing=True),
                Can.TIMERS: SetTimer(key="s", seconds=60),
                Can.REQUESTS: Accept(key="a"),
            }
            for can, action in [*attempts.items(), (Can.TIMERS, Post(key="p", text="x", expires=60))]:
                with pytest.raises(CannotDo) as caught:
                    await seat.bridge.send(world.chat, action)
                assert caught.value.can is can
            world.server.capabilities = ["blind", "sogs"]
        async with in_a_room_again(world) as seat:
            with pytest.raises(CannotDo, match="reactions"):
                await seat.bridge.send(world.chat, React(key="x", message=one, emoji="👍"))

    @asynccontextmanager
    async def in_a_room_again(world: RoomWorld) -> AsyncIterator[Seat]:
        with StandIn(this_moment, os.urandom, communities=1) as standin:
            (tmp_path / "again").mkdir()
            old = RoomWorld(standin, tmp_path / "again")
            old.server.capabilities = world.server.capabilities
            world.chat = old.chat
            async with Seat(old) as seat:
                yield seat

    asyncio.run(check())


def test_a_room_that_the_owner_left_in_the_app_is_not_written_to(tmp_path: Path) -> None:
    async def check() -> None:
        async with seated(tmp_path) as (world, seat):
            strange = world.chat.replace("lobby", "elsewhere")
            with pytest.raises(Refused, match="not in that community"):
                await seat.bridge.send(strange, Post(key="x", text="x"))
            with pytest.raises(Refused):
                await seat.bridge.send("http://nonsense", Post(key="y", text="x"))
            assert not [path for _, path, _ in world.server.asked if "elsewhere" in path]

    asyncio.run(check())


def test_an_old_server_knows_us_by_our_session_id(tmp_path: Path) -> None:
    async def check() -> None:
        async with in_a_room(tmp_path) as world:
            world.server.capabilities = ["sogs"]
            async with Seat(world) as seat:
                sent = await seat.bridge.send(world.chat, Post(key="x", text="old times"))
                assert sent.id is not None
                assert world.me in sent.id
                await world.hand.saw(Posted, says("old times"))
            assert Blinded(world.keys, world.link.server_key).id not in sent.id

    asyncio.run(check())
