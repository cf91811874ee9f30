"""Runs a relay: reads each bridge, keeps what follows, sends what waits, makes portals, and ends in order.

Everything happens in one thread; the store is written between two waits, so that one event's consequences are kept
together (`database.py`). A bridge that fails takes nothing else down: it is started again, from its last cursor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from logging import getLogger
from random import Random

from migrate.errors import DecampError

from ..api import Bridge
from ..events import AnyEvent, Changed, Posted
from ..state import State
from .arrivals import Arrivals
from .brake import Brake
from .clock import Clock, ended
from .engine import follow
from .files import Spool
from .intents import Say
from .keeping import Keeping
from .lanes import Lanes
from .meant import Names
from .model import Place, Rule
from .new_portals import History, NewPortals
from .orders import Order, Queue, Tell
from .owner import Owner
from .people import People
from .seats import Seat
from .sqlite import SqliteStore
from .store import Entry, Taken
from .tidy import tidy, whole
from .timers import Timers
from .watch import Watch

log = getLogger("decamp.relay")
FAREWELL = 0.5, 5.0, 2.5  # seconds for an end in order: what is being made, what is being sent, the bridges


class Relay:
    """One relay. `run` returns after `stop`, or raises what made it impossible to go on."""

    def __init__(
        self, store: SqliteStore, seats: Mapping[str, Seat], spool: Spool, clock: Clock, random: Random, *,
        history: History | None = None, give_up_after: float = 3600.0,
    ) -> None:  # fmt: skip
        self.store, self.clock, self.random = store, clock, random
        self.bridges: dict[str, Bridge] = {}
        """Those that run."""
        self.leaving: set[asyncio.Task[None]] = set()
        """Bridges that have not come to their end yet."""
        self.look_outside: Callable[[], None] = lambda: None
        """Called every second: whoever runs a relay may look there for what changed."""
        self.concerns: Callable[[str, AnyEvent], bool] = lambda _bridge, _event: False
        """Which events are to be kept for whoever runs the relay, too (`SqliteStore.overheard`)."""
        self._keeping = {name: Keeping(self, name, seat) for name, seat in seats.items()}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        store.database.on_failure = self._broke
        self._broken: BaseException | None = None
        self.brake = Brake()
        self.lanes = Lanes(
            store, self, spool, clock, random, gave_up=self._gave_up, broke=self._broke, give_up_after=give_up_after
        )
        self.new_portals = NewPortals(self, history, spool)
        self.lanes.wanted = self.new_portals.want
        self.owner = Owner(self)
        self.lanes.left_out = self.owner.left_out
        self.people = People(self, spool)
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

    # -- which bridges take part -------------------------------------------------------------------------

    def take_in(self, name: str, seat: Seat) -> None:
        """A bridge that takes part from now on, or one that works with something else as soon as it is started.

        One that has stopped is started with it.
        """
        if name in self._keeping:
            self._keeping[name].seat = seat
            if self._keeping[name].needs_person:
                self._keeping[name].again()
            return
        self._keeping[name] = Keeping(self, name, seat)
        if self._tasks and not self._stopping.is_set():
            self._begin(f"bridge {name}", self._keeping[name].run())

    def need_person(self) -> list[str]:
        """Bridges that have stopped, and are not started again by themselves."""
        return [name for name, keeping in self._keeping.items() if keeping.needs_person]

    def again(self, name: str) -> bool:
        """Start a bridge now that is not connected. Returns whether there is one to start."""
        return name in self._keeping and self._keeping[name].again()

    def restart(self, name: str) -> None:
        """End a bridge that hangs; it is started again."""
        if name in self._keeping:
            self._keeping[name].end_attempt()

    # -- from start to end -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Relay until `stop`."""
        try:
            for name, keeping in self._keeping.items():
                self._begin(f"bridge {name}", keeping.run())
            self._begin("timers", self._timers.run())
            self._begin("watch", self.watch.run())
            self.new_portals.begin()
            await self._stopping.wait()
        finally:
            await self._end()
        if self._broken is not None:
            raise self._broken

    def _begin(self, what: str, work: Coroutine[None, None, None]) -> None:
        """Do something until the relay ends. Not in a task group, which would wait for whoever does not end."""
        task = self._tasks[what] = asyncio.create_task(work, name=what)
        task.add_done_callback(lambda task: None if task.cancelled() else self._broke(task.exception()))

    def stop(self) -> None:
        """Come to an end in order: what is being sent is finished, and nothing else is begun."""
        self._stopping.set()

    async def _end(self) -> None:
        """Whoever does not come to an end in their time is left behind: all that counts is in the store."""
        making, sending, leaving = FAREWELL
        await asyncio.gather(self.new_portals.close(making), self.people.close(making))
        await self.lanes.close(sending)
        late = asyncio.get_running_loop().time() + leaving
        await ended(self._tasks.values(), leaving)
        if self.leaving:
            await asyncio.wait(self.leaving, timeout=max(late - asyncio.get_running_loop().time(), 0))
        if self._broken is None:
            self.store.database.commit()

    def _broke(self, error: BaseException | None) -> None:
        """Something is wrong that nobody can go on with: the relay ends rather than lose something."""
        self._broken = self._broken or error
        if self._broken is not None:
            self._stopping.set()

    def go_by(self, rules: Sequence[Rule], control: Sequence[Place]) -> None:
        """Make portals by these rules from now on, and speak to the owner in these chats."""
        before, self.store.rules, self.store.control = self.store.rules, tuple(rules), frozenset(control)
        if before == self.store.rules:
            return
        for source in {rule.source for rule in rules}:
            self.new_portals.wake(source)
        self.new_portals.begin()

    def reload(self) -> None:
        """Take up what another process wrote into the store."""
        rested = self.store.portals.rests
        self.store.portals.load()
        if rested.keys() - self.store.portals.rests:
            self.new_portals.begin()
        for name in self.store.again():
            self.again(name)
        for name in self.bridges:
            self.lanes.wake_bridge(name)
        self.look_again()
        self.follow()

    def look_again(self) -> None:
        """Make what is wished for, ask each side for its chats, and dress whoever is not as they should be."""
        self.new_portals.begin()
        for name in self.bridges:
            self.new_portals.wake(name)
            self.people.repair(name)

    def follow(self) -> None:
        """Say to each bridge which chats are wanted: some are asked for only then."""
        for name, bridge in self.bridges.items():
            try:
                bridge.follow(self.store.portals.wanted(name))
            except Exception:  # outermost: other people's code, which must not take the other bridges down
                log.exception("The bridge %s broke when it was told which chats are wanted.", name)

    # -- one event ---------------------------------------------------------------------------------------

    def changed(self, name: str, event: Changed) -> None:
        """A bridge is in another state, or only further than it was."""
        event = whole(event)
        if event.cursor is not None:
            self.store.take(name, event.cursor, [], self.clock.now())
        if not self.watch.note(name, event.health):
            self.watch.heard(name)
        elif event.health.state is State.CONNECTED:
            self.lanes.wake_bridge(name)
            self.new_portals.wake(name)
            self.people.repair(name)

    def take(self, event: AnyEvent, bridge: str) -> None:
        """Keep what follows from an event together with the cursor after it, and see to it."""
        now, event = self.clock.now(), tidy(event)
        self.watch.heard(bridge)
        try:
            orders = list(follow(event, bridge, self.store))
        except Exception:  # outermost: one event that we do not understand must not stop all others
            log.exception("An event of %s could not be understood.", bridge)
            orders = [_lost(bridge)]
        for link, source, why in self._braked(event, orders, now):
            self.store.stop(link, source, why, now)
            called = Names(self.store.portals).of(self.store.portals.links[link])
            self.owner.tell(f"{called}: stopped, because of {why}. Nothing is lost; `resume {called}` lets it go on.")
        if self.concerns(bridge, event):
            self.store.overhear(bridge, event)
        self.see_to(self._kept(event, bridge, orders, now))

    def _kept(self, event: AnyEvent, bridge: str, orders: Sequence[Order], now: int) -> Taken:
        """Keep all that follows from an event, or say that it cannot be kept."""
        try:
            return self.store.take(bridge, event.cursor, orders, now)
        except DecampError:
            raise  # the store is gone
        except Exception:  # outermost: one event that cannot be kept must not stop all others
            log.exception("An event of %s could not be kept.", bridge)
            return self.store.take(bridge, event.cursor, [_lost(bridge)], now)

    def see_to(self, taken: Taken) -> None:
        """Begin whatever follows from what was kept."""
        for place in taken.places:
            self.lanes.wake(place)
        for wish in taken.wishes:
            self.new_portals.want(wish)
        for notice in taken.notices:
            if notice.place is not None:
                self.owner.say(notice.place, notice.text, notice.about)
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
                if link is None or self.store.portals.stopped(order.link, order.source, order.place) is not None:
                    continue
                age = now - event.sent_at
                why = self.brake.count(link, order.source, event.text, age=age, steady=self.clock.steady())
                if why is not None:
                    found[order.link, order.source] = why
        return [(link, source, why) for (link, source), why in found.items()]

    def _gave_up(self, entry: Entry, why: str) -> None:
        self.owner.failed(entry, why)


def _lost(bridge: str) -> Tell:
    return Tell(text=f"Something that came from {bridge} could not be relayed. The log says more.")
