"""What a check needs of a network: a bridge that can be started again and again, and somebody at the far side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, TypeVar

from ..api import AnyAction, AnyEvent, Bridge, Changed, Desk, Edited, Event, File, Posted, State

E = TypeVar("E", bound=Event)


def says(text: str) -> Callable[[Posted | Edited], bool]:
    """Whether a message is this text."""
    return lambda event: event.text == text


class Friend(Protocol):
    """Somebody who uses the network by their own means. What they do and see is told in our words, with their ids."""

    async def do(self, action: AnyAction) -> str:
        """Do something in the shared chat. Returns the id that the friend's program gives to it."""

    async def saw(self, kind: type[E], wanted: Callable[[E], bool], seconds: float = 10) -> E:
        """The next event of this kind that is wanted, once. Raises `TimeoutError`."""

    async def bytes_of(self, file: File) -> bytes: ...
    async def rename(self, name: str) -> None: ...
    async def use(self, link: str) -> None:
        """Open an invitation."""


class World(Protocol):
    """One account of a bridge, its server, and a friend with whom it shares a chat."""

    @property
    def bridge(self) -> type[Bridge]: ...
    @property
    def friend(self) -> Friend: ...
    @property
    def chat(self) -> str:
        """The id of the shared chat, for the bridge."""

    @property
    def patience(self) -> float:
        """Seconds within which anything on this network happens."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Passwords and tokens in use, which must appear nowhere."""

    @property
    def has_wrong(self) -> bool:
        """Whether there are credentials that can be wrong."""

    @property
    def has_network(self) -> bool:
        """Whether there is a network that can break."""

    def desk(self, cursor: str | None = None, *, wrong: bool = False) -> Desk:
        """The bridge's desk, with the same folder each time."""

    async def break_network(self) -> None: ...
    async def mend_network(self) -> None: ...


class Seat:
    """A bridge that runs, and everything that it yielded so far.

    async with Seat(world) as seat:
        await seat.saw(Posted, lambda event: event.text == "hello")
    """

    def __init__(
        self, world: World, cursor: str | None = None, *, wrong: bool = False, until: State = State.CONNECTED
    ) -> None:
        self.world, self.bridge = world, world.bridge()
        self.events: list[AnyEvent] = []
        self.cursor = cursor
        self._desk, self._until = world.desk(cursor, wrong=wrong), until
        self._taken: set[int] = set()
        self._news = asyncio.Event()

    async def __aenter__(self) -> Seat:
        await self.bridge.start(self._desk)
        self._reader = asyncio.create_task(self._read())
        try:
            await self.reaches(self._until)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.bridge.stop()
        await asyncio.wait_for(self._reader, self.world.patience)

    async def hears(self, kind: type[E], wanted: Callable[[E], bool], seconds: float) -> bool:
        """Whether such an event comes within so many seconds."""
        try:
            await self.saw(kind, wanted, seconds)
        except TimeoutError:
            return False
        return True

    async def saw(self, kind: type[E], wanted: Callable[[E], bool] = lambda _: True, seconds: float | None = None) -> E:
        """The first event of this kind that is wanted and was not asked for before."""
        async with asyncio.timeout(seconds or self.world.patience):
            while True:
                for at, event in enumerate(self.events):
                    if at not in self._taken and isinstance(event, kind) and wanted(event):
                        self._taken.add(at)
                        return event
                self._news.clear()
                await self._news.wait()

    async def saw_cursor(self) -> None:
        """Wait until all that was asked for so far lies before the cursor."""
        async with asyncio.timeout(self.world.patience):
            while not any(event.cursor is not None for event in self.events[max(self._taken, default=0) :]):
                self._news.clear()
                await self._news.wait()

    async def reaches(self, *states: State, seconds: float | None = None) -> None:
        """Wait until the bridge is in one of these states."""
        try:
            async with asyncio.timeout(seconds or self.world.patience):
                while self.bridge.health.state not in states:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise AssertionError(f"It should be {', '.join(states)}, and is {self.bridge.health}.") from error

    async def _read(self) -> None:
        async for event in self.bridge.events():
            self.events.append(event)
            if event.cursor is not None:
                self.cursor = event.cursor
            self._news.set()
        assert not self.events or isinstance(self.events[-1], Changed), "The last event says that it has stopped."
