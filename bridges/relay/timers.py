"""What is due at a time: messages that disappear, the end of a grace time, and what lies here too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..about import Can
from .intents import Recall
from .model import Options
from .orders import Forget, Order, Queue
from .store import Told

if TYPE_CHECKING:
    from .files import Spool
    from .run import Relay

EVERY = 1.0
RARELY = 3600.0
SOME = 200
DAY = 86_400_000  # milliseconds


class Timers:
    """Looks every second; what is overdue after a pause goes first."""

    def __init__(self, relay: Relay, spool: Spool) -> None:
        self._relay, self._spool = relay, spool
        self._cleaned: float | None = None

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
        relay.store.portals.drop_faded(now)
        relay.arrivals.due(now)
        if relay.store.database.changed_by_others():
            relay.reload()
        relay.look_outside()
        if self._cleaned is None or relay.clock.steady() - self._cleaned > RARELY:
            self._cleaned = relay.clock.steady()
            self._spool.clean(now)
            self._prune(now)

    def _prune(self, now: int) -> None:
        """Forget which message is which, where nobody asks any more."""
        store = self._relay.store
        for days, links in store.portals.kept().items():
            while store.ledger.prune(now - days * DAY, links, SOME) == SOME:
                store.database.commit()
        while store.ledger.prune(now - Options().kept_days * DAY, None, SOME) == SOME:  # of links that are removed
            store.database.commit()

    def _fade(self, told: Told, now: int) -> None:
        """Remove a message everywhere but where it was written, and its words and files here."""
        relay, store = self._relay, self._relay.store
        link = store.link(told.link)
        orders: list[Order] = [Forget(message=told.number)]
        for number in store.outbox.wipe(told.number):
            self._spool.drop(number)
        for end in link.ends if link else ():
            knows_itself = Can.TIMERS in store.sides[end.bridge].about.can
            if end != told.place and not knows_itself:
                recall = Recall(author=told.by, at=told.sent_at, due=True)
                orders.append(Queue(place=end, source=told.place, link=told.link, intent=recall, message=told.number))
        relay.see_to(store.take(told.place.bridge, None, orders, now))
