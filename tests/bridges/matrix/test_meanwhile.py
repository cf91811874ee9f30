"""What happens at a real homeserver while something else is under way: it is said so, and nothing is left half done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from bridges.actions import Upload
from bridges.api import Accept, Asked, Gone, Left, NotNow, Person, Post, Posted
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.matrix.calls import Calls, Query
from bridges.matrix.device import Device
from bridges.matrix.loose import Object
from bridges.matrix.media import Media
from bridges.matrix.rooms import Rooms
from tests.bridges.matrix.world import V3, account_world
from tests.servers.synapse import Synapse

MAYA = Person(id="05" + "ab" * 32, name="Maya")


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    (tmp_path / "x").write_bytes(b"four")
    return Upload(path=str(tmp_path / "x"), name="x", type="text/plain", size=4)


def test_a_room_that_we_are_taken_out_of_while_a_file_goes_up_is_gone(
    homeserver: Synapse, tmp_path: Path, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with account_world(homeserver, tmp_path, sealed=False) as world, Seat(world) as seat:
            store = Media.store

            async def meanwhile(media: Media, one: Upload, query: Query, *, sealed: bool) -> Object:
                kick: dict[str, object] = {"user_id": world.account.id}
                token = world.friend.user.token
                where = f"{V3}/rooms/{quote(world.chat)}/kick"
                await asyncio.to_thread(world.server.call, "POST", where, kick, token)
                await seat.saw(Left)
                return await store(media, one, query, sealed=sealed)

            monkeypatch.setattr(Media, "store", meanwhile)
            with pytest.raises(Gone):
                await seat.bridge.send(world.chat, Post(key="1", text="look", files=(upload,)))

    asyncio.run(story())


def test_a_bridge_that_stops_while_a_file_goes_up_says_so_and_breaks_nothing(
    homeserver: Synapse, tmp_path: Path, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridges.matrix.bridge.LET_GO", 0.01)

    async def story() -> None:
        async with account_world(homeserver, tmp_path, sealed=False) as world, Seat(world) as seat:
            going, closed, store, close = asyncio.Event(), asyncio.Event(), Media.store, Calls.close

            async def slowly(media: Media, one: Upload, query: Query, *, sealed: bool) -> Object:
                going.set()
                await closed.wait()
                return await store(media, one, query, sealed=sealed)

            async def closing(calls: Calls) -> None:
                await close(calls)
                closed.set()

            monkeypatch.setattr(Media, "store", slowly)
            monkeypatch.setattr(Calls, "close", closing)
            sending = asyncio.create_task(seat.bridge.send(world.chat, Post(key="1", text="look", files=(upload,))))
            await going.wait()
            stopping = asyncio.create_task(seat.bridge.stop())
            with pytest.raises(NotNow):
                await sending
            with pytest.raises(NotNow):
                await seat.bridge.send(world.chat, Post(key="2", text="too late"))
            await stopping

    asyncio.run(story())


def test_a_chat_whose_making_was_cut_off_is_one_of_two_people_all_the_same(
    homeserver: Synapse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut_off(*_: object) -> None:
        raise NotNow("The homeserver asks us to wait.")

    async def story() -> None:
        async with account_world(homeserver, tmp_path, sealed=False) as world, Seat(world) as seat:
            with monkeypatch.context() as patch:
                patch.setattr(Rooms, "mark_direct", cut_off)
                with pytest.raises(NotNow):
                    await seat.bridge.open_chat("Maya", MAYA)
            chat = await seat.bridge.open_chat("Maya", MAYA)
            where = f"{V3}/user/{quote(world.account.id)}/account_data/m.direct"
            told = await asyncio.to_thread(world.server.call, "GET", where, None, world.account.token)
            assert told[world.friend.user.id] == [chat.id]

    asyncio.run(story())


def test_who_asked_before_a_restart_can_be_let_in_after_it(homeserver: Synapse, tmp_path: Path) -> None:
    async def story() -> None:
        async with account_world(homeserver, tmp_path, sealed=False) as world:
            stranger = world.server.user("stranger")
            body: dict[str, object] = {"invite": [world.account.id], "is_direct": True}
            async with Seat(world) as seat:
                call: Callable[..., dict[str, object]] = world.server.call
                room = str((await asyncio.to_thread(call, "POST", f"{V3}/createRoom", body, stranger.token))["room_id"])
                await seat.saw(Asked, lambda event: event.chat.id == room)
                await seat.saw_cursor()
            async with Seat(world, seat.cursor) as later:
                await later.bridge.send(room, Accept(key="yes"))
                assert (await later.bridge.send(room, Post(key="1", text="hello"))).id

    asyncio.run(story())


def test_a_message_whose_key_was_not_taken_is_sent_when_it_is_and_can_be_read(
    homeserver: Synapse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends it all the same has sent what nobody can read, ever."""
    request, refused = aiohttp.ClientSession._request, 0

    async def unreliable(session: aiohttp.ClientSession, method: str, url: str, **more: Any) -> Any:
        nonlocal refused
        if "/sendToDevice/" in str(url) and str(world_port) in str(url) and not refused:
            refused += 1
            raise aiohttp.ClientConnectionError
        return await request(session, method, url, **more)

    world_port = 0

    async def story() -> None:
        nonlocal world_port
        async with account_world(homeserver, tmp_path, sealed=True) as world, Seat(world) as seat:
            world_port = world.gate.port
            monkeypatch.setattr(aiohttp.ClientSession, "_request", unreliable)
            with pytest.raises(NotNow):
                await seat.bridge.send(world.chat, Post(key="1", text="hello"))
            await seat.bridge.send(world.chat, Post(key="1", text="hello"))
            await world.friend.saw(Posted, says("hello"))
            assert refused == 1

    asyncio.run(story())


def test_an_owner_who_was_asked_in_a_moment_ago_can_read_what_is_said_first(
    homeserver: Synapse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sync may bring a new room before it brings who was asked into it. Here it never brings that."""
    take = Device.take

    async def knows_nobody(device: Device, whole: Object) -> dict[str, Object]:
        batch: Any = deepcopy(whole)
        for room in batch.get("rooms", {}).get("join", {}).values():
            for part in ("state", "timeline"):
                events = room.get(part, {}).get("events", [])
                events[:] = [event for event in events if event.get("state_key") != owner]
        return await take(device, batch)

    owner = ""

    async def story() -> None:
        nonlocal owner
        async with account_world(homeserver, tmp_path, sealed=True) as world:
            owner = world.friend.user.id
            monkeypatch.setattr(Device, "take", knows_nobody)
            async with Seat(world) as seat:
                chat = await seat.bridge.open_chat("Maya", MAYA)
                await seat.bridge.send(chat.id, Post(key="1", text="are you there?"))
                await world.friend.saw(Posted, says("are you there?"))
                assert world.friend.client.rooms[chat.id].encrypted
                await world.friend.client.room_leave(chat.id)
                await seat.saw_cursor()
            async with Seat(world, seat.cursor) as seat:
                await seat.bridge.send(chat.id, Post(key="2", text="with a key that they do not get"))
                assert (await seat.bridge.open_chat("Maya", MAYA)).id == chat.id
                await seat.bridge.send(chat.id, Post(key="3", text="and now?"))
                await world.friend.saw(Posted, says("and now?"))

    asyncio.run(story())
