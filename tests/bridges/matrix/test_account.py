"""What a normal account does beyond the contract, at a real homeserver."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from urllib.parse import quote

import nio
import pytest

from bridges.api import (
    Accept,
    Asked,
    ChatKind,
    Delete,
    Deleted,
    Edit,
    Edited,
    Gone,
    Joined,
    Left,
    Person,
    Post,
    Posted,
    Reference,
    Refused,
    State,
    Upload,
)
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.matrix.bridge import MatrixBridge
from tests.bridges.matrix.friend import Friend
from tests.bridges.matrix.world import V3, MatrixWorld, account_world
from tests.patience import PATIENCE
from tests.servers.synapse import Synapse

MAYA = Person(id="05" + "ab" * 32, name="Maya")
Story = Callable[[MatrixWorld], Coroutine[None, None, None]]


@pytest.fixture
def tell(homeserver: Synapse, tmp_path: Path) -> Callable[..., None]:
    """Let a story happen in a world of its own."""

    def run(story: Story, *, sealed: bool = False) -> None:
        async def happen() -> None:
            async with account_world(homeserver, tmp_path, sealed=sealed) as world:
                await story(world)

        asyncio.run(happen())

    return run


def test_a_login_that_was_ended_elsewhere_stops_everything_and_asks_nothing_more(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world) as seat:
            world.server.call("POST", f"{V3}/logout", {}, world.account.token)
            await seat.reaches(State.LOGGED_OUT)
            assert "decamp bridge setup matrix" in seat.bridge.health.todo
            assert isinstance(seat.bridge, MatrixBridge)
            assert seat.bridge._task is not None
            await asyncio.wait([seat.bridge._task], timeout=PATIENCE)
            assert seat.bridge._task.done(), "Nothing is left that could ask again."

    tell(story)


@pytest.mark.long
def test_a_server_that_is_gone_is_asked_less_and_less(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world) as seat:
            await world.break_network()
            tries: list[float] = []
            enough = asyncio.Event()

            async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                tries.append(time.monotonic())
                writer.transport.abort()
                if len(tries) == 6:
                    enough.set()

            refusing = await asyncio.start_server(refuse, "127.0.0.1", world.gate.port)
            await asyncio.wait_for(enough.wait(), PATIENCE)
            refusing.close()
            assert tries[-1] - tries[0] > 1, "aiohttp tries each request twice; we wait 0.5, 1, 2 seconds between."
            assert seat.bridge.health.state is State.INTERRUPTED
            await world.mend_network()
            await seat.reaches(State.CONNECTED)

    tell(story)


def test_keys_that_are_gone_are_noticed_before_anything_is_sent(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world):
            pass
        shutil.rmtree(world.folder / "keys")
        async with Seat(world, until=State.LOGGED_OUT) as seat:
            assert "keys" in seat.bridge.health.said

    tell(story, sealed=True)


@pytest.mark.long
def test_more_than_a_sync_holds_is_read_back_without_a_gap(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world) as seat:
            await world.friend.do(Post(key="0", text="first"))
            await seat.saw(Posted, says("first"))
            await seat.saw_cursor()
        for number in range(130):
            await world.friend.do(Post(key=str(number), text=f"away {number}"))
        async with Seat(world, seat.cursor) as later:
            await later.saw(Posted, says("away 129"))
            came = [event.text for event in later.events if isinstance(event, Posted)]
        assert came == [f"away {number}" for number in range(130)]

    tell(story)


def test_a_change_of_somebody_elses_message_changes_nothing(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world) as seat:
            sent = await seat.bridge.send(world.chat, Post(key="mine", text="as I said"))
            assert sent.id is not None
            await world.friend.do(Edit(key="forged", message=Reference(id=sent.id), text="forged"))
            await world.friend.do(Post(key="after", text="after"))
            await seat.saw(Posted, says("after"))
            assert not [event for event in seat.events if isinstance(event, Edited)]

    tell(story)


def test_strangers_have_to_ask_and_the_owner_does_not(tell: Callable[..., None], tmp_path: Path) -> None:
    async def story(world: MatrixWorld) -> None:
        someone = Friend(world.server.url, world.server.user("stranger"), tmp_path / "stranger", sealed=False)
        await someone.start()
        invitation: dict[str, object] = {"invite": [world.account.id], "is_direct": True}
        async with Seat(world) as seat:
            told = world.server.call("POST", f"{V3}/createRoom", invitation, someone.user.token)
            asked = await seat.saw(Asked)
            assert (asked.chat.id, asked.person.id) == (told["room_id"], someone.user.id)
            someone.room = asked.chat.id
            await someone.do(Post(key="who", text="it is me"))
            await seat.bridge.send(asked.chat.id, Accept(key="in"))
            await seat.saw(Posted, says("it is me"))
            await someone.do(Post(key="hi", text="thank you"))
            assert (await seat.saw(Posted, says("thank you"))).chat.kind is ChatKind.DIRECT
            mine = {**invitation, "name": "Mine"}
            room = str(world.server.call("POST", f"{V3}/createRoom", mine, world.friend.user.token)["room_id"])
            world.friend.room = room
            async with asyncio.timeout(world.patience):
                while world.account.id not in str(await world.friend.client.joined_members(room)):
                    assert not [event for event in seat.events if isinstance(event, Asked) and event.chat.id == room]
            await world.friend.do(Post(key="there", text="are you there?"))
            await seat.saw(Posted, says("are you there?"))
            await seat.bridge.send(room, Post(key="yes", text="I am"))
            await world.friend.saw(Posted, says("I am"))
        await someone.stop()

    tell(story)


def test_a_room_for_a_contact_is_among_the_direct_chats_and_encrypted(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world) as seat:
            chat = await seat.bridge.open_chat("Maya (Session)", MAYA)
        async with Seat(world, seat.cursor) as later:
            assert (await later.bridge.open_chat("Maya", MAYA)).id == chat.id
        user = quote(world.account.id)
        marked = world.server.call("GET", f"{V3}/user/{user}/account_data/m.direct", None, world.account.token)
        assert chat.id in str(marked[world.friend.user.id])
        state = f"{V3}/rooms/{quote(chat.id)}/state/m.room.encryption"
        assert world.server.call("GET", state, None, world.account.token)["algorithm"] == "m.megolm.v1.aes-sha2"

    tell(story, sealed=True)


def test_what_an_earlier_run_sent_comes_back_with_its_key(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world) as seat:
            await world.friend.do(Post(key="0", text="first"))
            await seat.saw(Posted, says("first"))
            await seat.saw_cursor()
            cursor = seat.cursor
            await seat.bridge.send(world.chat, Post(key="from before", text="sent before it fell"))
        async with Seat(world, cursor) as later:
            echo = await later.saw(Posted, says("sent before it fell"))
            assert (echo.own, echo.key) == (True, "from before")

    tell(story)


def test_what_is_taken_back_twice_is_gone_once(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world) as seat:
            sent = await seat.bridge.send(world.chat, Post(key="gone", text="gone"))
            assert sent.id is not None
            for _ in range(2):
                await seat.bridge.send(world.chat, Delete(key="del", message=Reference(id=sent.id)))
            await seat.bridge.send(world.chat, Post(key="after", text="after"))
            await world.friend.saw(Posted, says("after"))
            assert len([event for event in world.friend.events if isinstance(event, Deleted)]) == 1

    tell(story)


def test_a_message_whose_key_comes_late_takes_the_place_of_its_notice(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        client = world.friend.client
        async with Seat(world) as seat:
            await world.friend.do(Post(key="hello", text="hello"))
            await seat.saw(Posted, says("hello"))
            device = client.device_store[world.account.id][world.account.device]
            client.unignore_device(device)
            client.blacklist_device(device)
            await client.share_group_session(world.chat, ignore_unverified_devices=True)
            assert client.olm is not None
            outbound = client.olm.outbound_group_sessions[world.chat]
            key = {"algorithm": "m.megolm.v1.aes-sha2", "room_id": world.chat, "session_id": outbound.id}
            key |= {"session_key": outbound.session_key, "chain_index": 0}
            await world.friend.do(Post(key="late", text="for later"))
            notice = await seat.saw(Posted, lambda event: event.notice)
            assert "key" in notice.text
            olm = client.olm.session_store.get(device.curve25519)
            sealed = client.olm._olm_encrypt(olm, device, "m.room_key", key)
            await client.to_device(nio.ToDeviceMessage("m.room.encrypted", device.user_id, device.id, sealed))
            gone = await seat.saw(Deleted, lambda event: event.message == notice.id)
            late = await seat.saw(Posted, says("for later"))
            assert (gone.chat.id, late.sent_at) == (world.chat, notice.sent_at)

    tell(story, sealed=True)


LONG = pytest.mark.long


@pytest.mark.parametrize("letter", ["я", *(pytest.param(one, marks=LONG) for one in ("👍", "a", "\n", '"'))])
def test_the_longest_text_fits_whatever_it_is_written_in(tell: Callable[..., None], letter: str) -> None:
    async def story(world: MatrixWorld) -> None:
        limit = MatrixBridge.about.limits.text_bytes
        assert limit is not None
        text = letter * (limit // len(letter.encode()))
        async with Seat(world) as seat:
            sent = await seat.bridge.send(world.chat, Post(key="long", text=text))
            await world.friend.saw(Posted, says(text))
            assert sent.id is not None
            changed = text[:-1]
            await seat.bridge.send(world.chat, Edit(key="edit", message=Reference(id=sent.id), text=changed))
            await world.friend.saw(Edited, says(changed))

    tell(story, sealed=True)


def test_what_is_too_long_is_refused_for_good(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world) as seat:
            with pytest.raises(Refused, match="M_TOO_LARGE"):
                await seat.bridge.send(world.chat, Post(key="long", text="x" * 70_000))

    tell(story)


def test_a_file_over_the_limit_is_refused_with_what_the_server_says(tell: Callable[..., None], tmp_path: Path) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world) as seat:
            limit = seat.bridge.limits.file_bytes
            assert limit is not None
            (tmp_path / "large").write_bytes(bytes(limit + 1))
            upload = Upload(path=str(tmp_path / "large"), name="large", type="text/plain", size=limit + 1)
            with pytest.raises(Refused, match="M_TOO_LARGE"):
                await seat.bridge.send(world.chat, Post(key="large", files=(upload,)))

    tell(story)


def test_a_room_of_a_minute_ago_is_known_after_every_start(tell: Callable[..., None]) -> None:
    """Synapse gives the same answer to who asks the same again, for two minutes."""

    async def story(world: MatrixWorld) -> None:
        cursor = None
        for _ in range(3):
            async with Seat(world, cursor) as seat:
                known = {chat.id async for chat in seat.bridge.chats()}
                made = await seat.bridge.open_chat("Maya", MAYA)
                await seat.bridge.send(made.id, Post(key=f"{cursor}", text="hello"))
            cursor = seat.cursor
        assert made.id in known

    tell(story)


def test_an_owner_who_left_a_room_is_heard_leaving_and_asked_in_again(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world) as seat:
            chat = await seat.bridge.open_chat("Maya (Session)", MAYA)
            await seat.saw(Joined)
            world.server.call("POST", f"{V3}/rooms/{quote(chat.id)}/leave", {}, world.friend.user.token)
            assert (await seat.saw(Left)).person.id == world.friend.user.id
            assert (await seat.bridge.open_chat("Maya (Session)", MAYA)).id == chat.id
            await seat.saw(Joined)
            await seat.bridge.send(chat.id, Post(key="1", text="here again"))
            await world.friend.saw(Posted, says("here again"))

    tell(story)


def test_a_room_that_sent_us_out_says_so_and_the_next_is_another(tell: Callable[..., None]) -> None:
    async def story(world: MatrixWorld) -> None:
        async with Seat(world) as seat:
            chat = await seat.bridge.open_chat("Maya (Session)", MAYA)
            await seat.saw(Joined)
            # A kick as the homeserver has it: in a room of two equals only an admin of the server could.
            world.server.call("POST", f"{V3}/rooms/{quote(chat.id)}/leave", {}, world.account.token)
            with pytest.raises(Gone):
                await seat.bridge.send(chat.id, Post(key="1", text="before it was told"))
            await seat.saw(Left)
            with pytest.raises(Gone):
                await seat.bridge.send(chat.id, Post(key="2", text="after it was told"))
            again = await seat.bridge.open_chat("Maya (Session)", MAYA)
            assert again.id != chat.id
            await seat.bridge.send(again.id, Post(key="1", text="here we are"))
            await world.friend.saw(Posted, says("here we are"))

    tell(story)
