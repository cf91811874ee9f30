"""What happens around a connection that ends: nothing is missed, and nothing is said twice."""

from __future__ import annotations

import asyncio
import itertools
import json
from pathlib import Path

import pytest

from bridges.api import Accept, Asked, Edit, Joined, NotNow, Person, Post, Posted, Reference, Refused, State, Upload
from bridges.contract import Seat
from bridges.contract.world import says
from tests.bridges.simplex.friend import SimplexFriend
from tests.bridges.simplex.world import SimplexWorld, over_the_library, over_the_program
from tests.patience import PATIENCE
from tests.servers.simplex import Account

MAYA = Person(id="05" + "ab" * 32, name="Maya")


def test_a_message_whose_answer_was_lost_is_there_once(tmp_path: Path) -> None:
    """SimpleX took it and the connection broke before it could say so."""

    async def scene() -> None:
        async with over_the_program(tmp_path) as world:
            action = Post(key="in-doubt", text="said once")
            async with Seat(world) as seat:
                world.program.swallow = 1
                with pytest.raises(NotNow):
                    await seat.bridge.send(world.chat, action)
                await seat.reaches(State.INTERRUPTED)
                await seat.reaches(State.CONNECTED)
                sent = await seat.bridge.send(world.chat, action)
                after = await seat.bridge.send(world.chat, Post(key="after", text="after"))
                assert sent.id != after.id
                assert not [one for one in seat.events if isinstance(one, Posted)]
            await world.friend.saw(Posted, says("after"))
            assert [one.text for one in world.friend.seen if isinstance(one, Posted)] == ["said once", "after"]

    asyncio.run(scene())


