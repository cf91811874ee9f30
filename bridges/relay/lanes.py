"""Sends what waits: one lane for each place, in order; a slow or broken place holds up no other.

A lane is a task that lives as long as something waits for its place, so that a thousand quiet portals cost nothing.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Sequence
from logging import getLogger
from random import Random

from msgspec.structs import replace

from migrate.errors import DecampError

from ..about import Can
from ..actions import AnyAction, Edit, Post, Upload
from ..api import Bridge, CannotDo, Gone, NotNow, Refused
from . import degrade
from .clock import Clock, ended
from .degrade import Plan, Unsent
from .files import Spool
from .intents import Correct, Delivered, Feel, Recall, Say, Seen, Types
from .model import Place
from .orders import Wish
from .planning import Planning
from .seats import Sides
from .sqlite import SqliteStore
from .store import Entry
from .tidy import checked

log = getLogger("decamp.relay")
AT_ONCE = 32  # sends under way on one bridge
BATCH = 32  # entries that are stored as begun together, where sending one again does no harm
UNTOLD = 4  # read by somebody of whom no network tells
PATIENCE = 120.0  # seconds for one send, after which nobody knows
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
FEWEST = 8  # attempts, so that an hour without a connection alone is no reason
GOODBYE = 0.5  # seconds for what was cancelled, when the relay ends
AGAIN = 600.0  # seconds after which a chat that was made anew, and is gone too, is made once more
STALE = 10_000  # milliseconds after which nobody types any more


class Lanes:
    """All lanes of a relay."""

    def __init__(
        self, store: SqliteStore, sides: Sides, spool: Spool, clock: Clock, random: Random, *,
        gave_up: Callable[[Entry, str], None], broke: Callable[[BaseException], None], give_up_after: float = 3600.0,
    ) -> None:  # fmt: skip
        self._store, self._sides, self._spool, self._clock, self._random = store, sides, spool, clock, random
        self._gave_up, self._broke, self._give_up_after = gave_up, broke, give_up_after
        self.wanted: Callable[[Wish], None] = lambda _wish: None
        """Called for a chat that has to be made again."""
        self.left_out: Callable[[Entry, Sequence[Unsent]], None] = lambda _entry, _files: None
        """Called for a message some of whose files words stand for, when these words are kept."""
        self._gone_at: dict[tuple[str, str], float] = {}
        self._planning = Planning(store, sides, spool, clock)
        self._lanes: dict[Place, asyncio.Task[None]] = {}
        self._again: set[Place] = set()
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._closing = asyncio.Event()
        self.last_success: dict[str, int] = {}
        self.answered: dict[str, float] = {}
        """When a bridge last took something, by the steady clock."""
        self.under_way: dict[str, float] = {}
        """Since when a bridge has not answered a send."""

    def wake(self, place: Place) -> None:
        """Something waits for this place."""
        if self._closing.is_set() or self._sides.connected(place.bridge) is None:
            return
        lane = self._lanes.get(place)
        if lane is None:
            lane = asyncio.create_task(self._work(place), name=f"lane {place.bridge}")
            self._lanes[place] = lane
            lane.add_done_callback(lambda task: self._ended(place, task))
        else:
            self._again.add(place)

    def wake_bridge(self, bridge: str) -> None:
        """A bridge is connected: whatever waits for it goes on."""
        for place in self._store.places_waiting():
            if place.bridge == bridge:
                self.wake(place)

    async def close(self, seconds: float) -> None:
        """Finish what is being sent, and begin nothing more."""
        self._closing.set()
        if self._lanes:
            _, late = await asyncio.wait(list(self._lanes.values()), timeout=seconds)
            await ended(late, GOODBYE)

    def _ended(self, place: Place, task: asyncio.Task[None]) -> None:
        self._lanes.pop(place, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:  # the store is gone, or we made a mistake
            self._closing.set()
            self._broke(error)
        if place in self._again:
            self._again.discard(place)
            self.wake(place)

    # -- one lane ----------------------------------------------------------------------------------------

    async def _work(self, place: Place) -> None:
        while not self._closing.is_set():
            bridge = self._sides.connected(place.bridge)
            if bridge is None:
                return  # it is woken when the bridge is back
            self._again.discard(place)
            entries = self._store.waiting(place, BATCH)
            if not entries:
                return
            pause = await self._send_some(entries, bridge)
            if pause is not None:
                await self._wait(pause)

    async def _wait(self, seconds: float) -> None:
        """Wait, but not longer than until the relay ends."""
        closing = asyncio.create_task(self._closing.wait())
        pause = asyncio.create_task(self._clock.sleep(seconds))
        try:
            await asyncio.wait({closing, pause}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (closing, pause):
                task.cancel()

    async def _send_some(self, entries: list[Entry], bridge: Bridge) -> float | None:
        """Send the next entries. Returns how long to wait before the next attempt, if there has to be one."""
        repeatable = Can.IDEMPOTENT in bridge.about.can
        begun: list[Entry] = []
        pending: set[int] = set()
        for entry in entries if repeatable else entries[:1]:
            if begun and (_needs(entry) & pending or _files(entry)):
                break  # what it is about has no id there yet
            try:
                ready = await self._begin(entry, bridge)
            except NotNow as error:
                if not begun:
                    return self._put_off(entry, error, doubtful=False)
                break
            if ready is not None:
                begun.append(ready)
                pending.add(entry.message or 0)
        await self._store.kept()
        for entry in begun:
            if self._closing.is_set() or self._store.portals.is_remade(entry.link, entry.place):
                return None
            pause = await self._send(entry, bridge)
            if not repeatable:
                await self._store.kept()
            if pause is not None:
                return pause
        return None

    async def _begin(self, entry: Entry, bridge: Bridge) -> Entry | None:
        """Make the actions of an entry and keep them, as they are sent now and ever. None: nothing is to be sent."""
        if self._is_gone(entry, bridge):
            self._spool.drop(entry.number)
            self._store.drop(entry, "taken back before it was sent")
            return None
        steps = entry.steps
        if steps is not None and not self._spool.is_there(_uploads(entry)):
            steps = None if entry.done == 0 else steps  # a file is gone; it is fetched again
        if isinstance(entry.intent, Types) and self._clock.now() - entry.created_at > STALE:
            self._store.drop(entry, "too late to show")
            return None
        unsent: Sequence[Unsent] = ()
        if steps is None:
            plan = await self._plan(entry, bridge)
            if plan is None:
                return None
            if not plan.steps:
                self._nothing(entry, plan.dropped or "nothing to show")
                return None
            steps, unsent = plan.steps, plan.unsent
        is_post = isinstance(steps[entry.done], Post)  # all else is the same when it is done twice
        if entry.doubts and is_post and Can.IDEMPOTENT not in bridge.about.can:
            if entry.doubts > 1:
                self._give_up(entry, "Nobody knows whether it arrived; it was cut off twice while it was sent.")
                return None
            steps = degrade.mark(steps, entry.done)
        if not self._store.begin(entry, steps, self._clock.now()):
            self._spool.drop(entry.number)  # it was taken back while its files were fetched
            return None
        if unsent:
            self.left_out(entry, unsent)
        return replace(entry, steps=steps, first_try_at=entry.first_try_at or self._clock.now())

    def _nothing(self, entry: Entry, why: str) -> None:
        """There is nothing to send; but a reaction to what was given up comes along with it, if that is tried again."""
        if isinstance(entry.intent, Feel) and self._store.outbox.is_given_up(entry.message, entry.place):
            self._store.give_up(entry, why)
        else:
            self._store.drop(entry, why)

    def _is_gone(self, entry: Entry, bridge: Bridge) -> bool:
        """Whether it says what was taken back since it was begun, and is not needed to take it back there as well."""
        if entry.steps is None or entry.message is None or not isinstance(entry.intent, Say | Correct):
            return False
        told = self._store.ledger.message(entry.message)
        if told is None or not told.deleted:
            return False
        may_be_there = (entry.doubts or entry.tries) and Can.DELETES in bridge.about.can
        coming = self._store.coming(entry.message, entry.place) if may_be_there else ()
        return not any(isinstance(one, Recall) for one in coming)

    async def _plan(self, entry: Entry, bridge: Bridge) -> Plan | None:
        try:
            return await self._planning.plan(entry, bridge)
        except DecampError:
            raise
        except Exception as error:  # noqa: BLE001  outermost: what one person wrote holds up nobody else for ever
            _log(f"A message for {entry.place.bridge} could not be put into words", error)
            self._give_up(entry, f"It could not be put into words: {type(error).__name__}.")
            return None

    async def _send(self, entry: Entry, bridge: Bridge, lacks: frozenset[Can] = frozenset()) -> float | None:
        steps = entry.steps or ()
        for at in range(entry.done, len(steps)):
            try:
                async with self._slot(entry.place.bridge), asyncio.timeout(PATIENCE):
                    self.under_way.setdefault(entry.place.bridge, self._clock.steady())
                    sent = checked(await bridge.send(entry.place.chat, steps[at]))
            except NotNow as error:
                return self._put_off(replace(entry, done=at), error, doubtful=False)
            except TimeoutError:
                late = NotNow("The network did not answer.")
                return self._put_off(replace(entry, done=at), late, doubtful=True)
            except Refused as error:
                return await self._refused(replace(entry, done=at), bridge, error, lacks)
            except Exception as error:  # noqa: BLE001  outermost: other people's code
                _log(f"{entry.place.bridge} broke while it sent something", error)
                broken = NotNow(f"The bridge broke: {type(error).__name__}.")
                return self._put_off(replace(entry, done=at), broken, doubtful=True)
            self.under_way.pop(entry.place.bridge, None)
            self.last_success[entry.place.bridge] = self._clock.now()
            self.answered[entry.place.bridge] = self._clock.steady()
            there = self._store.sent(entry, at, sent, self._clock.now())
            if there is not None:
                self.wake(there)
            self._arm(entry, bridge)
        if _uploads(entry):
            self._spool.drop(entry.number)
        return None

    def _arm(self, entry: Entry, bridge: Bridge) -> None:
        """Where nobody tells what was read, what disappears after that begins to when it is there."""
        intent = entry.intent
        if isinstance(intent, Say) and intent.expires_after_read and entry.message and Can.READ not in bridge.about.can:
            self._store.ledger.arm(entry.message, UNTOLD, self._clock.now())

    def _slot(self, bridge: str) -> asyncio.Semaphore:
        return self._slots.setdefault(bridge, asyncio.Semaphore(AT_ONCE))

    def _put_off(self, entry: Entry, error: NotNow, *, doubtful: bool) -> float | None:
        """Wait before it is tried again, longer each time, and not for ever."""
        self.under_way.pop(entry.place.bridge, None)
        if isinstance(entry.intent, Types | Seen | Delivered):
            self._store.drop(entry, "too late to show")
            return None
        waited = self._clock.now() - (entry.first_try_at or self._clock.now())
        if waited > self._give_up_after * 1000 and entry.tries >= FEWEST:
            self._give_up(entry, str(error))
            return None
        self._store.put_off(entry, str(error), self._clock.now(), doubtful=doubtful)
        grown = min(FIRST_PAUSE * 2 ** min(entry.tries, 10), LONGEST_PAUSE)
        pause: float = max(error.after or 0.0, grown) * self._random.uniform(1.0, 1.25)
        return pause

    async def _refused(self, entry: Entry, bridge: Bridge, error: Refused, lacks: frozenset[Can]) -> float | None:
        """Try without what the network turned out to lack; else it is given up, with what the network says."""
        self.under_way.pop(entry.place.bridge, None)
        if isinstance(error, Gone) and self._is_made_anew(entry):
            await self._store.kept()
            return None
        step = (entry.steps or ())[entry.done]
        lacking = lacks | _lacking(step, error)
        if lacking > lacks and entry.done == 0:
            plan = await self._planning.plan(entry, bridge, lacking)
            if plan.steps and not any(lacking & one.needs for one in plan.steps):
                return await self._send_instead(entry, plan.steps, bridge, lacking)
        named = degrade.without_files(entry.steps or (), entry.done, str(error), entry.key, bridge.limits)
        if named.steps:  # the words come also when the files do not
            self._spool.drop(entry.number)
            self.left_out(entry, named.unsent)
            return await self._send_instead(entry, named.steps, bridge, lacks)
        self._give_up(entry, f"{error} {error.hint}")
        return None

    async def _send_instead(
        self, entry: Entry, steps: tuple[AnyAction, ...], bridge: Bridge, lacks: frozenset[Can]
    ) -> float | None:
        """Send other steps than those that were refused; a crash in between finds these, and not the refused ones."""
        self._store.begin(entry, steps, self._clock.now())
        await self._store.kept()
        return await self._send(replace(entry, steps=steps), bridge, lacks)

    def _is_made_anew(self, entry: Entry) -> bool:
        """Have a chat made again that the relay made, if it was not just now. What waits goes there."""
        store, key, now = self._store, (entry.link, entry.place.bridge), self._clock.steady()
        link = store.link(entry.link)
        if link is None or not store.is_renewed(link, entry.place):
            return False
        if not store.portals.is_remade(entry.link, entry.place):
            if now - self._gone_at.get(key, -AGAIN) < AGAIN:
                return False
            self._gone_at[key] = now
        self._spool.drop(entry.number)
        if not isinstance(entry.intent, Say | Correct):
            store.drop(entry, "its chat is gone")
        wish = store.abandon(entry.link, entry.place)
        if wish is not None:
            self.wanted(wish)
        return True

    def _give_up(self, entry: Entry, why: str) -> None:
        if isinstance(entry.intent, Say | Correct):
            if entry.done == 0:
                self._spool.drop(entry.number)  # they are fetched again for the next attempt, if there is one
            if self._store.give_up(entry, why):
                self._gave_up(entry, why)
        else:
            self._store.drop(entry, f"refused: {type(entry.intent).__name__.lower()}")


def _lacking(step: AnyAction, error: Refused) -> frozenset[Can]:
    """What this action could do without, after it was refused: what was written is shown in another way then."""
    if isinstance(error, CannotDo):
        return step.needs & {error.can}
    if getattr(step, "as_owner", False):
        return frozenset({Can.OWNER})
    return frozenset({Can.EDITS}) if isinstance(step, Edit) else frozenset()


def _log(what: str, error: Exception) -> None:
    """Where it happened, and not what was said: an error may quote the message that it is about."""
    log.error("%s: %s\n%s", what, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))


def _uploads(entry: Entry) -> tuple[Upload, ...]:
    return tuple(file for step in entry.steps or () if isinstance(step, Post) for file in step.files)


def _files(entry: Entry) -> bool:
    return isinstance(entry.intent, Say) and bool(entry.intent.files)


def _needs(entry: Entry) -> set[int]:
    """The messages that have to be there before it."""
    if isinstance(entry.intent, Say):
        return {entry.intent.reply} if entry.intent.reply is not None else set()
    return {entry.message} if entry.message is not None else set()
