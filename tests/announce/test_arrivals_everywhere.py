"""Contact number 17 comes over each of the networks, from the notice in their hands, and is known as who they were."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NoReturn, Protocol

import pytest

from bridges.actions import Accept, Post
from bridges.api import Can, Desk
from bridges.contract import Seat, World
from bridges.contract.world import says
from bridges.events import Asked, Posted
from migrate.announce.arrivals import Arrivals
from migrate.announce.campaign import Arrival, Step
from migrate.announce.codes import written
from migrate.announce.journal import Journal
from migrate.announce.sending import Outside, Pace, Sender
from tests.announce.people import addressed, campaign, id_of, person, signature
from tests.announce.street import StreetBridge, street
from tests.patience import PATIENCE

PEOPLE = 18
SEVENTEEN = id_of(17)
GREETING = "Hi Contact 17, how good to see you here! It's me, Robin."
Absent = Callable[[str], NoReturn]


def needs(absent: Absent, *libraries: str) -> None:
    for name in libraries:
        if importlib.util.find_spec(name) is None:
            absent(f"{name} is not installed")


def now() -> int:
    return time.time_ns() // 1_000_000


class Announcement:
    """Everybody has been told over the street, and one bridge is listened on: `decamp announce watch --greet`."""

    def __init__(self, seat: Seat, home: Path) -> None:
        self.seat, self.home = seat, home
        self.name = seat.bridge.about.name
        self.journal = Journal(home)
        self.arrivals = Arrivals(self.journal, now)
        self._taken = 0

    async def tell(self) -> None:
        """Send the notices; the bridge makes an invitation for each, if it makes any."""
        inviting = {self.name: self.seat.bridge} if Can.INVITATIONS in self.seat.bridge.about.can else {}
        people = addressed([person(number) for number in range(PEOPLE)])
        number = self.journal.plan(campaign(inviting=tuple(inviting)), people, now(), os.urandom)
        self.journal.keep_serial(number, 1)
        carrier, settings = StreetBridge(), {"place": str(self.home / "street.sqlite"), "faults": "0"}
        desk = Desk(settings=settings, folder=self.home, now=now, random=random.Random(1), random_bytes=os.urandom)
        await carrier.start(desk)
        outside = Outside(now, random.Random(1), os.urandom, asyncio.sleep, Pace(0))
        tally = await Sender(self.journal, carrier, inviting, signature, outside).run(lambda _: None)
        await carrier.stop()
        assert tally.sent == PEOPLE

    def given(self, number: int) -> str:
        """What somebody holds in their hands."""
        db = street(self.home / "street.sqlite")
        rows = db.execute("SELECT text FROM shown WHERE box = ? ORDER BY number", [id_of(number)]).fetchall()
        db.close()
        return "\n".join(text for (text,) in rows)

    def link(self, number: int) -> str:
        invited = self.journal.invitation(id_of(number), self.name)
        assert invited is not None
        assert invited.link in self.given(number)
        return invited.link

    def code(self, number: int) -> str:
        code = written(next(one.code for one in self.journal.notices() if one.id == id_of(number)))
        assert code in self.given(number)
        return code

    def look(self) -> list[Arrival]:
        """Note what happened since we looked last. Everybody who has come so far."""
        news = self.seat.events[self._taken :]
        self._taken += len(news)
        for event in news:
            self.arrivals.take(self.name, event)
        return list(self.arrivals.arrivals())

    async def has_come(self, people: int = 1) -> list[Arrival]:
        async with asyncio.timeout(PATIENCE):
            while len(came := self.look()) < people:  # noqa: ASYNC110  the bridge tells the seat, and nobody else
                await asyncio.sleep(0.02)
        assert len(came) == people
        return came

    async def greet(self) -> None:
        """As often as `watch` does it: once a second, as long as it runs."""
        for _ in range(3):
            self.look()
            await self.arrivals.greet(self.seat.bridge, os.urandom)

    def is_number_17(self, arrival: Arrival, how: str) -> None:
        assert (arrival.id, arrival.name, arrival.bridge, arrival.how) == (SEVENTEEN, "Contact 17", self.name, how)
        arrived = [one.id for one in self.journal.notices() if one.step is Step.ARRIVED]
        assert arrived == [SEVENTEEN]
        assert self.arrivals.cursor(self.name) is not None


class Newcomer(Protocol):
    """Somebody with a program of their own."""

    async def saw(self, kind: type[Posted], wanted: Callable[[Posted], bool], seconds: float = PATIENCE) -> Posted: ...


async def is_greeted_once(announcement: Announcement, newcomer: Newcomer, chat: str) -> None:
    await announcement.greet()
    await newcomer.saw(Posted, lambda event: event.text.startswith(GREETING), PATIENCE)
    await announcement.greet()
    await announcement.seat.bridge.send(chat, Post(key="afterwards", text="afterwards"))
    seen: list[str] = []

    def is_last(event: Posted) -> bool:
        seen.append(event.text)
        return event.text == "afterwards"

    await newcomer.saw(Posted, is_last, PATIENCE)
    assert not [text for text in seen if text.startswith(GREETING)]
    [arrival] = announcement.look()
    assert arrival.greeted_at is not None


@asynccontextmanager
async def announced(world: World, home: Path) -> AsyncIterator[Announcement]:
    async with Seat(world) as seat:
        announcement = Announcement(seat, home)
        await announcement.tell()
        yield announcement
        announcement.journal.close()


# -- XMPP --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["invitation", "code"])
def test_number_17_comes_to_an_xmpp_account(tmp_path: Path, absent: Absent, how: str) -> None:
    needs(absent, "slixmpp")
    from slixmpp import JID

    from tests.bridges.xmpp.world import direct, someone
    from tests.servers import prosody

    if (missing := prosody.missing()) is not None:
        absent(missing)

    async def scene(server: prosody.Prosody) -> None:
        async with (
            direct(server, tmp_path) as world,
            announced(world, tmp_path / "home") as announcement,
            someone(server, *server.account("maya")) as maya,
            someone(server, *server.account("noor")) as noor,
        ):
            me = JID(announcement.seat.bridge.me.id)
            if how == "invitation":
                await maya.use(announcement.link(17))
            else:
                maya.send_message(mto=me, mbody=f"Hello! {announcement.code(17)}", mtype="chat")
            [first] = await announcement.has_come()
            announcement.is_number_17(first, how)
            assert (first.person, first.asked) == (maya.boundjid.bare, how == "code")
            await is_greeted_once(announcement, maya, first.chat)
            noor.send_message(mto=me, mbody=announcement.code(17), mtype="chat")
            came = await announcement.has_come(2)
            assert {one.person for one in came} == {maya.boundjid.bare, noor.boundjid.bare}
            again = next(one for one in came if one.person == first.person)
            assert (again.how, again.at, again.chat) == (first.how, first.at, first.chat)
            assert announcement.arrivals.chats(announcement.name) == {SEVENTEEN: first.chat}

    (tmp_path / "prosody").mkdir()
    with prosody.running(tmp_path / "prosody") as server:
        asyncio.run(scene(server))


# -- Matrix ------------------------------------------------------------------------------------------


def test_number_17_comes_to_a_matrix_account_by_their_code(tmp_path: Path, absent: Absent) -> None:
    """They write before anybody has let them in, and are read as soon as somebody does."""
    needs(absent, "nio")
    from tests.bridges.matrix.friend import Friend
    from tests.bridges.matrix.world import V3, MatrixWorld, account_world
    from tests.environments import NotThere
    from tests.servers import synapse

    async def comes(world: MatrixWorld, announcement: Announcement, stack: AsyncExitStack, name: str) -> Friend:
        server = world.server
        friend = Friend(server.url, server.user(name), tmp_path / name, sealed=False)
        await friend.start()
        stack.push_async_callback(friend.stop)
        invitation: dict[str, object] = {"invite": [world.account.id], "is_direct": True}
        friend.room = str(server.call("POST", f"{V3}/createRoom", invitation, friend.user.token)["room_id"])
        await friend.do(Post(key="", text=f"Hello! {announcement.code(17)}"))
        asked = await announcement.seat.saw(Asked, lambda event: event.person.id == friend.user.id)
        await announcement.seat.bridge.send(asked.chat.id, Accept(key=f"let {name} in"))
        return friend

    async def scene(server: synapse.Synapse) -> None:
        async with (
            account_world(server, tmp_path, sealed=False) as world,
            AsyncExitStack() as stack,
            announced(world, tmp_path / "home") as announcement,
        ):
            maya = await comes(world, announcement, stack, "maya")
            [first] = await announcement.has_come()
            announcement.is_number_17(first, "code")
            assert (first.person, first.chat) == (maya.user.id, maya.room)
            await is_greeted_once(announcement, maya, first.chat)
            noor = await comes(world, announcement, stack, "noor")
            came = await announcement.has_come(2)
            assert (came[0].person, came[0].at, came[1].person) == (maya.user.id, first.at, noor.user.id)
            assert announcement.arrivals.chats(announcement.name) == {SEVENTEEN: maya.room}

    try:
        (tmp_path / "synapse").mkdir()
        with synapse.running(tmp_path / "synapse") as server:
            asyncio.run(scene(server))
    except NotThere as why:
        absent(f"the environment for Synapse could not be made: {why}")


# -- Delta Chat --------------------------------------------------------------------------------------


def test_number_17_comes_to_delta_chat_by_their_invitation(tmp_path: Path, absent: Absent) -> None:
    needs(absent, "deltachat_rpc_client", "deltachat_rpc_server")
    from tests.bridges.deltachat.friend import DeltaChatFriend
    from tests.bridges.deltachat.world import Home, somebody, world_in
    from tests.servers import mail

    if (missing := mail.missing()) is not None:
        absent(missing)

    async def scene(home: Home, maya: DeltaChatFriend) -> None:
        async with world_in(home) as world, announced(world, tmp_path / "home") as announcement:
            await maya.use(announcement.link(17))
            [first] = await announcement.has_come()
            announcement.is_number_17(first, "invitation")
            await is_greeted_once(announcement, maya, first.chat)
            maya.chat = next(int(one.chat.id) for one in maya.events if isinstance(one, Posted))
            await maya.do(Post(key="", text=announcement.code(17)))
            await announcement.seat.saw(Posted, says(announcement.code(17)), PATIENCE)
            assert [(one.how, one.at) for one in announcement.look()] == [("invitation", first.at)]

    (tmp_path / "bridge").mkdir()
    with (
        mail.running() as server,
        somebody(tmp_path / "friend", server) as friend,
        somebody(tmp_path / "maya", server) as maya,
    ):
        asyncio.run(scene(Home(tmp_path / "bridge", server, friend), maya))


# -- SimpleX -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["program", "library"])
def test_number_17_comes_to_simplex_by_their_invitation(tmp_path: Path, absent: Absent, way: str) -> None:
    needs(absent, "simplex_chat")
    from tests.bridges.simplex.friend import SimplexFriend
    from tests.bridges.simplex.world import over_the_library, over_the_program
    from tests.servers.simplex import Account

    async def scene() -> None:
        async with (
            (over_the_program if way == "program" else over_the_library)(tmp_path) as world,
            announced(world, tmp_path / "home") as announcement,
        ):
            maya = SimplexFriend(Account(world.network, "Maya"), tmp_path)
            await maya.use(announcement.link(17))
            [first] = await announcement.has_come()
            announcement.is_number_17(first, "invitation")
            await is_greeted_once(announcement, maya, first.chat)
            maya.chat = f"@{next(iter(maya.account.contacts))}"
            await maya.do(Post(key="", text=announcement.code(17)))
            await announcement.seat.saw(Posted, says(announcement.code(17)))
            assert [(one.how, one.at) for one in announcement.look()] == [("invitation", first.at)]

    asyncio.run(scene())