def test_a_message_whose_answer_never_came_is_there_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection stays, so nothing is caught up on: SimpleX is asked what it has before anything is sent again."""

    async def scene() -> None:
        async with over_the_program(tmp_path) as world, Seat(world) as seat:
            action = Post(key="in-doubt", text="said once")
            await seat.bridge.send(world.chat, Post(key="another", text="said once"))
            world.program.silent = 1
            with monkeypatch.context() as patch:
                patch.setattr("bridges.simplex.websocket.ANSWER_SECONDS", 0.3)
                with pytest.raises(NotNow, match="in time"):
                    await seat.bridge.send(world.chat, action)
            await seat.bridge.send(world.chat, action)
            await seat.bridge.send(world.chat, action)
            await seat.bridge.send(world.chat, Post(key="after", text="after"))
            await world.friend.saw(Posted, says("after"))
            assert [one.text for one in world.friend.seen if isinstance(one, Posted)] == ["said once"] * 2 + ["after"]

    asyncio.run(scene())


@pytest.mark.parametrize("drops", [2, pytest.param(6, marks=pytest.mark.long)])
def test_a_connection_that_breaks_all_the_time_loses_and_doubles_nothing(drops: int, tmp_path: Path) -> None:
    async def scene() -> None:
        async with over_the_program(tmp_path) as world, Seat(world) as seat:
            for number in range(10 * drops):
                if number % 10 == 5:
                    world.program.swallow = 1
                await world.friend.do(Post(key="", text=f"in {number}"))
                await _until_taken(world, seat, Post(key=f"k{number}", text=f"out {number}"))
            await seat.saw(Posted, says(f"in {10 * drops - 1}"))
            await world.friend.saw(Posted, says(f"out {10 * drops - 1}"))
            assert [one.text for one in seat.events if isinstance(one, Posted)] == [
                f"in {n}" for n in range(10 * drops)
            ]
            there = [one.text for one in world.friend.seen if isinstance(one, Posted)]
            assert there == [f"out {n}" for n in range(10 * drops)]
            assert world.program.connections == drops + 1

    asyncio.run(scene())


async def _until_taken(world: SimplexWorld, seat: Seat, action: Post) -> None:
    for _ in range(10):
        try:
            await seat.bridge.send(world.chat, action)
        except NotNow:
            await seat.reaches(State.INTERRUPTED)
            await seat.reaches(State.CONNECTED)
        else:
            return
    raise AssertionError("It was never taken.")


def test_a_file_whose_answer_was_lost_is_there_once_also_for_the_next_run(tmp_path: Path) -> None:
    async def scene() -> None:
        async with over_the_program(tmp_path) as world:
            path = tmp_path / "x"
            path.write_bytes(b"four")
            upload = Upload(path=str(path), name="a/b 👍.txt", type="text/plain", size=4)
            action = Post(key="file", text="look", files=(upload,))
            async with Seat(world) as seat:
                world.program.swallow = 1
                with pytest.raises(NotNow):
                    await seat.bridge.send(world.chat, action)
            async with Seat(world, seat.cursor) as later:
                assert (await later.bridge.send(world.chat, action)).id
            sent = [one for one in world.account.log if one.startswith("/_send")]
            assert len(sent) == 1
            assert "a_b 👍.txt" in sent[0]
            assert not list((world.folder / "outgoing").iterdir()), "what was sent is still there as a copy"

    asyncio.run(scene())


def test_all_that_came_while_away_is_found_in_every_chat(tmp_path: Path) -> None:
    """More than a page of messages, somebody new by an invitation, and a stranger who asks."""

    async def scene() -> None:
        async with over_the_program(tmp_path) as world:
            async with Seat(world) as seat:
                invitation = await seat.bridge.invite(MAYA)
                assert (await seat.bridge.invite(MAYA)).id != invitation.id
            maya, noor = (SimplexFriend(Account(world.network, name), tmp_path) for name in ("Maya", "Noor"))
            maya.ask(f"/_connect 1 {invitation.link}")
            maya.chat = f"@{next(iter(maya.account.contacts))}"
            await maya.do(Post(key="", text="it is me"))
            assert world.account.address is not None
            noor.ask(f"/_connect 1 {world.account.address['connShortLink']}")
            for number in range(250):
                await world.friend.do(Post(key="", text=f"away {number}"))
            async with Seat(world, seat.cursor) as later:
                joined = await later.saw(Joined)
                assert (joined.invitation, joined.person.name) == (invitation.id, "Maya")
                assert (await later.saw(Posted, says("it is me"))).chat.id == joined.chat.id
                asked = await later.saw(Asked)
                assert asked.person.name == "Noor"
                await later.bridge.send(asked.chat.id, Accept(key="yes"))
                met = await later.saw(Joined, lambda event: event.person.name == "Noor")
                assert met.invitation is None
                await world.friend.do(Post(key="", text="the end"))
                await later.saw(Posted, says("the end"))
                texts = [one.text for one in later.events if isinstance(one, Posted) and one.chat.id == world.chat]
                assert texts == [*(f"away {number}" for number in range(250)), "the end"]
                assert len([one for one in later.events if isinstance(one, Joined)]) == 2

    asyncio.run(scene())


def test_a_stranger_with_the_number_of_one_who_was_let_in_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SimpleX gives the number of a request again when it was answered and was the last."""

    async def scene() -> None:
        async with over_the_program(tmp_path) as world:
            async with Seat(world) as seat:
                assert world.account.address is not None
                asked = []
                for at, name in enumerate(("Noor", "Ivo")):
                    monkeypatch.setattr("tests.servers.simplex_objects.LONG_AGO", f"2026-01-01T00:00:0{at}Z")
                    world.account.numbers = itertools.count(500)
                    stranger = SimplexFriend(Account(world.network, name), tmp_path)
                    stranger.ask(f"/_connect 1 {world.account.address['connShortLink']}")
                    asked.append(await seat.saw(Asked))
                    assert asked[at].person.name == name
                    if not at:
                        world.account.numbers = itertools.count(600)
                        await seat.bridge.send(asked[0].chat.id, Accept(key="yes"))
                        await seat.saw(Joined)
                with pytest.raises(Refused):
                    await seat.bridge.send(asked[0].chat.id, Accept(key="again"))
                assert list(world.account.requests) == [500], "who is let in is who was meant"
            async with Seat(world, seat.cursor) as later:
                await later.bridge.send(world.chat, Post(key="", text="goes on"))
                assert later.cursor is not None
                assert later.cursor.count("request:") == 1, "of those who were let in nothing is kept"

    asyncio.run(scene())


def test_a_file_can_be_fetched_while_more_messages_wait_than_there_is_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridges.feed.ROOM", 10)

    async def scene() -> None:
        async with over_the_program(tmp_path) as world:
            bridge = world.bridge()
            await bridge.start(world.desk())
            events = bridge.events()
            while bridge.health.state is not State.CONNECTED:
                await anext(events)
            path = tmp_path / "x"
            path.write_bytes(b"four")
            await world.friend.do(Post(key="", files=(Upload(path=str(path), name="x", type="", size=4),)))
            for number in range(30):
                await world.friend.do(Post(key="", text=str(number)))
            while not isinstance(event := await anext(events), Posted):
                pass
            async with asyncio.timeout(PATIENCE):
                assert [piece async for piece in bridge.fetch(event.files[0].ref)] == [b"four"]
            await bridge.stop()

    asyncio.run(scene())


