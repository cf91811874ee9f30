"""What is due at a time: messages that disappear, the end of a grace time, and what lies here too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..about import Can
from .intents import Recall
from .model import Author
from .orders import Forget, Order, Queue, Remember
from .store import Told
from .sweeping import sweep

if TYPE_CHECKING:
    from .files import Spool
    from .run import Relay

EVERY = 1.0
RARELY = 3600.0
OFTEN = 10.0  # seconds after which what was wiped is gone from the disk
SOME = 200


class Timers:
    """Looks every second; what is overdue after a pause goes first."""

    def __init__(self, relay: Relay, spool: Spool) -> None:
        self._relay, self._spool = relay, spool
        self._cleaned: float | None = None
        self._scrubbed = float("-inf")

    async def run(self) -> None:
        while not self._relay.is_broken:
            self.look()
            await self._relay.clock.sleep(EVERY)

    def look(self) -> None:
        """Do everything that is due now."""
        relay, now = self._relay, self._relay.clock.now()
        while fading := relay.store.ledger.fading(now, SOME):
            for told in fading:
                self._fade(told, now)
        for place, id in relay.store.portals.drop_faded(now):
            never = Remember(link="", place=place, id=id, author=Author(id="", bridge=place.bridge), sent_at=0)
            relay.store.take(place.bridge, None, [never, Forget(message=None)], now)
        relay.arrivals.due(now)
        if relay.store.database.changed_by_others():
            relay.reload()
        relay.look_outside()
        if self._cleaned is None or relay.clock.steady() - self._cleaned > RARELY:
            self._cleaned = relay.clock.steady()
            self._spool.clean(now)
            sweep(relay.store, now)
        if relay.store.database.has_wiped and relay.clock.steady() - self._scrubbed > OFTEN:
            self._scrubbed = relay.clock.steady()
            relay.store.database.scrub()

    def _fade(self, told: Told, now: int) -> None:
        """Remove a message everywhere but where it was written, and its words and files here."""
        relay, store = self._relay, self._relay.store
        orders: list[Order] = [Forget(message=told.number)]
        for number in store.outbox.wipe(told.number):
            self._spool.drop(number)
        there = dict.fromkeys(store.outbox.places_of(told.number), False) | store.ledger.places(told.number)
        for place, lasts in there.items():
            side = store.sides.get(place.bridge)  # none: that bridge was removed, and nobody can take it back there
            if place != told.place and side is not None and (lasts or Can.TIMERS not in side.about.can):
                recall = Recall(author=told.by, at=told.sent_at, due=True)
                orders.append(Queue(place=place, source=told.place, link=told.link, intent=recall, message=told.number))
        relay.see_to(store.take(told.place.bridge, None, orders, now))
