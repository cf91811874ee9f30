"""Does what the engine ordered: each order is one change of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..actions import Sent
from ..events import Chat, Person
from .intents import Recall, Say
from .model import Place
from .orders import (
    Abandon,
    Affirm,
    Arm,
    Arrive,
    Ask,
    Command,
    Confirm,
    Feeling,
    Forget,
    Hold,
    Meet,
    Order,
    Queue,
    Remember,
    Revise,
    Skip,
    Tell,
    Timed,
    Unhold,
    Visit,
    Wish,
)  # fmt: skip
from .store import Taken

if TYPE_CHECKING:
    from .sqlite import SqliteStore


class Obeying:
    """Obeys the orders of one event, and collects what the runner has to see to."""

    def __init__(self, store: SqliteStore, now: int) -> None:
        self._store, self._now = store, now
        self._number: int | None = None
        self._gone: int | None = None
        self._places: dict[Place, None] = {}
        self._wishes: list[Wish] = []
        self._commands: list[Command] = []
        self._notices: list[Tell] = []
        self._asked: list[Ask] = []
        self._arrived: list[Arrive] = []
        self._met: list[tuple[str, Person]] = []
        self._visited: list[tuple[Place, Chat]] = []

    def obey(self, orders: Sequence[Order]) -> Taken:
        """Keep all of it, in the transaction that is open."""
        for order in orders:
            self._one(order)
        return Taken(
            places=tuple(self._places), wishes=tuple(self._wishes), commands=tuple(self._commands),
            notices=tuple(self._notices), asked=tuple(self._asked), arrived=tuple(self._arrived), met=tuple(self._met),
            visited=tuple(self._visited),
        )  # fmt: skip

    def _one(self, order: Order) -> None:  # noqa: C901, PLR0912, PLR0915  one case for each order
        match order:
            case Remember():
                self._remember(order)
            case Queue():
                self._queue(order, order.message if order.message is not None else self._number)
            case Affirm():
                self._wake(self._store.affirm(order, self._now))
            case Skip():
                self._store.count("", order.place.bridge, order.reason)
            case Meet():
                if self._store.acquaintance.meet(order.bridge, order.person):
                    self._met.append((order.bridge, order.person))
            case Visit():
                if self._store.acquaintance.visit(order.place, order.chat):
                    self._visited.append((order.place, order.chat))
            case Hold():
                self._store.portals.hold(order)
            case Unhold():
                self._store.portals.unhold(order.source, order.message, order.by)
            case Wish():
                if self._store.portals.wish(order):
                    self._wishes.append(order)
            case Abandon():
                self._abandon(order)
            case Confirm():
                self._confirm(order)
            case Revise():
                self._revise(order)
            case Forget():
                self._forget(order.message if order.message is not None else self._number)
            case Feeling():
                self._store.ledger.feel(order, self._now)
            case Arm():
                self._store.ledger.arm(order.message, order.by, self._now)
                if order.before is not None:
                    self._store.ledger.arm_before(order.message, order.before, order.by, self._now)
            case Timed():
                self._store.portals.set_timer(order.link, order.seconds)
            case Ask():
                if self._store.acquaintance.ask(order):
                    self._asked.append(order)
            case Arrive():
                self._arrived.append(order)
            case Command():
                if self._store.acquaintance.first_command(order.place, order.id):
                    self._commands.append(order)
            case Tell():
                if order.once is None or self._store.acquaintance.first_time(order.once):
                    self._notices.append(order)

    def _remember(self, order: Remember) -> None:
        self._number, is_new = self._store.ledger.remember(order, self._now)
        if is_new and order.link:
            self._store.count(order.link, order.place.bridge, "in")
        fades_at = order.fades_at
        if fades_at is not None and fades_at <= self._now:
            self._forget(self._number)
            self._gone = self._number

    def _revise(self, order: Revise) -> None:
        number = order.message if order.message is not None else self._number
        if number is not None:
            self._store.ledger.revise(number, order.text, order.digest, order.change)

    def _forget(self, message: int | None) -> None:
        """Wipe a message wherever it still is here, also where it was only to be said."""
        if message is not None:
            self._store.ledger.forget(message)
            self._store.outbox.wipe(message)

    def _queue(self, order: Queue, message: int | None) -> None:
        if message is not None and message == self._gone and isinstance(order.intent, Say):
            self._store.count("", order.place.bridge, "its time is over")
            return
        is_due = isinstance(order.intent, Recall) and order.intent.due  # nobody who pauses a link means that it stays
        held_back = not is_due and self._store.portals.stopped(order.link, order.source, order.place) is not None
        self._store.outbox.put(order, message, self._now, held_back=held_back)
        if not held_back:
            self._places[order.place] = None

    def _abandon(self, order: Abandon) -> None:
        if order.back:
            self._store.portals.come_back(order.link, order.place)
            return
        wish = self._store.abandon(order.link, order.place)
        if wish is not None:
            self._wishes.append(wish)

    def _confirm(self, order: Confirm) -> None:
        """Our own words came back before, or without, the answer to sending them."""
        found = self._store.outbox.find(order.key)
        if found is not None and found[1] == found[0].done:
            sent = Sent(ids=(order.id,), also=order.also, sent_at=order.sent_at)
            self._wake(self._store.sent(found[0], found[1], sent, self._now))

    def _wake(self, place: Place | None) -> None:
        if place is not None:
            self._places[place] = None
