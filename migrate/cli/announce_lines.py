"""The bridges that an announcement runs at once: one that carries it, and those on which people arrive.

What each of them yields goes into the journal, with its cursor, as long as they run. One that cannot be started is
named and takes nothing else down, unless it is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING

from ..errors import DecampError
from .bridging import PATIENCE, desk, exit_code, held, settings_of
from .run import Run
from .ui import plain

if TYPE_CHECKING:
    from bridges.api import Bridge

    from ..announce.arrivals import Arrivals
    from ..announce.campaign import Arrival


class Lines:
    """Bridges that run, by name."""

    def __init__(self, run: Run, arrivals: Arrivals, heard: Callable[[Arrival], None]) -> None:
        self.bridges: dict[str, Bridge] = {}
        self._run, self._arrivals, self._heard = run, arrivals, heard
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._settled: dict[str, asyncio.Event] = {}

    async def open(self, stack: AsyncExitStack, name: str, *, needed: bool) -> None:
        """Start one bridge, and stop it with the stack."""
        from bridges.registry import load

        try:
            bridge = load(name)
            values = settings_of(self._run, bridge)
            stack.enter_context(held(self._run, name))
            one = bridge()
            await one.start(desk(self._run, bridge, values, self._arrivals.cursor(name)))
        except DecampError as error:
            if needed:
                raise
            self._run.ui.warn(f"The bridge {name} is left out. {error}")
            return
        stack.push_async_callback(self._close, name)
        self.bridges[name], self._settled[name] = one, asyncio.Event()
        self._reading[name] = asyncio.create_task(self._read(name, one))

    async def settle(self, needed: set[str]) -> None:
        """Wait until each is connected or has given up. Raises what is wrong with one that is needed."""
        waiting = [asyncio.create_task(event.wait()) for event in self._settled.values()]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=PATIENCE)
            for task in late:
                task.cancel()
        for name, bridge in self.bridges.items():
            health = bridge.health
            if (code := exit_code(health)) and name in needed:
                error = DecampError(f"The bridge {name} is {health.state}. {health.said}".strip(), health.todo or None)
                error.exit_code = code
                raise error
            if code:
                self._run.ui.warn(f"The bridge {name} is {health.state}. {plain(health.said)} {plain(health.todo)}")

    async def nap(self, seconds: float) -> None:
        """Wait. A line that broke in a way that nobody foresaw is not passed over."""
        await asyncio.sleep(seconds)
        for task in self._reading.values():
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _read(self, name: str, bridge: Bridge) -> None:
        async for event in bridge.events():
            if bridge.health.state.is_final or bridge.health.state == "connected":
                self._settled[name].set()
            arrival = self._arrivals.take(name, event)
            if arrival is not None:
                self._heard(arrival)

    async def _close(self, name: str) -> None:
        await self.bridges[name].stop()
        with suppress(asyncio.CancelledError):
            await self._reading[name]


@asynccontextmanager
async def lines(
    run: Run, arrivals: Arrivals, heard: Callable[[Arrival], None], *, needed: list[str], others: list[str]
) -> AsyncIterator[Lines]:
    """All of these bridges at once, connected as far as they can be."""
    opened = Lines(run, arrivals, heard)
    async with AsyncExitStack() as stack:
        for name in dict.fromkeys([*needed, *others]):
            await opened.open(stack, name, needed=name in needed)
        await opened.settle(set(needed))
        yield opened


def set_up_bridges(run: Run) -> list[type[Bridge]]:
    """All bridges that somebody has set up, and not only those that would need no answers."""
    from bridges.registry import every

    from .bridging import is_set_up, section

    ready = [one.bridge for one in every() if one.is_ready and one.bridge is not None]
    return [
        bridge
        for bridge in ready
        if is_set_up(run, bridge)
        and any(run.settings.text(section(bridge.about.name), one.name) is not None for one in bridge.about.settings)
    ]