def test_what_was_written_in_the_program_itself_is_our_own(tmp_path: Path) -> None:
    async def scene() -> None:
        async with over_the_program(tmp_path) as world:
            async with Seat(world) as seat:
                await seat.bridge.send(world.chat, Post(key="ours", text="from here"))
            world.account.command(
                f'/_send {world.chat} json [{{"msgContent":{{"type":"text","text":"by hand"}},"mentions":{{}}}}]'
            )
            async with Seat(world, seat.cursor) as later:
                assert (await later.saw(Posted)).own
                assert [one.text for one in later.events if isinstance(one, Posted)] == ["by hand"]

    asyncio.run(scene())


def test_news_of_simplex_that_nobody_knows_yet_is_passed_over(tmp_path: Path) -> None:
    async def scene() -> None:
        async with over_the_program(tmp_path) as world, Seat(world) as seat:
            world.account.odd = True
            await world.friend.do(Post(key="", text="all the same"))
            assert (await seat.saw(Posted)).text == "all the same"
            world.account.odd = False
            world.account.return_event(json.dumps({"type": "newChatItems", "chatItems": [{"chatInfo": 5}]}))
            world.account.return_event(json.dumps({"type": "newChatItems", "user": world.account.user, "chatItems": [
                {"chatInfo": world.account.info(world.chat),
                 "chatItem": {"meta": {"itemId": 10_000}, "content": {"type": "rcvSomethingNew"}}}]}))  # fmt: skip
            await world.friend.do(Post(key="", text="still here"))
            assert (await seat.saw(Posted, says("still here"))).own is False
            assert seat.bridge.health.state is State.CONNECTED

    asyncio.run(scene())


def test_it_says_what_to_do_while_the_program_does_not_run(tmp_path: Path) -> None:
    async def scene() -> None:
        async with over_the_program(tmp_path) as world:
            await world.program.stop()
            async with Seat(world, until=State.INTERRUPTED) as seat:
                assert "Nothing answers" in seat.bridge.health.said
                assert f"simplex-chat -p {world.program.port}" in seat.bridge.health.todo
                with pytest.raises(NotNow):
                    await seat.bridge.send(world.chat, Post(key="1", text="x"))
                await world.program.start()
                await seat.reaches(State.CONNECTED)
            assert world.program.connections == 1

    asyncio.run(scene())


def test_a_program_without_an_account_is_not_asked_again(tmp_path: Path) -> None:
    async def scene() -> None:
        async with over_the_program(tmp_path) as world:
            world.account.user = None
            async with Seat(world, until=State.LOGGED_OUT) as seat:
                assert "decamp bridge setup simplex" in seat.bridge.health.todo
                await asyncio.sleep(0)
            assert world.account.log.count("/user") == 1

    asyncio.run(scene())


def test_another_account_of_the_same_program_is_not_ours(tmp_path: Path) -> None:
    async def scene() -> None:
        async with over_the_program(tmp_path) as world, Seat(world) as seat:
            event = json.loads(world.account.next_event() or "null")
            assert event is None
            await world.friend.do(Post(key="", text="first"))
            posted = await seat.saw(Posted)
            world.account.tell({"type": "newChatItems", "user": (world.account.user or {}) | {"userId": 2},
                                "chatItems": [world.account.entry(int(posted.id))]})  # fmt: skip
            await world.friend.do(Post(key="", text="second"))
            await seat.saw(Posted, says("second"))
            assert [one.text for one in seat.events if isinstance(one, Posted)] == ["first", "second"]

    asyncio.run(scene())


def test_over_the_library_the_database_is_let_go_of(tmp_path: Path) -> None:
    async def scene() -> None:
        async with over_the_library(tmp_path) as world:
            async with Seat(world):
                pass
            assert not world.account.started

    asyncio.run(scene())


def test_a_change_that_was_sent_twice_is_no_error(tmp_path: Path) -> None:
    async def scene() -> None:
        async with over_the_program(tmp_path) as world, Seat(world) as seat:
            sent = await seat.bridge.send(world.chat, Post(key="1", text="helo"))
            edit = Edit(key="2", message=Reference(id=sent.id or ""), text="hello")
            await seat.bridge.send(world.chat, edit)
            await seat.bridge.send(world.chat, edit)
            assert len([one for one in world.account.log if one.startswith("/_update")]) == 1

    asyncio.run(scene())
