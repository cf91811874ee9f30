"""Keeps one bridge running: reads what it yields, starts it again when it ends, or waits for a person where it must."""

from __future__ import annotations

import asyncio
from logging import getLogger
from typing import TYPE_CHECKING

from migrate.errors import DecampError

from ..api import Bridge, NotNow
from ..events import Changed
from ..state import Health, State

if TYPE_CHECKING:
    from .run import Relay
    from .seats import Seat

log = getLogger("decamp.relay")
FAIR = 64  # events of one bridge, after which the others have their turn
PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)  # before a bridge is started again
MOST_BROKEN = 8  # times in a row that a bridge may break in a way that nobody foresaw
LONG_ENOUGH = 600.0  # seconds of a bridge that ran, after which what was before is forgotten
GOODBYE = 2.0  # seconds in which a bridge may finish what it does


class Keeping:
    """One bridge, for as long as the relay runs."""

    def __init__(self, relay: Relay, name: str, seat: Seat) -> None:
        self._relay, self._name, self.seat = relay, name, seat
        self._again = asyncio.Event()
        self._attempt: asyncio.Timeout | None = None
        self._broken = 0
        self.needs_person = False
        """Whether it has stopped, and is not started again by itself."""

    def again(self) -> bool:
        """Start it now, unless it is connected. Returns whether it is started."""
        if self._relay.connected(self._name) is not None:
            return False
        self._relay.watch.forget(self._name)
        self._broken = 0
        self._again.set()
        self.end_attempt()
        return True

    def end_attempt(self) -> None:
        """End a bridge that hangs, whatever it does; it is started again."""
        if self._attempt is not None and not self._attempt.expired():
            self._attempt.reschedule(asyncio.get_running_loop().time())

    async def run(self) -> None:
        relay, failed = self._relay, 0
        while True:
            started = relay.clock.steady()
            why = await self._once()
            if relay.is_broken:
                return
            relay.watch.note(self._name, why)
            if relay.clock.steady() - started > LONG_ENOUGH:
                failed = self._broken = 0
            pause = PAUSES[min(failed, len(PAUSES) - 1)] * relay.random.uniform(1.0, 1.25)
            failed += 1
            self.needs_person = why.state.is_final
            if await self._wait(None if self.needs_person else pause):
                failed = 0
            self.needs_person = False

    async def _wait(self, seconds: float | None) -> bool:
        """Wait so long, or for ever, unless somebody says `again` first. Returns whether somebody did."""
        asked = asyncio.create_task(self._again.wait())
        pause = asyncio.create_task(self._relay.clock.sleep(seconds)) if seconds is not None else None
        try:
            await asyncio.wait({asked, pause} if pause else {asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
            if pause is not None:
                pause.cancel()
        found = self._again.is_set()
        self._again.clear()
        return found

    async def _once(self) -> Health:
        """Run it once. Returns how it was when it ended: what passes by itself, or what needs a person."""
        try:
            with self.seat.hold():
                async with asyncio.timeout(None) as self._attempt:
                    return await self._read()
        except TimeoutError:
            return self._health(State.INTERRUPTED, "It did not answer any more.")
        except (NotNow, OSError) as error:
            return self._health(State.INTERRUPTED, str(error))
        except DecampError as error:
            return self._health(State.FAILED, str(error), error.hint)
        except Exception as error:  # outermost: other people's code, which must not take the other bridges down
            log.exception("The bridge %s broke.", self._name)
            self._broken += 1
            said = f"It broke: {type(error).__name__}."
            if self._broken < MOST_BROKEN:
                return self._health(State.INTERRUPTED, said)
            return self._health(State.FAILED, f"{said} That was the {MOST_BROKEN}th time.", "The log says where.")
        finally:
            self._attempt = None

    def _health(self, state: State, said: str, todo: str = "") -> Health:
        return Health(state=state, since=self._relay.clock.now(), said=said, todo=todo)

    async def _read(self) -> Health:
        """Start the bridge and take in what it yields, until it ends or needs a person."""
        relay, name = self._relay, self._name
        bridge = relay.bridges[name] = self.seat.make()
        try:
            await bridge.start(self.seat.desk(relay.store.cursor(name)))
            bridge.follow(relay.store.portals.wanted(name))
            count, last = 0, bridge.health
            async for event in bridge.events():
                if not isinstance(event, Changed):
                    relay.take(event, name)
                else:
                    last = event.health if event.health.state is not State.STOPPED else last
                    relay.changed(name, event)
                    if last.state.is_final:
                        return last
                count += 1
                if count % FAIR == 0:
                    await asyncio.sleep(0)
            return last if last.state.is_final else self._health(State.INTERRUPTED, last.said, last.todo)
        finally:
            del relay.bridges[name]
            await self._let_go(bridge)

    async def _let_go(self, bridge: Bridge) -> None:
        """Stop it. One that does not come to an end is not waited for, so that it keeps nothing else from ending."""
        stopping = asyncio.create_task(self._stop(bridge), name=f"stop {self._name}")
        self._relay.leaving.add(stopping)
        stopping.add_done_callback(self._relay.leaving.discard)
        await asyncio.wait({stopping}, timeout=GOODBYE)

    async def _stop(self, bridge: Bridge) -> None:
        try:
            await bridge.stop()
        except Exception:  # outermost: other people's code, of which nothing else is wanted any more
            log.exception("%s did not stop in order.", self._name)
