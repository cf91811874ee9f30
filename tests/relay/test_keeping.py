"""Bridges that stop, hang, or break: what becomes of them, and of a relay that has to end meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from bridges.api import AnyAction, Can, Chat, Desk, NotNow, Person, Posted, Refused, Sent, State
from bridges.memory import MemoryBridge, Room
from bridges.relay import keeping, lanes, run, watch
from bridges.relay.files import Spool
from bridges.relay.model import Side
from bridges.relay.seats import Seat
from bridges.relay.sqlite import SqliteStore
from bridges.relay.status import snapshot
from tests.relay.pair import Pair
from tests.relay.pair import run as within_time
from tests.relay.town import EVERYTHING, TownBridge
from tests.relay.world import TurnedClock, settled, until


def notices(pair: Pair) -> list[str]:
    """What the owner was told in the management chat."""
    return [text.removeprefix("(").removesuffix(")") for text in pair.notices()]


class Trouble:
    """What is wrong with the old network for now."""

    def __init__(self, pair: Pair) -> None:
        self.error: Exception | None = None
        self.held: list[str] = []
        self.seat = Seat(self._make, pair.world._desk, self._hold)
        self._pair = pair

    def _make(self) -> TownBridge:
        trouble = self

        class Troubled(TownBridge):
            async def start(self, desk: Desk) -> None:
                if trouble.error is not None:
                    self.town.starts += 1
                    raise trouble.error
                await super().start(desk)

        return Troubled(self._pair.old)

    @contextmanager
    def _hold(self) -> Iterator[None]:
        self.held.append("held")
        try:
            yield
        finally:
            self.held.append("let go")


@pytest.mark.parametrize("state", [State.BAD_CREDENTIALS, State.LOGGED_OUT, State.FAILED])
def test_a_side_that_needed_a_person_comes_back_when_the_owner_says_so_and_the_other_never_notices(
    tmp_path: Path, state: State
) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            pair.old.seats[-1].change(state, "The password is wrong.", "Set it up again.")
            await until(lambda: notices(pair))
            assert notices(pair) == [
                f"old has stopped: {state}. The password is wrong. Set it up again. `retry old` starts it again."
            ]
            assert pair.old.seats == [], "it is let go of, so that somebody else can look at it"
            assert relay.need_person() == ["old"]
            pair.maya("meanwhile")
            pair.owner("wait for me")
            await pair.world.clock.turn(7200)
            assert (pair.old.starts, pair.new.starts) == (1, 1), "nobody knocks at a door that is shut"
            pair.owner("retry old", "control")
            await until(lambda: pair.new.texts("portal") == ["meanwhile"] and pair.old.texts() == ["wait for me"])
            assert (pair.old.starts, pair.new.starts) == (2, 1)
            assert "old is started again." in notices(pair)[1]
            assert notices(pair)[2:] == ["old is connected again."]
            pair.owner("retry", "control")
            await until(lambda: len(notices(pair)) == 4)
            assert notices(pair)[3] == "0 messages are tried again.", "and nothing is started that runs"
            assert (pair.old.starts, pair.new.starts) == (2, 1)

    within_time(body)


def test_one_that_stops_again_says_so_again(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            for number in (1, 2):
                pair.old.seats[-1].change(State.LOGGED_OUT, "Gone.")
                await until(lambda number=number: len(notices(pair)) == 2 * number - 1)  # type: ignore[misc]  # bound now
                assert relay.again("old")
                await until(lambda number=number: len(notices(pair)) == 2 * number)  # type: ignore[misc]  # bound now
        assert [text.split(":")[0] for text in notices(pair)] == ["old has stopped", "old is connected again."] * 2

    within_time(body)


def test_another_process_can_ask_for_it_too(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            pair.old.seats[-1].change(State.BAD_CREDENTIALS)
            await until(relay.need_person)
            relay.store.database.commit()
            outside = SqliteStore(tmp_path, relay.store.sides, lock=False)
            outside.ask_again("old")
            outside.ask_again("nowhere")
            outside.database.commit()
            outside.close()
            await pair.world.clock.turn(2)
            await until(lambda: pair.old.starts == 2 and relay.connected("old"))
            assert relay.store.again() == []

    within_time(body)


def test_what_breaks_again_and_again_is_not_started_for_ever(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            trouble = Trouble(pair)
            trouble.error = ZeroDivisionError("a secret")
            relay.take_in("old", trouble.seat)
            relay.restart("old")
            await pair.world.clock.turn(7200)
            assert pair.old.starts == 1 + keeping.MOST_BROKEN
            assert relay.need_person() == ["old"]
            said = notices(pair)[-1]
            assert "old has stopped: failed. It broke: ZeroDivisionError." in said
            assert "a secret" not in said
            trouble.error = None
            relay.again("old")
            pair.maya("back")
            await until(lambda: pair.new.texts("portal") == ["back"])

    within_time(body)


@pytest.mark.parametrize("error", [NotNow("Somebody else uses it."), ConnectionRefusedError(), TimeoutError()])
def test_what_passes_is_tried_for_ever_and_told_when_it_lasts(tmp_path: Path, error: Exception) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            trouble = Trouble(pair)
            trouble.error = error
            relay.take_in("old", trouble.seat)
            relay.restart("old")
            await pair.world.clock.turn(watch.LONG - 100)
            assert notices(pair) == []
            await pair.world.clock.turn(7200)
            assert 20 < pair.old.starts < 40, "with pauses that grow to five minutes"
            (told,) = notices(pair)
            assert told.startswith("old is not connected for 10 minutes.")
            trouble.error = None
            await pair.world.clock.turn(400)
            assert notices(pair)[1:] == ["old is connected again."]

    within_time(body)


def test_a_line_that_comes_and_goes_tells_nobody(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            for _ in range(50):
                pair.old.seats[-1].change(State.INTERRUPTED, "The line broke.")
                await pair.world.clock.turn(60)
                pair.old.seats[-1].change(State.CONNECTED)
                await pair.world.clock.turn(60)
        assert notices(pair) == []

    within_time(body)


def test_others_may_use_it_while_it_stands_still_and_only_then(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            trouble = Trouble(pair)
            relay.take_in("old", trouble.seat)
            relay.restart("old")
            await pair.world.clock.turn(3)
            assert trouble.held == ["held"]
            pair.old.seats[-1].change(State.BAD_CREDENTIALS)
            await until(relay.need_person)
            assert trouble.held == ["held", "let go"]
            relay.again("old")
            await until(lambda: relay.connected("old"))
            assert trouble.held == ["held", "let go", "held"]
        assert trouble.held == ["held", "let go"] * 2

    within_time(body)


class Deaf(TownBridge):
    """Says that it is connected, and answers nothing."""

    async def chats(self) -> AsyncIterator[Chat]:
        if self.town.starts == 1:
            await asyncio.Event().wait()
        for chat in self.town.chats.values():
            yield chat

    async def stop(self) -> None:
        if self.town.starts == 1:
            await asyncio.Event().wait()
        await super().stop()


def test_a_side_that_is_quiet_and_does_not_answer_is_started_again_even_if_it_does_not_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "PATIENCE", 0.05)
    monkeypatch.setattr(keeping, "GOODBYE", 0.05)

    async def body() -> None:
        pair = Pair(tmp_path)
        pair.world._maker = lambda town: lambda: Deaf(town)  # type: ignore[method-assign]  # for this test alone
        async with pair.world.running() as relay:
            await pair.world.clock.turn(watch.QUIET - 60)
            assert pair.old.starts == 1
            await pair.world.clock.turn(120)
            await until(lambda: relay.bridges.get("old") is None)
            while pair.old.starts < 2:  # how long its end takes is real time, and no other
                await asyncio.sleep(0.01)
                await pair.world.clock.turn(1)
            await until(lambda: relay.connected("old"))
            await pair.world.clock.turn(7200)
            assert pair.old.starts == 2, "one that answers is left alone, however quiet it is"

    within_time(body)


class Hanging(TownBridge):
    """Begins everything, and ends nothing."""

    async def act(self, chat: str, action: AnyAction) -> Sent:
        await asyncio.Event().wait()
        raise Refused

    async def chats(self) -> AsyncIterator[Chat]:
        await asyncio.Event().wait()
        yield Chat(id="never", title="Never")

    async def stop(self) -> None:
        await asyncio.Event().wait()


def test_a_relay_ends_in_time_whatever_its_bridges_do_and_has_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sum(run.FAREWELL) + lanes.GOODBYE < 9, "the command gives it nine seconds"
    monkeypatch.setattr(run, "FAREWELL", (0.05, 0.1, 0.1))
    monkeypatch.setattr(lanes, "GOODBYE", 0.05)
    monkeypatch.setattr(keeping, "GOODBYE", 60.0)

    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.IDEMPOTENT})
        maker = pair.world._maker
        pair.world._maker = lambda town: lambda: Hanging(town)  # type: ignore[method-assign]  # for this test alone
        async with pair.world.running() as relay:
            pair.maya("one")
            pair.maya("two")
            pair.owner("three")
            await until(lambda: len(relay.lanes.under_way) == 2)
            started = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - started < 30, "nobody waits the minute that a bridge would take"
        pair.world._maker = maker  # type: ignore[method-assign]  # as it was
        async with pair.world.running():
            await until(lambda: len(pair.new.texts("portal")) == 2 and pair.old.texts())
        assert pair.new.texts("portal") == ["(perhaps twice) one", "two"]
        assert pair.old.texts() == ["three"], "under the same key, by which that network knows it"

    within_time(body)


def test_how_far_a_quiet_side_has_read_is_kept_so_that_what_comes_while_the_relay_is_off_is_not_missed(
    tmp_path: Path,
) -> None:
    """A bridge that was never told anything says only with its state where it goes on."""

    async def body() -> None:
        room, clock = Room("a room of this test"), TurnedClock()
        settings = {"room": room.chat.id, "name": "Robin"}

        def desk(cursor: str | None) -> Desk:
            return Desk(
                settings=settings, folder=tmp_path, now=clock.now, random=Random(1), random_bytes=bytes, cursor=cursor
            )

        @asynccontextmanager
        async def relaying() -> AsyncIterator[SqliteStore]:
            with closing(SqliteStore(tmp_path, {"memory": Side(name="memory", about=MemoryBridge.about)})) as store:
                seats = {"memory": Seat(MemoryBridge, desk)}
                relay = run.Relay(store, seats, Spool(tmp_path / "spool"), clock, Random(1))
                running = asyncio.create_task(relay.run())
                await until(lambda: relay.connected("memory"))
                await settled()
                yield store
                relay.stop()
                await running

        async with relaying():
            pass
        ann = Person(id="ann", name="Ann")
        room.tell("ann", Posted(chat=room.chat, sender=ann, id="m1", sent_at=1, text="while you were away"))
        async with relaying() as store:
            assert store.acquaintance.person("memory", "ann") == ann

    within_time(body)


def test_the_status_tells_how_a_side_was_that_stands_still(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            pair.old.seats[-1].change(State.LOGGED_OUT, "Gone.", "Log in.")
            await until(relay.need_person)
            (side,) = [one for one in snapshot(relay.store, relay.bridges).sides if one.name == "old"]
            assert (side.state, side.said, side.todo) == (State.LOGGED_OUT, "Gone.", "Log in.")

    within_time(body)
