"""What happens at the same moment: a connection that ends meanwhile loses nothing, and strangers fill nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridges.api import NotNow, Post, Posted, React, Reacted, Reference, Refused
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.session import looking
from bridges.session.bridge import SessionBridge
from bridges.session.communities.reading import Communities
from bridges.session.communities.sending import RoomSender
from bridges.session.looking import Looker
from bridges.session.record import Record
from migrate.account.events import Noticed, ProfileSeen, Unreadable
from migrate.account.online import OnlineAccount
from migrate.account.polling import Arrived
from migrate.network.community import Community
from migrate.network.errors import CommunityRefused
from migrate.session.community.blinding import Member
from migrate.session.errors import NoAnswer
from tests.bridges.session.room import RoomFriend, seated
from tests.bridges.session.world import direct


def bridge_of(seat: Seat) -> SessionBridge:
    assert isinstance(seat.bridge, SessionBridge)
    return seat.bridge


def test_a_room_that_is_looked_at_when_the_connection_ends_is_looked_at_later(tmp_path: Path) -> None:
    async def story() -> None:
        async with seated(tmp_path) as (world, seat):
            rooms = bridge_of(seat)._communities
            room = rooms.room(world.chat)
            rooms.end()
            with pytest.raises(NoAnswer, match="ended"):
                await rooms._reader(world.chat, room)

    asyncio.run(story())


def test_who_looks_for_chats_while_the_bridge_stops_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with seated(tmp_path) as (_, seat):

            async def meanwhile(_rooms: Communities, _account: OnlineAccount) -> None:
                await seat.bridge.stop()

            monkeypatch.setattr(Communities, "_learn_names", meanwhile)
            with pytest.raises(NotNow):
                [chat async for chat in seat.bridge.chats()]

    asyncio.run(story())


def test_two_posts_that_are_written_at_once_have_different_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two with one time and one text would be one to whoever looks for what was posted."""

    async def story() -> None:
        async with seated(tmp_path) as (world, seat):
            bridge = bridge_of(seat)
            room = bridge._communities.room(world.chat)
            member = await room.community.member()
            both, waiting = asyncio.Event(), 0

            async def slowly(_community: Community) -> Member:
                nonlocal waiting
                waiting += 1
                if waiting >= 2:
                    both.set()
                await both.wait()
                return member

            monkeypatch.setattr(Community, "member", slowly)
            monkeypatch.setattr(Community, "now", lambda _community: 1)
            sender = RoomSender(bridge._communities, bridge._record, lambda: None)
            posts = [Post(key=key, text="the same") for key in ("a", "b")]
            sealed = await asyncio.gather(*(sender._prepare(room, world.chat, post) for post in posts))
            assert sealed[0].signature != sealed[1].signature

    asyncio.run(story())


def test_a_reaction_that_is_cut_off_when_it_is_there_is_not_taken_for_the_owners_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What we do for others is done with the owner's account: its server does not tell one from the other."""

    async def story() -> None:
        async with seated(tmp_path) as (world, seat):
            phone = RoomFriend(world.standin, world.server, world.room, world.keys)
            world.hand.say("cake?")
            cake = (await seat.saw(Posted, says("cake?"))).id
            react, there = Community.react, asyncio.Event()

            async def cut_off(community: Community, number: int, emoji: str, *, remove: bool = False) -> None:
                await react(community, number, emoji, remove=remove)
                there.set()
                await asyncio.Event().wait()

            monkeypatch.setattr(Community, "react", cut_off)
            ours = React(key="a", message=Reference(id=cake), emoji="👍")
            sending = asyncio.create_task(seat.bridge.send(world.chat, ours))
            await there.wait()
            sending.cancel()
            await asyncio.wait([sending])
            await phone.do(React(key="b", message=Reference(id=cake.rpartition(":")[2]), emoji="❤️"))
            await seat.saw(Reacted, lambda event: event.own and event.emojis == ("❤️",))
            assert not [one for one in seat.events if isinstance(one, Reacted) and "👍" in one.emojis]

    asyncio.run(story())


def test_of_a_reaction_that_a_room_refuses_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with seated(tmp_path) as (world, seat):
            world.hand.say("cake?")
            cake = (await seat.saw(Posted, says("cake?"))).id

            async def refused(*_: object, remove: bool = False) -> None:
                raise CommunityRefused("Not here.")

            monkeypatch.setattr(Community, "react", refused)
            with pytest.raises(Refused):
                await seat.bridge.send(world.chat, React(key="a", message=Reference(id=cake), emoji="👍"))
            assert not bridge_of(seat)._record.rooms.touched(world.chat, int(cake.rpartition(":")[2]))

    asyncio.run(story())


def test_of_what_went_out_only_the_latest_is_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridges.session.sending.MOST_OURS", 2)

    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            for number in range(4):
                await seat.bridge.send(world.chat, Post(key=str(number), text=str(number)))
            assert len(bridge_of(seat)._looker.ours) == 2

    asyncio.run(story())


def test_what_cannot_be_read_in_a_group_is_told_also_when_the_account_itself_gives_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account knows then that it was told, and never says it again."""

    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            poll, once = OnlineAccount.poll, [True]

            async def troubled(account: OnlineAccount, *places: str) -> Arrived:
                arrived = await poll(account, *places)
                if once and not arrived.events:
                    once.clear()
                    arrived.troubles[account.id] = "no node answered"
                    closed = Unreadable(place=world.chat, hash="h", code="decrypt", reason="It does not open.")
                    arrived.unreadable.append(closed)
                return arrived

            monkeypatch.setattr(OnlineAccount, "poll", troubled)
            told = await seat.saw(Posted)
            assert "could not be read" in told.text

    asyncio.run(story())


def test_names_of_those_who_were_heard_last_are_kept_and_calls_that_are_over_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST_SEEN", 2)
    looker = Looker(Record(tmp_path, "05"), fresh=False)

    def seen(sender: str) -> ProfileSeen:
        return ProfileSeen(
            conversation=sender, sender=sender, sent_at=1, mine=False, hash="h",
            name=sender, avatar_url=None, avatar_key=None, updated=None,
        )  # fmt: skip

    looker._see([seen("a"), seen("b"), seen("a"), seen("c")])
    assert list(looker.seen) == ["a", "c"]

    def call(chat: str, sent_at: int) -> Noticed:
        return Noticed(conversation=chat, sender=chat, sent_at=sent_at, mine=False, hash="h", what="call")

    assert [looker._is_same_call(call("a", at)) for at in (1, 2, looking.ONE_CALL * 2)] == [False, True, False]
    looker._is_same_call(call("b", looking.ONE_CALL * 9))
    assert list(looker._calls) == ["b"]
    looker._record.close()
