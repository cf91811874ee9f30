"""A community of Session that is linked with a room elsewhere: both sides hear each other, each text once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from bridges.api import Desk, Person, Posted, React, Reacted, Reference
from bridges.memory import MemoryBridge, Room
from bridges.relay.clock import SystemClock
from bridges.relay.files import Spool
from bridges.relay.model import Direction, Link, Options, Place, Side
from bridges.relay.run import Relay
from bridges.relay.seats import Seat
from bridges.relay.sqlite import SqliteStore
from bridges.session.bridge import SessionBridge
from tests.bridges.session.friend import this_moment
from tests.bridges.session.room import RoomWorld, in_a_room, nothing_asked
from tests.relay.world import until

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses after failures are short."""
    monkeypatch.setattr("migrate.network.pace.FIRST", 0.01)
    monkeypatch.setattr("migrate.network.pace.LONGEST", 0.16)
    monkeypatch.setattr("bridges.relay.lanes.FIRST_PAUSE", 0.05)


ANN = Person(id="ann", name="Ann")


class Both:
    """A room of a community, a room in memory, and the relay between them."""

    def __init__(self, folder: Path, world: RoomWorld, direction: Direction = Direction.BOTH) -> None:
        self.folder, self.world = folder, world
        self.far = Room("far")
        ends = (Place(bridge="session", chat=world.chat), Place(bridge="memory", chat="far"))
        options = Options(most=0, most_alike=0)
        self.link = Link(name="lobby", ends=ends, title="The lobby", direction=direction, options=options)
        self.relay: Relay

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        sides = {"session": Side(name="session", about=SessionBridge.about),
                 "memory": Side(name="memory", about=MemoryBridge.about)}  # fmt: skip
        (self.folder / "relay").mkdir(exist_ok=True)
        store = SqliteStore(self.folder / "relay", sides)
        if self.link.name not in store.portals.links:
            store.portals.add(self.link)
            store.database.commit()
        seats = {"session": Seat(SessionBridge, self.world.desk), "memory": Seat(MemoryBridge, self._desk)}
        self.relay = Relay(store, seats, Spool(self.folder / "spool"), SystemClock(), Random(1))
        running = asyncio.create_task(self.relay.run())
        try:
            await until(lambda: all(self.relay.connected(name) for name in seats))
            yield
        finally:
            self.relay.stop()
            await running
            store.close()

    def _desk(self, cursor: str | None) -> Desk:
        settings = {"room": "far", "name": "Relay"}
        return Desk(settings=settings, folder=self.folder, now=this_moment, random=Random(1), random_bytes=bytes,
                    cursor=cursor)  # fmt: skip

    # -- what is said and seen -------------------------------------------------------------------------

    def ann_says(self, text: str, reply_to: Reference | None = None) -> str:
        """Ann writes in the room in memory."""
        id = f"m{len(self.far.told) + 1}"
        posted = Posted(chat=self.far.chat, sender=ANN, id=id, sent_at=this_moment(), text=text, reply_to=reply_to)
        self.far.tell(ANN.id, posted)
        return id

    def ann_feels(self, message: str, emoji: str) -> None:
        added = Reacted.Change.ADDED
        self.far.tell(
            ANN.id, Reacted(chat=self.far.chat, sender=ANN, message=message, emojis=(emoji,), change=added, id="r")
        )

    def far_texts(self) -> list[str]:
        """What the relay wrote in the room in memory."""
        return [event.text for author, event in self.far.told if author == "relay" and isinstance(event, Posted)]

    def near_texts(self) -> list[str]:
        """What it wrote in the community."""
        return [
            event.text for event in self.world.hand.all_posts() if event.sender.id == self.world.blinded
        ]  # fmt: skip


def test_both_sides_hear_each_other_with_names_replies_and_reactions(tmp_path: Path) -> None:
    async def body() -> None:
        async with in_a_room(tmp_path) as world:
            both = Both(tmp_path, world)
            async with both.running():
                hello = world.hand.say("hello")
                await until(lambda: both.far_texts() == ["Friend: hello"])
                there = next(event for _, event in both.far.told if isinstance(event, Posted))
                answer = both.ann_says("hi", Reference(id=there.id))
                said = await world.hand.saw(Posted, lambda event: "hi" in event.text)
                assert said.text == "Ann: hi"
                assert said.reply_to is not None
                assert said.reply_to.id == hello
                both.ann_feels(there.id, "🎂")
                felt = await world.hand.saw(Reacted, lambda event: event.message == hello)
                assert felt.emojis == ("🎂",)
                await world.hand.do(React(key="x", message=Reference(id=said.id), emoji="👍"))
                await until(lambda: any(isinstance(event, Reacted) and event.message == answer
                                        for _, event in both.far.told))  # fmt: skip
                assert both.far_texts() == ["Friend: hello"]
                assert both.near_texts() == ["Ann: hi"]

    asyncio.run(body())


def test_restarts_and_lost_answers_in_the_middle_show_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        async with in_a_room(tmp_path) as world:
            both = Both(tmp_path, world)
            for round in range(4):
                async with both.running():
                    world.standin.faults.lost_posts = 1
                    for number in range(5):
                        world.hand.say(f"{round} {number}")
                        both.ann_says(f"{round} {number}")
                    if round % 2:
                        await until(lambda: bool(both.near_texts()) and bool(both.far_texts()))
                world.hand.say(f"{round} away")
                both.ann_says(f"{round} away")
            said = [
                text for round in range(4) for text in (*(f"{round} {number}" for number in range(5)), f"{round} away")
            ]
            async with both.running():
                await until(lambda: len(both.far_texts()) >= 24 and len(both.near_texts()) >= 24)
                world.hand.say("the end")
                await until(lambda: "Friend: the end" in both.far_texts())
            assert both.far_texts() == [*(f"Friend: {text}" for text in said), "Friend: the end"]
            assert both.near_texts() == [f"Ann: {text}" for text in said]

    asyncio.run(body())


def test_a_room_that_is_only_written_to_is_not_read(tmp_path: Path) -> None:
    async def body() -> None:
        async with in_a_room(tmp_path) as world:
            both = Both(tmp_path, world, Direction.BACK)
            async with both.running():
                both.ann_says("news")
                await world.hand.saw(Posted, lambda event: event.text == "Ann: news")
            assert not [path for _, path, _ in world.server.asked if "/since/" in path]

    asyncio.run(body())


def test_a_link_that_is_removed_while_the_relay_runs_ends_the_reading(tmp_path: Path) -> None:
    async def body() -> None:
        async with in_a_room(tmp_path) as world:
            both = Both(tmp_path, world)
            async with both.running():
                world.hand.say("hello")
                await until(lambda: both.far_texts() == ["Friend: hello"])
                both.relay.store.portals.remove("lobby")
                both.relay.store.database.commit()
                both.relay.reload()
                await nothing_asked(world.server)
                asked = len(world.server.asked)
                await asyncio.sleep(0.6)
                assert len(world.server.asked) == asked

    asyncio.run(body())
