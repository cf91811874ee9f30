"""`decamp relay run`: one process in the foreground that relays until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, closing, contextmanager
from logging import Logger
from random import SystemRandom
from typing import TYPE_CHECKING

from ..errors import DecampError
from .bridging import BridgeBusy, desk, held
from .relay_announced import Announced
from .relay_changes import Changes
from .relay_log import logging_to_terminal
from .relay_setup import NothingLinked, Relaying, opened
from .run import Run
from .wording import count, duration

if TYPE_CHECKING:
    from bridges.api import Bridge, Desk
    from bridges.relay.run import Relay
    from bridges.relay.seats import Seat
    from bridges.relay.status import Status

    from .relay_page import Page
    from .relay_setup import Seated

LAST_WORDS = 9.0
"""Seconds that everything together gets for an end in order."""
SPOOL = "relay-files"
OFTEN, SUMMARY = 5.0, 60.0
INTERRUPTED = 130


class NoSideWorks(DecampError):
    """None of the bridges can be used."""

    exit_code = 2
    hint = "`decamp relay doctor` says what is wrong with each."


def relay(run: Run, *, json_lines: bool, status_port: int | None) -> int:
    """Relay until a signal comes. Returns the exit code."""
    with ExitStack() as stack:
        relaying = stack.enter_context(opened(run, alone=True))
        if not relaying.seats:
            raise NothingLinked
        secrets: set[str] = set()
        log = stack.enter_context(
            logging_to_terminal(run.now, secrets, json_lines=json_lines, quiet=run.options.quiet)
        )  # fmt: skip
        return asyncio.run(_Process(run, relaying, secrets, log).go(status_port))


@contextmanager
def _hold(run: Run, name: str) -> Iterator[None]:
    """Keep others from using a bridge while it runs; one that somebody else uses is tried again."""
    from bridges.api import NotNow

    with ExitStack() as stack:
        try:
            stack.enter_context(held(run, name))
        except BridgeBusy as error:
            raise NotNow(str(error)) from error
        yield


class _Process:
    """One relay that runs in this process."""

    def __init__(self, run: Run, relaying: Relaying, secrets: set[str], log: Logger) -> None:
        self._run, self._relaying, self._secrets, self._log = run, relaying, secrets, log
        self._code = 0
        self._looked: float | None = None

    async def go(self, status_port: int | None) -> int:
        from bridges.relay.clock import SystemClock
        from bridges.relay.files import Spool
        from bridges.relay.run import Relay

        from .relay_history import history
        from .relay_page import Page

        store, clock = self._relaying.store, SystemClock()
        found = {name: self._seat(seat) for name, seat in self._relaying.seats.items()}
        seats = {name: seat for name, seat in found.items() if seat is not None}
        if not seats:
            raise NoSideWorks
        spool = Spool(self._run.settings.home / SPOOL)
        relay = Relay(store, seats, spool, clock, SystemRandom(), history=history(self._run))
        changes = Changes(self._run, self._relaying, self._seat, self._log)
        announced = Announced(self._run.settings.home, store, self._run.now, self._log)
        relay.concerns = announced.concerns
        relay.look_outside = lambda: self._look_outside(relay, changes, announced)
        with closing(announced), _signals(lambda number: self._stop(relay, number)):
            async with AsyncExitStack() as stack:
                page = Page(lambda: self._status(relay), lambda: list(store.counts()), self._run.now, clock.steady)
                if status_port is not None:
                    port = await stack.enter_async_context(page.served(status_port))
                    self._run.ui.note(f"The page for this machine: http://127.0.0.1:{port}/")
                running = asyncio.create_task(relay.run(), name="relay")
                about = asyncio.create_task(self._report(relay, page), name="report")
                stack.callback(about.cancel)
                links = sum(name not in store.portals.ended for name in store.portals.links)
                rules = f" and {count(len(self._relaying.rules), 'rule')}" if self._relaying.rules else ""
                self._log.info("Relaying between %s: %s%s.", _listed(seats), count(links, "link"), rules)
                await running
        self._log.info("Stopped. %s.", self._waiting(self._status(relay)))
        return self._code

    def _seat(self, seat: Seated) -> Seat | None:
        """A bridge for the relay. One that cannot be used is named, here and in the status, and takes no other down."""
        from bridges.relay.seats import Seat
        from bridges.state import Health, State

        name = seat.side.name
        if seat.bridge is None or seat.trouble is not None:
            said, todo = str(seat.trouble), seat.trouble.hint if seat.trouble else ""
            self._log.error("%s is left out: %s %s", name, said, todo)
            health = Health(state=State.FAILED, since=self._run.now(), said=said, todo=todo)
            self._relaying.store.note_health(name, health, None, 0)
            return None
        bridge = seat.bridge
        self._secrets |= seat.secrets

        def at(cursor: str | None) -> Desk:
            return desk(self._run, bridge, seat.values, cursor)

        make: Callable[[], Bridge] = bridge
        return Seat(make, at, lambda: _hold(self._run, name))

    def _status(self, relay: Relay) -> Status:
        from bridges.relay.status import snapshot

        return snapshot(self._relaying.store, relay.bridges)

    # -- the end -----------------------------------------------------------------------------------------

    def _stop(self, relay: Relay, number: int) -> None:
        if number == signal.SIGINT:
            self._code = INTERRUPTED
        self._log.info("Stopping: what is being sent is finished, the rest waits.")
        relay.stop()
        loop = asyncio.get_running_loop()
        loop.call_later(LAST_WORDS, self._enough)

    def _enough(self) -> None:
        """A bridge does not let go. All that counts is in the store, and a process that ends lets go of everything."""
        self._log.warning("Something did not end in time. Nothing is lost: the next run goes on from the store.")
        self._relaying.store.close()
        os._exit(self._code)

    # -- what it says meanwhile --------------------------------------------------------------------------

    async def _report(self, relay: Relay, page: Page) -> None:
        """Say once a minute how many messages were relayed, if any were, and what waits."""
        waited, before = 0.0, self._counted()
        while True:
            await asyncio.sleep(OFTEN)
            self._note_success(relay)
            page.look()
            waited += OFTEN
            if waited < SUMMARY:
                continue
            waited, now = 0.0, self._counted()
            moved = {name: many - before.get(name, 0) for name, many in now.items() if many > before.get(name, 0)}
            if moved:
                to = ", ".join(f"{many} to {name}" for name, many in sorted(moved.items()))
                self._log.info("Relayed %s. %s.", to, self._waiting(self._status(relay)))
            before = now

    def _look_outside(self, relay: Relay, changes: Changes, announced: Announced) -> None:
        """What was changed elsewhere, at once; who came to an announcement while it listened itself, once a minute."""
        changes.look(relay)
        steady = relay.clock.steady()
        anew = self._looked is None or steady - self._looked >= SUMMARY
        if anew:
            self._looked = steady
        announced.look(relay.arrivals.arrived, anew=anew)

    def _note_success(self, relay: Relay) -> None:
        """Let `decamp relay status`, which is another process, see when a side took something last."""
        store = self._relaying.store
        for name, bridge in relay.bridges.items():
            noted, last = store.noted_health(name), relay.lanes.last_success.get(name)
            if noted is not None and last is not None and noted[1] != last:
                store.note_health(name, bridge.health, last, noted[2])

    def _counted(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for link, bridge, what, many in self._relaying.store.counts():
            if what == "out" and link:
                found[bridge] = found.get(bridge, 0) + many
        return found

    def _waiting(self, status: Status) -> str:
        waiting = sum(side.waiting + side.held_back for side in status.sides)
        oldest = min((side.oldest_at for side in status.sides if side.oldest_at is not None), default=None)
        if oldest is None or not waiting:
            return "Nothing waits"
        return f"{count(waiting, 'message')} waiting, the oldest for {duration((self._run.now() - oldest) / 1000)}"


def _listed(names: Sequence[str] | dict[str, Seat]) -> str:
    *most, last = sorted(names)
    return f"{', '.join(most)} and {last}" if most else last


@contextmanager
def _signals(stop: Callable[[int], None]) -> Iterator[None]:
    """Let the first polite signal end the relay in order; further ones change nothing, as it ends within seconds."""
    loop = asyncio.get_running_loop()
    stopped = False

    def once(number: int) -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            stop(number)

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if before[number] is not signal.SIG_IGN:  # started by nohup: it wants to go on
            signal.signal(number, lambda got, _frame: loop.call_soon_threadsafe(once, got))
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
