"""A relay between towns, with a clock that a test turns."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from bridges.api import Desk
from bridges.relay.files import Spool
from bridges.relay.model import Link, Place, Rule, Side
from bridges.relay.new_portals import History
from bridges.relay.run import Relay
from bridges.relay.seats import Seat
from bridges.relay.sqlite import SqliteStore
from tests.patience import PATIENCE
from tests.relay.town import Town, TownBridge

START = 1_700_000_000_000


class TurnedClock:
    """Stands still until it is turned; whoever sleeps wakes when their time has come."""

    def __init__(self) -> None:
        self.at = 0.0
        self.jumped = 0
        self._sleeping: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def now(self) -> int:
        return START + self.jumped + int(self.at * 1000)

    def steady(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleeping, (self.at + seconds, next(self._numbers), future))
        await future

    async def turn(self, seconds: float) -> None:
        """Let so much time pass, second by second, with everything that happens in it."""
        end = self.at + seconds
        while self._sleeping and self._sleeping[0][0] <= end:
            at, _, future = heapq.heappop(self._sleeping)
            self.at = max(self.at, at)
            if not future.done():
                future.set_result(None)
                await settled()
        self.at = end
        await settled()


async def settled() -> None:
    """Let everything happen that needs no time to pass."""
    for _ in range(30):
        await asyncio.sleep(0)


class World:
    """Towns, their relay, and its store."""

    def __init__(
        self, folder: Path, towns: Sequence[Town], *, links: Sequence[Link] = (), rules: Sequence[Rule] = (),
        owners: dict[str, set[str]] | None = None, control: Sequence[Place] = (), history: History | None = None,
    ) -> None:  # fmt: skip
        self.folder, self.towns, self._links, self._rules = (
            folder,
            {town.about.name: town for town in towns},
            links,
            rules,
        )
        self._owners, self._control, self._history = owners or {}, control, history
        self.clock = TurnedClock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Relay]:
        sides = {
            name: Side(name=name, about=town.about, owners=frozenset(self._owners.get(name, ())))
            for name, town in self.towns.items()
        }
        store = SqliteStore(self.folder, sides, rules=self._rules, control=self._control)
        for link in self._links:
            if link.name not in store.portals.links:
                store.portals.add(link)
        seats = {name: Seat(self._maker(town), self._desk) for name, town in self.towns.items()}
        relay = Relay(
            store, seats, Spool(self.folder / "spool"), self.clock, Random(1), history=self._history
        )  # fmt: skip
        running = asyncio.create_task(relay.run())
        try:
            await settled()
            yield relay
        finally:
            relay.stop()
            try:
                await running
            finally:
                store.close()

    @staticmethod
    def _maker(town: Town) -> Callable[[], TownBridge]:
        return lambda: TownBridge(town)

    def _desk(self, cursor: str | None) -> Desk:
        return Desk(
            settings={}, folder=self.folder, now=self.clock.now, random=Random(1), random_bytes=bytes, cursor=cursor
        )


async def until(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  what is waited for happens in many places
            await asyncio.sleep(0.002)


def place(town: Town, chat: str) -> Place:
    return Place(bridge=town.about.name, chat=chat)
