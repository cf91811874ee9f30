"""What is different in groups: who may do what, who comes and goes, and what groups of Session have not."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from bridges.api import (
    Accept,
    AnyAction,
    Can,
    CannotDo,
    Changed,
    ChatKind,
    Delete,
    Deleted,
    Joined,
    Left,
    MarkRead,
    Post,
    Posted,
    Reference,
    Refused,
    Renamed,
    SetTimer,
    SetTyping,
    State,
    Timer,
)
from bridges.contract import Seat
from bridges.contract.world import says
from migrate.session.content import Content, DataMessage
from migrate.session.group_updates import (
    ADDED,
    DISAPPEARING,
    NAME,
    REMOVED,
    DeleteMemberContent,
    GroupUpdate,
    InfoChange,
    Invite,
    MemberChange,
    MemberLeft,
    MemberLeftNotification,
    info_text,
    invite_text,
    member_text,
)
from migrate.session.keys import AccountKeys
from migrate.session.outgoing import timer_change
from migrate.session.signers import MemberSigner
from migrate.standin.network import StandIn
from tests.bridges.session.friend import HandFriend, put, this_moment
from tests.bridges.session.world import Circle, SessionWorld, direct, in_a_group

pytestmark = pytest.mark.usefixtures("hurry")
SOMEBODY = "05" + "ab" * 32
Change = TypeVar("Change", InfoChange, MemberChange)


class Group:
    """An account in a group of three, of which it is an admin if asked for."""

    def __init__(self, standin: StandIn, folder: Path, *, admin: bool = False, timer: int = 0) -> None:
        self.world = SessionWorld(standin, folder)
        one, other = AccountKeys(os.urandom(32)), AccountKeys(os.urandom(32))
        self.circle = Circle(standin, self.world.keys, one, other, timer=timer)
        self.circle.welcomes(self.world, admin=admin)
        self.world.chat = self.circle.id
        self.one, self.other = (HandFriend(standin, keys, self.circle.id, self.circle.key) for keys in (one, other))
        self.world.friend = self.one


def stand_in() -> StandIn:
    return StandIn(this_moment, os.urandom)


@pytest.mark.parametrize(
    ("action", "can"),
    [
        (MarkRead(key="r", message=Reference(id=f"1:{SOMEBODY}")), Can.READ),
        (SetTyping(key="t", typing=True), Can.TYPING),
        (SetTimer(key="s", seconds=60), Can.TIMERS),
        (Accept(key="a"), Can.REQUESTS),
    ],
)
def test_what_groups_have_not_is_refused_by_its_name(action: AnyAction, can: Can, tmp_path: Path) -> None:
    async def story() -> None:
        async with in_a_group(tmp_path) as world, Seat(world) as seat:
            with pytest.raises(CannotDo) as caught:
                await seat.bridge.send(world.chat, action)
            assert caught.value.can is can

    asyncio.run(story())


def test_three_people_read_each_other_and_nobody_twice(tmp_path: Path) -> None:
    async def story() -> None:
        with stand_in() as standin:
            group = Group(standin, tmp_path, timer=7200)
            async with Seat(group.world) as seat:
                await group.one.do(Post(key="1", text="one"))
                await group.other.do(Post(key="2", text="two"))
                first, second = await seat.saw(Posted, says("one")), await seat.saw(Posted, says("two"))
                assert {first.sender.id, second.sender.id} == {group.one.id, group.other.id}
                assert first.chat.kind is ChatKind.GROUP
                assert first.chat.title == "Hikers"
                await seat.bridge.send(group.world.chat, Post(key="3", text="three"))
                for friend in (group.one, group.other):
                    there = await friend.saw(Posted, says("three"))
                    assert there.expires == 7200  # as the group says
                assert len([event for event in seat.events if isinstance(event, Posted)]) == 2

    asyncio.run(story())


def test_members_take_back_only_what_is_theirs(tmp_path: Path) -> None:
    async def story() -> None:
        with stand_in() as standin:
            group = Group(standin, tmp_path)
            async with Seat(group.world) as seat:
                kept = await group.other.do(Post(key="1", text="stays"))
                await seat.saw(Posted, says("stays"))
                hashes = tuple(group.other._hashes.values())
                deletion = GroupUpdate(delete_content=DeleteMemberContent(hashes=hashes))
                group.one.store(Content(data=DataMessage(group_update=deletion)))
                mine = await group.one.do(Post(key="2", text="goes"))
                await seat.saw(Posted, says("goes"))
                await group.one.do(Delete(key="3", message=Reference(id=mine)))
                assert (await seat.saw(Deleted)).message == mine
                sent = await seat.bridge.send(group.world.chat, Post(key="4", text="ours"))
                assert sent.id is not None
                await group.one.saw(Posted, says("ours"))
                await seat.bridge.send(group.world.chat, Delete(key="5", message=Reference(id=sent.id)))
                assert (await group.one.saw(Deleted, lambda event: True)).message == sent.id
                assert kept not in [event.message for event in seat.events if isinstance(event, Deleted)]
                with pytest.raises(Refused):
                    await seat.bridge.send(
                        group.world.chat, Delete(key="6", message=Reference(id=f"5:{seat.bridge.me.id}"))
                    )

    asyncio.run(story())


def test_changes_that_an_admin_signed_are_told_and_others_are_not(tmp_path: Path) -> None:
    async def story() -> None:
        with stand_in() as standin:
            group, now = Group(standin, tmp_path), this_moment()
            sign = group.circle.group.sign

            def told(update: GroupUpdate, at: int) -> None:
                group.one.store(Content(data=DataMessage(group_update=update), sent_at=at))

            async with Seat(group.world) as seat:
                name = InfoChange(type=NAME, name="Walkers")
                told(GroupUpdate(info_change=_signed(name, sign(info_text(name, now).encode()))), now)
                timer = InfoChange(type=DISAPPEARING, expiry_seconds=600)
                told(GroupUpdate(info_change=_signed(timer, sign(info_text(timer, now + 1).encode()))), now + 1)
                for place, kind in enumerate((ADDED, REMOVED)):
                    change, at = MemberChange(type=kind, members=(SOMEBODY,)), now + 2 + place
                    told(GroupUpdate(member_change=_signed(change, sign(member_text(change, at).encode()))), at)
                await seat.saw(Renamed, lambda event: event.chat is not None and event.chat.title == "Walkers")
                assert (await seat.saw(Timer)).seconds == 600
                assert (await seat.saw(Joined)).person.id == SOMEBODY
                assert (await seat.saw(Left)).person.id == SOMEBODY
                # Nobody signed these: the first is a claim, the second only an admin may say.
                forged = MemberChange(type=REMOVED, members=(group.other.id,), signature=bytes(64))
                told(GroupUpdate(member_change=forged), now + 10)
                group.one.store(timer_change(now + 11, after=0, seconds=0))
                note = await seat.saw(Posted, lambda event: event.notice)
                assert "could not be read" in note.text
                told(GroupUpdate(member_left=MemberLeft()), now + 12)
                told(GroupUpdate(member_left_notification=MemberLeftNotification()), now + 12)
                assert (await seat.saw(Left)).person.id == group.one.id
                await group.other.do(Post(key="end", text="end"))
                await seat.saw(Posted, says("end"))
                assert len([event for event in seat.events if isinstance(event, Left)]) == 2
                assert len([event for event in seat.events if isinstance(event, Timer)]) == 1

    asyncio.run(story())


def _signed(change: Change, signature: bytes) -> Change:
    return replace(change, signature=signature)


def test_a_group_that_we_come_into_is_told_and_one_that_sends_us_away_too(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            keys = AccountKeys(os.urandom(32))
            circle = Circle(world.standin, world.keys, keys)
            member = HandFriend(world.standin, keys, circle.id, circle.key)
            circle.welcomes(world)
            joined = await seat.saw(Joined)
            assert (joined.chat.id, joined.chat.title, joined.person.id) == (circle.id, "Hikers", world.me)
            await member.do(Post(key="1", text="welcome"))
            await seat.saw(Posted, says("welcome"))
            await seat.bridge.send(circle.id, Post(key="2", text="thank you"))
            token = MemberSigner(circle.id, circle.token(world.keys), world.keys).token
            world.standin.within(lambda: world.standin.shelves.revoked.update({circle.id: {token}}))
            assert (await seat.saw(Left)).person.id == world.me
            await world.friend.do(Post(key="3", text="still here"))
            await seat.saw(Posted, says("still here"))
            assert len([event for event in seat.events if isinstance(event, Left)]) == 1

    asyncio.run(story())


def test_a_group_that_nobody_gives_us_is_named_and_costs_nothing_else(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            circle = Circle(world.standin, world.keys, AccountKeys(os.urandom(32)))
            circle.welcomes(world)
            world.standin.faults.moved = {circle.id: ()}  # nobody keeps it
            async with Seat(world) as seat:
                assert f"the group {circle.id[:8]}… cannot be read" in seat.bridge.health.said
                await world.friend.do(Post(key="1", text="all the same"))
                await seat.saw(Posted, says("all the same"))
                world.standin.faults.moved = {}
                await seat.saw(Changed, lambda event: event.health.state is State.CONNECTED and not event.health.said)

    asyncio.run(story())


def test_an_invitation_to_a_group_is_a_notice_in_the_chat_of_whoever_sent_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            assert isinstance(world.friend, HandFriend)
            circle, now = Circle(world.standin, world.friend.keys), this_moment()
            signature = circle.group.sign(invite_text(world.me, now).encode())
            invite = Invite(group=circle.id, name="Hikers", member_auth=bytes(100), signature=signature)
            world.friend.store(Content(data=DataMessage(group_update=GroupUpdate(invite=invite)), sent_at=now))
            note = await seat.saw(Posted, lambda event: event.notice)
            assert (note.text, note.chat.id) == ("(invites you to the group Hikers)", world.chat)

    asyncio.run(story())


def test_what_does_not_open_is_said_in_the_group_and_costs_nothing_else(tmp_path: Path) -> None:
    async def story() -> None:
        async with in_a_group(tmp_path) as world, Seat(world) as seat:
            for number in range(3):
                put(world.standin, world.chat, 11, b"nonsense %d" % number)
            await world.friend.do(Post(key="1", text="sense"))
            await seat.saw(Posted, says("sense"))
            notes = [event for event in seat.events if isinstance(event, Posted) and event.notice]
            assert 1 <= len(notes) <= 3
            assert all("could not be read" in note.text and note.chat.id == world.chat for note in notes)

    asyncio.run(story())
