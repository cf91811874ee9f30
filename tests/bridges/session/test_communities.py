"""What is different in communities: who is asked and when, what goes no further, and what the server knows of us."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from bridges.api import (
    Chat,
    ChatKind,
    Deleted,
    Desk,
    Edited,
    Posted,
    React,
    Reacted,
    Reference,
    Refused,
    Renamed,
)
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.session.bridge import SessionBridge
from migrate.session.community.messages import seal
from migrate.session.content import Content, DataMessage, Pointer
from migrate.session.keys import AccountKeys
from migrate.standin.network import StandIn
from tests.bridges.session.friend import this_moment, until
from tests.bridges.session.room import RoomFriend, RoomWorld, in_a_room, in_rooms, nothing_asked, seated, texts
from tests.patience import PATIENCE

pytestmark = pytest.mark.usefixtures("hurry")


async def chats_of(seat: Seat) -> dict[str, Chat]:
    return {chat.id: chat async for chat in seat.bridge.chats()}


# -- who is asked, and when ---------------------------------------------------------------------------


def test_a_room_is_found_by_the_name_that_its_server_has_for_it(tmp_path: Path) -> None:
    async def check() -> None:
        async with seated(tmp_path) as (world, seat):
            in_rooms(world, str(world.link), world.server.link("closed"))
            chat = (await chats_of(seat))[world.chat]
            assert (chat.title, chat.kind) == ("The lobby", ChatKind.COMMUNITY)

    asyncio.run(check())


@pytest.mark.parametrize("direct", [False, True])
def test_whoever_only_looks_around_is_shown_to_no_server_unless_onions_hide_them(direct: bool, tmp_path: Path) -> None:
    async def check() -> None:
        async with in_a_room(tmp_path) as world:
            world.bridge = SessionBridge  # nobody says what they want
            plain = world.desk()
            desk = replace_settings(plain, direct="true" if direct else "")
            bridge = SessionBridge()
            await bridge.start(desk)
            try:
                async with asyncio.timeout(PATIENCE):
                    async for event in bridge.events():
                        if bridge.health.state == "connected":
                            break
                        del event
                assert not world.server.asked
                chats = {chat.id: chat async for chat in bridge.chats()}
                assert chats[world.chat].title == ("Lobby" if direct else "The lobby")
                again = [chat async for chat in bridge.chats()]
                assert len(again) == len(chats)
                expected = [] if direct else [("GET", "/room/Lobby", None)]
                assert world.server.asked == expected, "once, and as nobody in particular"
            finally:
                await bridge.stop()

    asyncio.run(check())


def replace_settings(desk: Desk, **settings: str) -> Desk:
    return Desk(
        settings={**desk.settings, **settings}, folder=desk.folder, now=desk.now, random=desk.random,
        random_bytes=desk.random_bytes, cursor=desk.cursor,
    )  # fmt: skip


def test_a_room_that_nobody_wants_any_more_is_left_and_begins_anew(tmp_path: Path) -> None:
    async def check() -> None:
        async with seated(tmp_path) as (world, seat):
            world.hand.say("heard")
            await seat.saw(Posted, says("heard"))
            seat.bridge.follow([])
            await nothing_asked(world.server)
            asked = len(world.server.asked)
            world.hand.say("unheard")
            await asyncio.sleep(0.5)  # several looks
            assert len(world.server.asked) == asked
            seat.bridge.follow([world.chat])
            await until(lambda: any("/since/" in path for _, path, _ in world.server.asked[asked:]))
            world.hand.say("heard again")
            await seat.saw(Posted, says("heard again"))
            assert texts(seat) == ["heard", "heard again"]

    asyncio.run(check())


def test_who_only_reads_is_not_known_by_name(tmp_path: Path) -> None:
    async def check() -> None:
        async with seated(tmp_path) as (world, seat):
            world.hand.say("hello")
            await seat.saw(Posted, says("hello"))
            assert {user for _, _, user in world.server.asked} == {None}

    asyncio.run(check())


def test_a_silent_server_holds_up_nothing_else_and_is_named(tmp_path: Path) -> None:
    async def check() -> None:
        with StandIn(this_moment, os.urandom, communities=2) as standin:
            world = RoomWorld(standin, tmp_path)
            other = standin.communities[1]
            other.open_room("far", "Far away")
            in_rooms(world, str(world.link), other.link("far"))
            far = RoomFriend(standin, other, other.rooms["far"])
            async with Seat(world) as seat:
                seat.bridge.follow([world.chat, far.link.id])
                await until(lambda: any("/since/" in path for _, path, _ in other.asked))
                standin.faults.communities_down.add(1)
                await until(lambda: str(other.port) in seat.bridge.health.said)
                world.hand.say("near")
                await seat.saw(Posted, says("near"))
                standin.faults.communities_down.clear()
                far.say("back")
                await seat.saw(Posted, says("back"))

    asyncio.run(check())


# -- what comes ---------------------------------------------------------------------------------------


def test_everything_since_comes_once_whatever_order_the_server_tells_it_in(tmp_path: Path) -> None:
    """A message to which somebody reacts moves up, and is then told of without what it says: section 5.1."""

    async def check() -> None:
        async with in_a_room(tmp_path) as world:
            async with Seat(world) as seat:
                world.hand.say("before")
                await seat.saw(Posted, says("before"))
                await seat.saw_cursor()
            for number in range(230):
                world.hand.say(f"away {number}")
            first = next(one.id for one in world.room.messages.values() if one.id > 1)
            await world.hand.do(React(key="r", message=Reference(id=str(first)), emoji="🎂"))
            async with Seat(world, seat.cursor) as later:
                said = await later.saw(Posted, says("away 0"))
                felt = await later.saw(Reacted)
                assert (felt.message, felt.emojis, felt.change) == (said.id, ("🎂",), Reacted.Change.ALL)
                await later.saw(Posted, says("away 229"))
                assert sorted(texts(later)) == sorted(f"away {number}" for number in range(230))

    asyncio.run(check())


def test_whoever_goes_back_hears_again_what_came_later_with_the_same_ids(tmp_path: Path) -> None:
    async def check() -> None:
        async with in_a_room(tmp_path) as world:
            async with Seat(world) as seat:
                first = world.hand.say("first")
                await seat.saw(Posted, says("first"))
                await seat.saw_cursor()
                early = seat.cursor
                await world.hand.do(React(key="a", message=Reference(id=first), emoji="👍"))
                await seat.saw(Reacted, lambda event: event.emojis == ("👍",))
                world.hand.say("second")
                told = await seat.saw(Posted, says("second"))
                await world.hand.do(React(key="b", message=Reference(id=first), emoji="👍", add=False))
                await seat.saw(Reacted, lambda event: not event.emojis)
            async with Seat(world, early) as later:
                again = await later.saw(Posted, says("second"))
                assert again.id == told.id
                assert "first" not in texts(later)
                assert not [one for one in later.events if isinstance(one, Reacted) and one.emojis]

    asyncio.run(check())


def test_what_a_moderator_takes_away_goes_and_what_somebody_changes_changes(tmp_path: Path) -> None:
    async def check() -> None:
        async with seated(tmp_path) as (world, seat):
            number = int(world.hand.say("rude"))
            said = await seat.saw(Posted, says("rude"))
            sealed = seal(Content(data=DataMessage(body="polite"), sent_at=1), world.hand.member)
            world.standin.within(
                lambda: world.room.edit(number, world.hand.id, sealed.data, sealed.signature, world.server.now())
            )
            edited = await seat.saw(Edited)
            assert (edited.message, edited.text, edited.own) == (said.id, "polite", False)
            world.room.admins.add("15" + "ab" * 32)
            world.standin.within(lambda: world.room.delete(number, "15" + "ab" * 32, world.server.now()))
            gone = await seat.saw(Deleted)
            assert (gone.message, gone.sender) == (said.id, None)

    asyncio.run(check())


def test_whispers_go_no_further_and_what_nobody_signed_is_counted(tmp_path: Path) -> None:
    async def check() -> None:
        async with seated(tmp_path) as (world, seat):
            world.room.read = False  # so that we read as ourselves, who may hear whispers
            world.room.members.add(world.blinded)
            data = seal(Content(data=DataMessage(body="psst"), sent_at=1), world.hand.member)
            message = world.hand.post(data.data, data.signature)
            message.whisper_to = world.blinded
            world.hand.post(b"\xff" * 100, bytes(64))
            world.hand.post(data.data, bytes(64))
            world.hand.say("aloud")
            await seat.saw(Posted, says("aloud"))
            notices = [event for event in seat.events if isinstance(event, Posted) and event.notice]
            assert "psst" not in texts(seat)
            assert notices
            assert all("could not be read" in event.text and event.sent_at for event in notices)

    asyncio.run(check())


def test_people_are_called_by_their_names_and_blocked_ones_are_not_heard(tmp_path: Path) -> None:
    async def check() -> None:
        async with in_a_room(tmp_path) as world:
            keys = AccountKeys(os.urandom(32))
            world.has_contacts(keys.session_id, n="Nobody", a=1, b=1)
            blocked = RoomFriend(world.standin, world.server, world.room, keys)
            async with Seat(world) as seat:
                world.hand.name = "Maya"
                world.hand.say("hello")
                here = await seat.saw(Posted, says("hello"))
                assert (here.sender.id, here.sender.name) == (world.hand.id, "Maya")
                blocked.say("listen to me")
                world.hand.say(f"@{world.hand.id} and @{world.blinded} and @15{'0' * 64}")
                await seat.saw(Posted, says(f"@Maya and @Robin and @15{'0' * 64}"))
                assert "listen to me" not in texts(seat)

    asyncio.run(check())


def test_files_come_from_the_rooms_own_server_and_from_nowhere_else(tmp_path: Path) -> None:
    async def check() -> None:
        async with seated(tmp_path) as (world, seat):
            here = f"{world.server.url}/room/Lobby/file/999"
            for url in ("http://127.0.0.1:9/room/Lobby/file/1", "file:///etc/passwd", here):
                pointer = Pointer(url=url, old_id=1, size=3, name="x")
                data = DataMessage(body=url, attachments=(pointer,))
                sealed = seal(Content(data=data, sent_at=1), world.hand.member)
                world.hand.post(sealed.data, sealed.signature)
                event = await seat.saw(Posted, says(url))
                with pytest.raises(Refused):
                    async for _ in seat.bridge.fetch(event.files[0].ref):
                        pass
            files = [path for _, path, _ in world.server.asked if "/file/" in path]
            assert files == ["/room/Lobby/file/999"]

    asyncio.run(check())


def test_a_room_that_is_called_otherwise_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridges.session.communities.reading.ASK_ANEW", 2)

    async def check() -> None:
        async with seated(tmp_path) as (world, seat):
            world.room.name = "The salon"
            event = await seat.saw(Renamed, lambda event: event.chat is not None and event.chat.title == "The salon")
            assert event.chat is not None
            assert event.chat.id == world.chat

    asyncio.run(check())
