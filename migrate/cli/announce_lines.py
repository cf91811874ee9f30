"""The bridges that an announcement runs at once: one that carries it, and those on which people arrive.

What each of them yields goes into the journal, with its cursor, as long as they run. One that cannot be started is
named and takes nothing else down, unless it is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from ..errors import DecampError
from .bridging import PATIENCE, desk, exit_code, held, settings_of
from .run import Run
from .ui import plain

if TYPE_CHECKING:
    from bridges.api import Bridge, Desk
    from bridges.events import Asked

    from ..announce.arrivals import Arrivals
    from ..announce.campaign import Arrival

GOODBYE = 30.0  # seconds in which a bridge may finish what it does


class Lines:
    """Bridges that run, by name. Each lives in a task of its own, so that one that breaks breaks alone."""

    def __init__(self, run: Run, arrivals: Arrivals, heard: Callable[[Arrival], None], needed: list[str]) -> None:
        self.bridges: dict[str, Bridge] = {}
        self._run, self._arrivals, self._heard, self._needed = run, arrivals, heard, needed
        self._living: dict[str, asyncio.Task[None]] = {}
        self._settled: dict[str, asyncio.Event] = {}

    def open(self, stack: AsyncExitStack, name: str) -> None:
        """Start one bridge, and stop it with the stack."""
        from bridges.registry import load

        try:
            bridge = load(name)
            at = desk(self._run, bridge, settings_of(self._run, bridge), self._arrivals.cursor(name))
            stack.enter_context(held(self._run, name))
        except DecampError as error:
            self._leave_out(name, error)
            return
        self.bridges[name], self._settled[name] = bridge(), asyncio.Event()
        stack.push_async_callback(self._close, name, self.bridges[name])
        self._living[name] = asyncio.create_task(self._live(name, self.bridges[name], at))

    async def settle(self) -> None:
        """Wait until each is connected or has given up. Raises what is wrong with one that is needed."""
        waiting = [asyncio.create_task(event.wait()) for event in self._settled.values()]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=PATIENCE)
            for task in late:
                task.cancel()
        self._look()
        for name, bridge in self.bridges.items():
            health = bridge.health
            said = " ".join(filter(None, [f"The bridge {name} is {health.state}.", health.said]))
            if (code := exit_code(health)) and name in self._needed:
                error = DecampError(said, health.todo or None)
                error.exit_code = code
                raise error
            if code:
                self._run.ui.warn(f"{said} {health.todo}")

    async def nap(self, seconds: float) -> None:
        """Wait. What broke meanwhile is not passed over."""
        await asyncio.sleep(seconds)
        self._look()

    def _look(self) -> None:
        """Name every bridge that broke in a way that nobody foresaw, once; raise it if it is needed."""
        for name, task in list(self._living.items()):
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                del self._living[name], self.bridges[name]
                self._leave_out(name, error)

    def _leave_out(self, name: str, error: BaseException) -> None:
        if name in self._needed:
            raise error
        self._run.ui.warn(f"The bridge {name} is left out. {error if isinstance(error, DecampError) else repr(error)}")

    async def _live(self, name: str, bridge: Bridge, at: Desk) -> None:
        from bridges.events import Asked

        try:
            await bridge.start(at)
            async for event in bridge.events():
                if bridge.health.state.is_final or bridge.health.state == "connected":
                    self._settled[name].set()
                arrival = self._arrivals.take(name, event)
                if arrival is not None:
                    self._heard(arrival)
                elif isinstance(event, Asked) and not event.text:
                    self._report_stranger(name, event)
        finally:
            self._settled[name].set()

    def _report_stranger(self, name: str, asked: Asked) -> None:
        """Where nothing of a stranger's is heard before they are let in, a code of theirs is not either."""
        who = " ".join(plain(one) for one in (asked.person.name, f"({asked.person.id})") if one)
        self._run.ui.report(f"{who} asks to be let in on {name}. Accept them in your own app if you know them: "
                            "their code is read then.")  # fmt: skip

    async def _close(self, name: str, bridge: Bridge) -> None:
        """Stop a bridge; one that does not come to an end is not waited for."""
        stopping = [asyncio.create_task(bridge.stop()), *filter(None, [self._living.get(name)])]
        _, late = await asyncio.wait(stopping, timeout=GOODBYE)
        for task in late:
            task.cancel()
        await asyncio.gather(*stopping, return_exceptions=True)  # what was wrong with it was said, or is over


@asynccontextmanager
async def lines(
    run: Run, arrivals: Arrivals, heard: Callable[[Arrival], None], *, needed: list[str], others: list[str]
) -> AsyncIterator[Lines]:
    """All of these bridges at once, connected as far as they can be."""
    opened = Lines(run, arrivals, heard, needed)
    async with AsyncExitStack() as stack:
        for name in dict.fromkeys([*needed, *others]):
            opened.open(stack, name)
        await opened.settle()
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
