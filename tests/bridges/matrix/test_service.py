"""What an application service does beyond the contract, at a real homeserver."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest

from bridges.api import Can, CannotDo, Gone, Person, Post, Posted, Refused, State
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.matrix.setup import registration
from tests.bridges.matrix.friend import Friend
from tests.bridges.matrix.world import V3, ServiceWorld, service_world
from tests.patience import PATIENCE
from tests.servers.synapse import Synapse

MAYA = Person(id="05" + "ab" * 32, name="Maya")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
Story = Callable[[ServiceWorld], Coroutine[None, None, None]]


@pytest.fixture
def tell(homeserver: Synapse, tmp_path: Path) -> Callable[[Story], None]:
    """Let a story happen in a world of its own."""

    def run(story: Story) -> None:
        async def happen() -> None:
            async with service_world(homeserver, tmp_path) as world:
                await story(world)

        asyncio.run(happen())

    return run


class Otherwise(ServiceWorld):
    """The same world with other settings."""

    def __init__(self, world: ServiceWorld, **settings: str) -> None:
        super().__init__(world.server, world.folder, world.friend, world.service, world.gate)
        self.settings |= settings


def test_a_contact_has_a_chat_a_name_and_a_face(tell: Callable[[Story], None], tmp_path: Path) -> None:
    picture = tmp_path / "face"
    picture.write_bytes(PNG)

    async def story(world: ServiceWorld) -> None:
        async with Seat(world) as seat:
            chat = await seat.bridge.open_chat("Maya (Session)", MAYA, picture)
            await seat.bridge.dress_person(MAYA, picture)
            await seat.bridge.send(chat.id, Post(key="1", text="hello from Maya", persona=MAYA))
            there = await world.friend.saw(Posted, says("hello from Maya"))
            ghost = f"@{world.service.prefix}{MAYA.id}:localhost"
            assert (there.sender.id, there.sender.name) == (ghost, "Maya")
            profile = world.server.call("GET", f"{V3}/profile/{quote(ghost)}")
            assert str(profile["avatar_url"]).startswith("mxc://localhost/")
            owner, token = quote(world.friend.user.id), world.friend.user.token
            marked = world.server.call("GET", f"{V3}/user/{owner}/account_data/m.direct", None, token)
            assert marked[ghost] == [chat.id]
            world.friend.room = chat.id
            await world.friend.do(Post(key="2", text="hello Maya"))
            here = await seat.saw(Posted, says("hello Maya"))
            assert (here.chat.id, here.sender.id, here.own) == (chat.id, world.friend.user.id, False)

    tell(story)


def test_the_owner_finds_their_own_words_as_their_own_and_at_their_time(tell: Callable[[Story], None]) -> None:
    async def story(world: ServiceWorld) -> None:
        async with Seat(world) as seat:
            written = 1_704_164_645_000
            sent = await seat.bridge.send(world.chat, Post(key="1", text="mine", as_owner=True, sent_at=written))
            assert sent.id is not None
            where = f"{V3}/rooms/{quote(world.chat)}/event/{quote(sent.id)}"
            event = world.server.call("GET", where, None, world.friend.user.token)
            assert (event["sender"], event["origin_server_ts"]) == (world.friend.user.id, written)
            await world.friend.do(Post(key="2", text="typed by hand"))
            await seat.saw(Posted, says("typed by hand"))
            assert not [one for one in seat.events if isinstance(one, Posted) and one.text == "mine"]

    tell(story)


def test_an_owner_of_another_server_is_nobody_we_can_write_as(tell: Callable[[Story], None]) -> None:
    async def story(world: ServiceWorld) -> None:
        async with Seat(Otherwise(world, owner="@someone:localhost")) as seat:
            with pytest.raises(CannotDo) as refused:
                await seat.bridge.send(world.chat, Post(key="1", text="x", as_owner=True))
            assert refused.value.can is Can.OWNER

    tell(story)


def test_a_homeserver_that_knocks_with_another_token_is_told_to_the_person(tell: Callable[[Story], None]) -> None:
    async def story(world: ServiceWorld) -> None:
        async with Seat(Otherwise(world, hs_token="0" * 32), until=State.BAD_CREDENTIALS) as seat:
            assert "registration" in seat.bridge.health.todo

    tell(story)


def test_two_services_cannot_listen_at_one_place_and_the_second_says_so(tell: Callable[[Story], None]) -> None:
    async def story(world: ServiceWorld) -> None:
        second = Otherwise(world)
        second.folder = world.folder / "second"
        second.folder.mkdir()
        async with Seat(world), Seat(second, until=State.FAILED) as seat:
            assert seat.bridge.health.said.startswith("Nothing can listen")

    tell(story)


def test_what_comes_twice_is_there_once_and_strangers_bring_nothing(tell: Callable[[Story], None]) -> None:
    async def story(world: ServiceWorld) -> None:
        event: dict[str, object] = {
            "type": "m.room.message",
            "room_id": world.chat,
            "sender": world.friend.user.id,
            "event_id": "$x",
        }
        event |= {"origin_server_ts": 1, "content": {"msgtype": "m.text", "body": "brought twice"}}
        async with Seat(world) as seat:
            right = world.service.hs_token
            for token, wanted in (("wrong", 403), (right, 503), (right, 200), (right, 200)):
                assert await asyncio.to_thread(_knock, world.service.port, token, {"events": [event]}) == wanted
            await world.friend.do(Post(key="after", text="after"))
            await seat.saw(Posted, says("after"))
            assert [one.text for one in seat.events if isinstance(one, Posted)] == ["brought twice", "after"]

    tell(story)


def test_what_a_homeserver_brings_after_a_restart_is_new_although_it_counts_from_the_beginning(
    tell: Callable[[Story], None],
) -> None:
    async def story(world: ServiceWorld) -> None:
        async with Seat(world) as seat:
            for text in ("after one restart", "after another"):
                await asyncio.to_thread(_restart_when_nothing_waits, world.server)
                await world.friend.do(Post(key=text, text=text))
                await seat.saw(Posted, says(text))

    tell(story)


def test_what_a_homeserver_was_bringing_when_it_was_stopped_comes_before_what_was_said_later(
    tell: Callable[[Story], None],
) -> None:
    async def story(world: ServiceWorld) -> None:
        await world.friend.do(Post(key="cut off", text="cut off"))
        await asyncio.to_thread(_restart_in_the_middle, world.server, f"decamp-{world.service.prefix}")
        async with Seat(world) as seat:
            await world.friend.do(Post(key="later", text="later"))
            await seat.saw(Posted, says("later"))
            assert [one.text for one in seat.events if isinstance(one, Posted)] == ["cut off", "later"]

    tell(story)


def _restart_when_nothing_waits(server: Synapse) -> None:
    """Other worlds of this homeserver may have left something for a service that is gone."""
    server.stop()
    _change(server, "DELETE FROM application_services_txns")
    server.start()


def _restart_in_the_middle(server: Synapse, id: str) -> None:
    """As if it was killed while it brought something: that waits, and nothing had failed yet."""
    deadline = time.monotonic() + PATIENCE
    with closing(sqlite3.connect(server.folder / "homeserver.db")) as database:
        while not database.execute("SELECT 1 FROM application_services_state WHERE as_id = ?", (id,)).fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.02)
    server.stop()
    _change(server, "UPDATE application_services_state SET state = 'up'")
    server.start()


def _change(server: Synapse, statement: str) -> None:
    with closing(sqlite3.connect(server.folder / "homeserver.db")) as database:
        database.execute(statement)
        database.commit()


def _knock(port: int, token: str, body: object) -> int:
    url = f"http://127.0.0.1:{port}/_matrix/app/v1/transactions/77"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Authorization": f"Bearer {token}"}, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_stranger_gets_no_ghost_into_a_room(tell: Callable[[Story], None], tmp_path: Path) -> None:
    async def story(world: ServiceWorld) -> None:
        someone = Friend(world.server.url, world.server.user("stranger"), tmp_path / "stranger", sealed=False)
        await someone.start()
        bot = f"@{world.service.prefix}bot:localhost"
        async with Seat(world):
            invitation: dict[str, object] = {"invite": [bot]}
            told = world.server.call("POST", f"{V3}/createRoom", invitation, someone.user.token)
            room = str(told["room_id"])
            async with asyncio.timeout(PATIENCE):
                where = f"{V3}/rooms/{quote(room)}/state/m.room.member/{quote(bot)}"
                while True:
                    member = await asyncio.to_thread(world.server.call, "GET", where, None, someone.user.token)
                    if member["membership"] != "invite":
                        break
            assert member["membership"] == "leave"
        await someone.stop()

    tell(story)


def test_an_encrypted_room_is_refused_and_never_written_to_in_the_clear(tell: Callable[[Story], None]) -> None:
    async def story(world: ServiceWorld) -> None:
        where = f"{V3}/rooms/{quote(world.chat)}/state/m.room.encryption"
        world.server.call("PUT", where, {"algorithm": "m.megolm.v1.aes-sha2"}, world.friend.user.token)
        async with Seat(world) as seat:
            with pytest.raises(Refused, match="encrypted"):
                await seat.bridge.send(world.chat, Post(key="1", text="in the clear"))

    tell(story)


def test_the_registration_is_the_one_that_the_homeserver_has_here(homeserver: Synapse) -> None:
    service = next(homeserver.services)
    values = {"server": "localhost", "prefix": service.prefix, "owner": f"@{service.owner}:localhost"}
    values |= {"listen": f"127.0.0.1:{service.port}", "as_token": service.as_token, "hs_token": service.hs_token}
    file = homeserver.folder / f"service-{service.number}.yaml"
    assert msgspec.json.decode(file.read_bytes()) == registration(values)


def test_a_room_that_sent_the_bot_out_says_so_and_has_it_again(tell: Callable[[Story], None]) -> None:
    async def story(world: ServiceWorld) -> None:
        async with Seat(world) as seat:
            chat = await seat.bridge.open_chat("Maya (Session)", MAYA)
            await seat.bridge.send(chat.id, Post(key="1", text="hello", persona=MAYA))
            await world.friend.saw(Posted, says("hello"))
            ghost = f"@{world.service.prefix}{MAYA.id}:localhost"
            for one in (ghost, f"@{world.service.prefix}bot:localhost"):
                leave = f"{V3}/rooms/{quote(chat.id)}/leave?user_id={quote(one)}"
                world.server.call("POST", leave, {}, world.service.as_token)
            with pytest.raises(Gone):
                await seat.bridge.send(chat.id, Post(key="2", text="anybody?", persona=MAYA))
            again = await seat.bridge.open_chat("Maya (Session)", MAYA)
            await seat.bridge.send(again.id, Post(key="3", text="here we are", persona=MAYA))
            await world.friend.saw(Posted, says("here we are"))

    tell(story)
