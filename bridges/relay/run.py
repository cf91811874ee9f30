"""Runs a relay: reads each bridge, keeps what follows, sends what waits, makes portals, and ends in order.

Everything happens in one thread; the store is written between two waits, so that one event's consequences are kept
together (`database.py`). A bridge that fails takes nothing else down: it is started again, from its last cursor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from logging import getLogger
from random import Random

from migrate.errors import DecampError

from ..api import Bridge
from ..events import AnyEvent, Changed, Posted
from ..state import Health, State
from .arrivals import Arrivals
from .brake import Brake
from .clock import Clock
from .engine import follow
from .files import Spool
from .intents import Say
from .lanes import Lanes
from .making import History, Making
from .model import Place
from .orders import Order, Queue, Tell
from .owner import Owner
from .people import People
from .seats import Seat
from .sqlite import SqliteStore
from .store import Entry, Taken
from .timers import Timers
from .watch import Watch

log = getLogger("decamp.relay")
FAIR = 64  # events of one bridge, after which the others have their turn
PAUSES = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)  # before a bridge is started again
LAST_WORDS = 10.0  # seconds for an end in order


class Relay:
    """One relay. `run` returns after `stop`, or raises what made it impossible to go on."""

    def __init__(
        self, store: SqliteStore, seats: Mapping[str, Seat], spool: Spool, clock: Clock, random: Random, *,
        history: History | None = None, give_up_after: float = 3600.0,
    ) -> None:  # fmt: skip
        self.store, self._seats, self.clock, self._random = store, dict(seats), clock, random
        self.bridges: dict[str, Bridge] = {}
        self._stopping = asyncio.Event()
        store.database.on_failure = self._broke
        self._broken: BaseException | None = None
        self.brake = Brake()
        self.lanes = Lanes(
            store, self, spool, clock, random, gave_up=self._gave_up, broke=self._broke, give_up_after=give_up_after
        )
        self.owner = Owner(self)
        self.people = People(self, spool)
        self.making = Making(self, history)
        self.arrivals = Arrivals(self)
        self._timers = Timers(self, spool)
        self.watch = Watch(self)

    @property
    def is_broken(self) -> bool:
        """Whether the store is gone, and the relay is about to end."""
        return self._broken is not None

    # -- the bridges as others see them ------------------------------------------------------------------

    def connected(self, name: str) -> Bridge | None:
        bridge = self.bridges.get(name)
        return bridge if bridge is not None and bridge.health.state is State.CONNECTED else None

    def running(self, name: str) -> Bridge | None:
        return self.bridges.get(name)

    # -- from start to end -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Relay until `stop`."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._side(name), name=f"bridge {name}") for name in self._seats]
            tasks.append(group.create_task(self._timers.run(), name="timers"))
            tasks.append(group.create_task(self.watch.run(), name="watch"))
            self.making.begin()
            await self._stopping.wait()
            await self._end(tasks)
        if self._broken is not None:
            raise self._broken

    def stop(self) -> None:
        """Come to an end in order: what is being sent is finished, and nothing else is begun."""
        self._stopping.set()

    async def _end(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        await self.making.close()
        await self.people.close()
        await self.lanes.close(LAST_WORDS * 0.7)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=LAST_WORDS * 0.2)
        if self._broken is None:
            self.store.database.commit()

    def _broke(self, error: BaseException) -> None:
        """The store cannot be written any more: the relay ends rather than lose something."""
        self._broken = self._broken or error
        self._stopping.set()

    # -- one bridge --------------------------------------------------------------------------------------

    async def _side(self, name: str) -> None:
        """Keep one bridge running, until it needs a person."""
        failed = 0
        while True:
            started = self.clock.steady()
            try:
                why = await self._read(name)
            except (DecampError, OSError) as error:
                why = Health(
                    state=State.FAILED, since=self.clock.now(), said=str(error), todo=getattr(error, "hint", "")
                )
            except Exception as error:  # outermost: other people's code, which must not take the other bridges down
                log.exception("The bridge %s broke.", name)
                why = Health(state=State.INTERRUPTED, since=self.clock.now(), said=f"It broke: {type(error).__name__}.")
            if self._broken is not None:
                return
            self.watch.note(name, why)
            if why.state.is_final:
                return
            failed = 0 if self.clock.steady() - started > 600 else failed + 1
            await self.clock.sleep(PAUSES[min(failed, len(PAUSES) - 1)] * self._random.uniform(1.0, 1.25))

    async def _read(self, name: str) -> Health:
        """Start a bridge and take in what it yields. Returns how it was when it ended."""
        seat = self._seats[name]
        bridge = self.bridges[name] = seat.make()
        try:
            await bridge.start(seat.desk(self.store.cursor(name)))
            count, last = 0, bridge.health
            async for event in bridge.events():
                if isinstance(event, Changed):
                    last = event.health if event.health.state is not State.STOPPED else last
                    self._changed(name, event.health)
                else:
                    self.take(event, name)
                count += 1
                if count % FAIR == 0:
                    await asyncio.sleep(0)
            if not last.state.is_final:
                last = Health(state=State.INTERRUPTED, since=self.clock.now(), said=last.said, todo=last.todo)
            return last
        finally:
            await asyncio.shield(bridge.stop())

    async def restart(self, name: str) -> None:
        """End a bridge that hangs; its reader starts it again."""
        bridge = self.bridges.get(name)
        if bridge is not None:
            await bridge.stop()

    def _changed(self, name: str, health: Health) -> None:
        self.watch.note(name, health)
        if health.state is State.CONNECTED:
            self.lanes.wake_bridge(name)
            self.making.wake(name)
            self.people.repair(name)

    # -- one event ---------------------------------------------------------------------------------------

    def take(self, event: AnyEvent, bridge: str) -> None:
        """Keep what follows from an event together with the cursor after it, and see to it."""
        now = self.clock.now()
        self.watch.heard(bridge)
        try:
            orders = list(follow(event, bridge, self.store))
        except Exception:  # outermost: one event that we do not understand must not stop all others
            log.exception("An event of %s could not be understood.", bridge)
            orders = [Tell(text=f"Something that came from {bridge} could not be relayed. The log says more.")]
        for link, source, why in self._braked(event, orders, now):
            self.store.stop(link, source, why, now)
            self.owner.tell(f"{link}: stopped, because of {why}. Nothing is lost; `resume {link}` lets it go on.")
        self.see_to(self.store.take(bridge, event.cursor, orders, now))

    def see_to(self, taken: Taken) -> None:
        """Begin whatever follows from what was kept."""
        for place in taken.places:
            self.lanes.wake(place)
        for wish in taken.wishes:
            self.making.want(wish)
        for notice in taken.notices:
            if notice.place is not None:
                self.owner.say(notice.place, notice.text)
            else:
                self.owner.tell(notice.text)
        for command in taken.commands:
            self.owner.command(command)
        for asked in taken.asked:
            self.owner.asked(asked)
        for arrived in taken.arrived:
            self.arrivals.arrived(arrived)
        for bridge, person in taken.met:
            self.people.met(bridge, person)
        for place, chat in taken.visited:
            self.people.visited(place, chat)

    def _braked(self, event: AnyEvent, orders: Sequence[Order], now: int) -> list[tuple[str, Place, str]]:
        """The directions that have to stop because of this message."""
        if not isinstance(event, Posted):
            return []
        found: dict[tuple[str, Place], str] = {}
        counted: set[str] = set()
        for order in orders:
            if isinstance(order, Queue) and isinstance(order.intent, Say) and order.link not in counted:
                counted.add(order.link)
                link = self.store.link(order.link)
                if link is None or self.store.portals.stopped(order.link, order.source) is not None:
                    continue
                age = now - event.sent_at
                why = self.brake.count(link, order.source, event.text, age=age, steady=self.clock.steady())
                if why is not None:
                    found[order.link, order.source] = why
        return [(link, source, why) for (link, source), why in found.items()]

    def _gave_up(self, entry: Entry, why: str) -> None:
        self.owner.failed(entry, why)
