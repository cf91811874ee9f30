"""The contract holds for the bridge that has no network, and finds what a bridge does wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridges.actions import AnyAction, Sent
from bridges.contract import CHECKS, Check
from bridges.events import AnyEvent, Posted
from bridges.memory import MemoryBridge
from tests.bridges.memory_world import MemoryWorld, memory_world


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_the_memory_bridge_keeps_the_contract(check: Check) -> None:
    asyncio.run(check.run(memory_world))


class Forgetful(MemoryBridge):
    """Sends again what was sent before."""

    async def act(self, chat: str, action: AnyAction) -> Sent:
        self._room.keys.clear()
        return await super().act(chat, action)


class Deaf(MemoryBridge):
    """Hears nothing of what happened while it was away."""

    def catch_up(self) -> None:
        if not self._feed or len(self._room.told) - self._read <= 1:
            super().catch_up()
        self._read = len(self._room.told)


class Shouting(MemoryBridge):
    """Changes what people say."""

    async def act(self, chat: str, action: AnyAction) -> Sent:
        text = getattr(action, "text", None)
        return await super().act(chat, action if text is None else _louder(action, text))


class Echoing(MemoryBridge):
    """Yields what it said itself."""

    def catch_up(self) -> None:
        mine = [event for author, event in self._room.told[self._read :] if author == self._me.id]
        super().catch_up()
        for event in mine:
            assert self._feed is not None
            self._feed.add(event)


class Boasting(MemoryBridge):
    """Takes everything, and does nothing with some of it."""

    async def send(self, chat: str, action: AnyAction) -> Sent:
        return await self.act(chat, action) if not action.needs - self.about.can else Sent()


class Clinging(MemoryBridge):
    """Leaves a task behind."""

    async def stop(self) -> None:
        self._left = asyncio.ensure_future(asyncio.sleep(30))
        await super().stop()


def _louder(action: AnyAction, text: str) -> AnyAction:
    import msgspec

    return msgspec.structs.replace(action, text=text.upper())


@pytest.mark.parametrize(
    ("bridge", "check"),
    [
        (Forgetful, "shows_a_repeated_send_once"),
        (Deaf, "finds_what_came_while_it_was_away"),
        (Shouting, "carries_texts_as_they_are"),
        (Echoing, "knows_nothing_of_its_own_echo"),
        (Boasting, "refuses_by_name_what_it_cannot_do"),
        (Clinging, "stops_and_leaves_nothing_behind"),
    ],
)
def test_the_contract_finds_what_a_bridge_does_wrong(bridge: type[MemoryBridge], check: str) -> None:
    @asynccontextmanager
    async def worse() -> AsyncIterator[MemoryWorld]:
        async with memory_world() as world:
            world.bridge, world.patience = bridge, 1.0
            yield world

    [found] = [one for one in CHECKS if one.name == check]
    with pytest.raises((AssertionError, TimeoutError)):
        asyncio.run(found.run(worse))


def test_an_event_is_written_down_and_read_again() -> None:
    import msgspec

    async def one() -> Posted:
        from bridges.actions import Post
        from bridges.contract import Seat

        async with memory_world() as world, Seat(world) as seat:
            await world.friend.do(Post(key="1", text="kept"))
            return await seat.saw(Posted)

    event = asyncio.run(one())
    assert msgspec.json.decode(msgspec.json.encode(event), type=AnyEvent) == event
