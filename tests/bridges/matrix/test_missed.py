"""What a homeserver forgot to bring comes all the same, once, in its order and with its time."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from bridges.api import NotNow, Post, Posted
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.feed import Feed
from bridges.matrix import missed
from bridges.matrix.calls import Calls, Query, Trouble
from bridges.matrix.ghosts import Ghosts
from bridges.matrix.keep import Keep
from bridges.matrix.loose import Object, a_text
from bridges.matrix.missed import Missed
from bridges.matrix.trying import Trying
from tests.bridges.matrix.world import ServiceWorld, service_world
from tests.patience import PATIENCE
from tests.servers.synapse import Synapse

ROOM, OTHER = "!kitchen:localhost", "!garden:localhost"
DAY = 86_400_000
NOW = 100 * DAY
LOST = ["lost, one", "lost, two"]


def posted(seat: Seat) -> list[Posted]:
    return [event for event in seat.events if isinstance(event, Posted)]


def test_what_a_homeserver_forgot_while_it_was_restarted_is_there_after_our_start(
    homeserver: Synapse, tmp_path: Path
) -> None:
    async def story() -> None:
        async with service_world(homeserver, tmp_path) as world:
            async with Seat(world) as seat:
                await world.friend.do(Post(key="before", text="before"))
                await seat.saw(Posted, says("before"))
            began = time.time_ns() // 1_000_000
            ids = [await world.friend.do(Post(key=text, text=text)) for text in LOST]
            ended = time.time_ns() // 1_000_000
            await asyncio.to_thread(forget, world, ids)
            async with Seat(world) as again:
                await again.saw(Posted, says(LOST[-1]))
                await world.friend.do(Post(key="after", text="after"))
                await again.saw(Posted, says("after"))
                assert [one.text for one in posted(again) if one.text != "before"] == [*LOST, "after"]
                times = [one.sent_at for one in posted(again) if one.text in LOST]
                assert all(began <= sent_at <= ended for sent_at in times), (
                    "their own time, and not that of the restart"
                )

    asyncio.run(story())


def test_what_a_homeserver_forgot_while_we_ran_comes_before_what_was_said_later(
    homeserver: Synapse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def put_off(*_: object) -> None:
        raise NotNow("Not yet.")

    async def story() -> None:
        async with service_world(homeserver, tmp_path) as world, Seat(world) as seat:
            await world.friend.do(Post(key="before", text="before"))
            await seat.saw(Posted, says("before"))
            with monkeypatch.context() as patch:
                patch.setattr(Missed, "before", put_off)
                ids = [await world.friend.do(Post(key=text, text=text)) for text in LOST]
                await asyncio.to_thread(forget, world, ids)
            await world.friend.do(Post(key="after", text="after"))
            await seat.saw(Posted, says("after"))
            assert [one.text for one in posted(seat)] == ["before", *LOST, "after"]

    asyncio.run(story())


def forget(world: ServiceWorld, ids: list[str]) -> None:
    """Restart the homeserver as if it had been stopped before it noted that these wait for the application service."""
    service, file = f"decamp-{world.service.prefix}", world.server.folder / "homeserver.db"
    waiting = "SELECT count(*) FROM application_services_txns WHERE as_id = ? AND instr(event_ids, ?)"
    deadline = time.monotonic() + PATIENCE
    with closing(sqlite3.connect(file)) as database:
        while not all(database.execute(waiting, (service, id)).fetchone()[0] for id in ids):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    world.server.stop()
    with closing(sqlite3.connect(file)) as database:
        database.execute("DELETE FROM application_services_txns WHERE as_id = ?", (service,))
        database.execute("UPDATE application_services_state SET state = 'up' WHERE as_id = ?", (service,))
        database.commit()
    world.server.start()


class Homeserver(Calls):
    """Rooms with what was said in them, oldest first. It counts how often it is asked for which."""

    def __init__(self, **rooms: list[Object]) -> None:
        self.breaks, self.asked = 0, list[str]()
        self.rooms: dict[str, list[Object]] = {ROOM: [], OTHER: []}
        self.failing: set[str] = set()

    async def ask(
        self, method: str, where: str, body: object = None, query: Query | None = None, **_: object
    ) -> Object:
        if where.endswith("joined_rooms"):
            return {"joined_rooms": [*self.rooms]}
        room = ROOM if "kitchen" in where else OTHER
        self.asked.append(room)
        if room in self.failing:
            raise Trouble(500, "M_UNKNOWN")
        assert query is not None
        said, limit = self.rooms[room], int(query["limit"])
        until = int(query.get("from", len(said)))
        rest = {"end": str(until - limit)} if until > limit else {}
        return {"start": str(until), "chunk": said[max(until - limit, 0) : until][::-1], **rest}


def said(text: str, room: str = ROOM, at: int = NOW) -> Object:
    content: Object = {"msgtype": "m.text", "body": text}
    return {"type": "m.room.message", "event_id": f"${text}", "room_id": room, "sender": "@alice:localhost",
            "origin_server_ts": at, "content": content}  # fmt: skip


class Desk:
    """The part of a bridge that takes what is brought."""

    def __init__(self, folder: Path, homeserver: Homeserver) -> None:
        self.homeserver, self.keep = homeserver, Keep(folder, lambda: NOW)
        ghosts = Ghosts(homeserver, None, "ghost_", "localhost")  # type: ignore[arg-type]  # nobody gets a picture
        self.missed = Missed(homeserver, self.keep, ghosts, lambda: NOW)
        self.trying = Trying(Feed(lambda: NOW), Random(1))

    async def brought(self, transaction: int, *events: Object) -> None:
        await self.missed.before(str(transaction), [*events])
        self.keep.receive([*events])

    async def looked(self) -> None:
        """Let it look into all rooms, until it has nothing to look for."""
        task = asyncio.create_task(self.missed.look(self.trying, lambda: None))
        for _ in range(1000):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    @property
    def texts(self) -> list[str]:
        return [a_text(raw, "content", "body") for raw in self._journal()]

    def _journal(self) -> Iterator[Object]:
        number = 0
        while page := list(self.keep.after(number)):
            yield from (raw for _, raw in page)
            number = page[-1][0]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path, Homeserver())
    yield desk
    desk.keep.close()


@contextmanager
def started_again(desk: Desk, folder: Path) -> Iterator[Desk]:
    later = Desk(folder, desk.homeserver)
    yield later
    later.keep.close()


def happen(story: Callable[[], object]) -> None:
    async def run() -> None:
        await story()  # type: ignore[misc]  # a coroutine

    asyncio.run(run())


def test_at_the_very_first_start_nothing_comes_that_was_said_before_it(desk: Desk) -> None:
    async def story() -> None:
        desk.homeserver.rooms[ROOM] = [said("long ago", at=NOW - 1), said("brought"), said("right after")]
        await desk.looked()
        assert (desk.texts, desk.homeserver.asked) == ([], [])
        await desk.brought(1, said("brought"))
        assert desk.texts == ["brought", "right after"]
        desk.homeserver.rooms[OTHER] = [said("long ago there", OTHER)]
        await desk.brought(2, said("not shown", OTHER))
        assert desk.texts == ["brought", "right after", "not shown"]

    happen(story)


def test_quiet_rooms_are_asked_for_once_after_each_gap_and_never_without_one(desk: Desk, tmp_path: Path) -> None:
    async def story() -> None:
        await desk.brought(1, said("a"))
        await desk.brought(2, said("b", OTHER))
        desk.homeserver.rooms |= {ROOM: [said("a")], OTHER: [said("b", OTHER)]}
        desk.homeserver.asked.clear()
        for _ in range(3):
            await desk.looked()
            desk.missed.notice()
        assert desk.homeserver.asked == []
        desk.homeserver.breaks += 1
        for _ in range(3):
            desk.missed.notice()
            await desk.looked()
        assert desk.homeserver.asked == [ROOM, OTHER]

    happen(story)


def test_a_count_of_transactions_that_begins_anew_shows_that_something_may_be_missing(desk: Desk) -> None:
    async def story() -> None:
        desk.homeserver.rooms[ROOM] = [said("a")]
        await desk.brought(7, said("a"))
        desk.homeserver.rooms[ROOM] += [said("lost"), said("b")]
        await desk.brought(1, said("b"))
        assert desk.texts == ["a", "lost", "b"]

    happen(story)


def test_what_a_homeserver_leaves_out_after_it_was_told_to_come_again_comes_in_its_order(desk: Desk) -> None:
    """Also in a room from which nothing is brought for a while."""

    async def story() -> None:
        desk.homeserver.rooms |= {ROOM: [said("a")], OTHER: [said("b", OTHER)]}
        await desk.brought(1, said("a"))
        await desk.brought(2, said("b", OTHER))
        desk.homeserver.asked.clear()
        await desk.brought(4, said("a"))
        assert desk.homeserver.asked == [], "other services share the count"
        desk.missed.put_off()
        await desk.brought(5, said("a"))
        assert desk.homeserver.asked == []
        desk.homeserver.rooms[ROOM] += [said("left out"), said("c")]
        await desk.brought(7, said("b", OTHER))
        await desk.brought(8, said("c"))
        assert desk.texts == ["a", "b", "left out", "c"]
        assert desk.homeserver.asked == [OTHER, ROOM]

    happen(story)


def test_what_a_homeserver_left_out_comes_also_when_nothing_is_said_after_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        desk.homeserver.rooms[ROOM] = [said("a")]
        await desk.brought(1, said("a"))
        await desk.looked()
        desk.homeserver.rooms[ROOM] += [said("left out")]
        await desk.looked()
        assert desk.texts == ["a"]
        desk.missed.put_off()
        settling = asyncio.create_task(desk.missed.settle())
        deadline = time.monotonic() + PATIENCE
        while desk.texts != ["a", "left out"]:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
            await desk.looked()
        asked = len(desk.homeserver.asked)
        await asyncio.sleep(0.1)
        await desk.looked()
        assert len(desk.homeserver.asked) == asked, "once is enough"
        await desk.brought(3, said("b"))
        assert len(desk.homeserver.asked) == asked
        settling.cancel()
        await asyncio.wait([settling])

    monkeypatch.setattr(missed, "SETTLES", 0.02)
    happen(story)


def test_a_room_in_which_nothing_was_heard_for_long_brings_only_what_is_new(desk: Desk, tmp_path: Path) -> None:
    async def story() -> None:
        old, ancient = said("old", at=NOW - 40 * DAY), said("ancient", at=NOW - 90 * DAY)
        desk.homeserver.rooms[ROOM] = [ancient, old]
        await desk.brought(1, old)
        with closing(sqlite3.connect(tmp_path / "matrix.db")) as keep:
            keep.execute("DELETE FROM knock")  # as it is after thirty days
            keep.commit()
        desk.homeserver.rooms[ROOM] += [said("lost")]
        with started_again(desk, tmp_path) as later:
            await later.looked()
            assert later.texts == ["old", "lost"]
            later.keep.forget_before(99)
        del desk.homeserver.rooms[ROOM][-2]  # the homeserver has deleted what we know
        with started_again(desk, tmp_path) as later:
            await later.looked()
            assert later.texts == []

    happen(story)


def test_many_missed_messages_come_in_order_and_too_many_are_told_in_the_log(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        await desk.brought(1, said("known"))
        for round, count in enumerate((200, 201, 230)):
            desk.homeserver.rooms[ROOM] += [said(f"{round} {number}") for number in range(count)]
            desk.homeserver.breaks += 1
            desk.missed.notice()
            with caplog.at_level(logging.WARNING):
                await desk.looked()
            lost = max(count - 200, 0)
            assert desk.texts[-(count - lost) :] == [f"{round} {number}" for number in range(lost, count)]
            assert len(caplog.records) == (1 if lost else 0)
            caplog.clear()

    monkeypatch.setattr(missed, "MOST_PAGES", 4)
    desk.homeserver.rooms[ROOM] = [said("known")]
    happen(story)


def test_a_room_at_which_the_homeserver_always_fails_does_not_hold_up_the_others(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        desk.homeserver.failing.add(ROOM)
        for _ in range(2):
            with pytest.raises(NotNow):
                await desk.brought(1, said("a"), said("b", OTHER))
        assert desk.texts == []
        with caplog.at_level(logging.WARNING):
            await desk.brought(1, said("a"), said("b", OTHER))
        assert desk.texts == ["a", "b"]
        assert "may be lost" in caplog.text

    happen(story)
