"""The events of a bridge on their way to whoever reads them, with the bridge's health as one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from .events import AnyEvent, Changed
from .state import Health, State

ROOM = 1000  # events; with more than that unread, a bridge waits before it takes more from its network


class Feed:
    """A queue between a network's library, which calls, and a reader, which waits.

    A bridge that can make its network wait uses `put`; one that cannot uses `add`, which always takes the event.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._waiting: asyncio.Queue[AnyEvent | None] = asyncio.Queue()
        self._taken = asyncio.Event()
        self._closed = False
        self.health = Health(state=State.STOPPED, since=now())

    def add(self, event: AnyEvent) -> None:
        """Hand over an event now. After `close` it is dropped: the next run gets it from its cursor on."""
        if not self._closed:
            self._waiting.put_nowait(event)

    async def put(self, event: AnyEvent) -> None:
        """Hand over an event when there is room for it."""
        await self.room()
        self.add(event)

    async def room(self) -> None:
        """Wait until there is room for more."""
        while self._waiting.qsize() >= ROOM and not self._closed:
            self._taken.clear()
            await self._taken.wait()

    @property
    def unread(self) -> int:
        """How many events nobody has taken yet."""
        return self._waiting.qsize()

    def change(self, state: State, said: str = "", todo: str = "") -> None:
        """Note how the bridge is doing, and say so once."""
        if (state, said, todo) != (self.health.state, self.health.said, self.health.todo):
            self.health = Health(state=state, since=self._now(), said=said, todo=todo)
            self.add(Changed(health=self.health))

    def close(self) -> None:
        """Let the reader come to its end."""
        if not self._closed:
            self._closed = True
            self._taken.set()
            self._waiting.put_nowait(None)

    async def read(self) -> AsyncIterator[AnyEvent]:
        """Every event, in order, until the feed is closed."""
        while (event := await self._waiting.get()) is not None:
            self._taken.set()
            yield event
        self._waiting.put_nowait(None)  # whoever comes later finds the end too
