"""What a homeserver took and never brought: it is in the room all the same, and is found there.

Synapse brings things out of its memory. What somebody wrote in the second in which it is stopped is in the room, and
its writer was told so; but nobody else is told of it any more. And what is written in the moment in which it has
brought the last of what it had put off waits until it has to put off something again, while what is written later is
brought (both seen with Synapse 1.163).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from weakref import WeakValueDictionary

from .calls import Calls, Denied, Trouble, path
from .ghosts import Ghosts
from .keep import Keep
from .loose import Object, a_number, a_text, objects
from .portals import MARK
from .reading import OUR_MARK
from .trying import Trying

log = logging.getLogger(__name__)
PAGE, MOST_PAGES = 50, 200
TRIES = 3
"""How often a homeserver may fail at one room before we go on without it."""
SETTLES = 10.0
"""Seconds in which a homeserver that was told to come again has come, or has brought nothing more."""
DAY = 86_400_000  # by which clocks, and the order in which things came, may differ


class Missed:
    """Looks into every room once after each time at which the homeserver may have forgotten something.

    That is our start, a request that did not reach it, a count of transactions that begins anew, and when it was told
    to come again: as soon as one of them is left out, and when all has settled. At other times one that is left out
    says nothing: all application services share one count. What it brings from a room waits until the room was looked
    into, so that everything comes in its order. The rooms are looked into one after the other, those first from which
    something is brought.
    """

    def __init__(self, calls: Calls, keep: Keep, ghosts: Ghosts, now: Callable[[], int]) -> None:
        self._calls, self._keep, self._ghosts, self._now = calls, keep, ghosts, now
        self._looked: set[str] = set()
        self._alone: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._failures: Counter[str] = Counter()
        self._gap, self._breaks, self._brought = asyncio.Event(), calls.breaks, 0
        self._gap.set()
        self._put_off, self._times_put_off = asyncio.Event(), 0
        looked = keep.fact("looked")
        self._since = None if looked is None else int(looked)

    def notice(self) -> None:
        """Find out whether the homeserver was away since this was asked before."""
        if self._breaks != self._calls.breaks:
            self._begin_anew()

    def put_off(self) -> None:
        """The homeserver was told to come again."""
        self._put_off.set()
        self._times_put_off += 1

    async def settle(self) -> None:
        """After each time at which it was told to come again, wait until all has settled, for ever."""
        while True:
            await self._put_off.wait()
            before = self._brought, self._times_put_off
            await asyncio.sleep(SETTLES)
            if before == (self._brought, self._times_put_off):
                self._put_off.clear()
                self._begin_anew()

    def _begin_anew(self) -> None:
        self._breaks = self._calls.breaks
        self._looked.clear()
        self._failures.clear()
        self._gap.set()

    async def before(self, transaction: str, events: list[Object]) -> None:
        """Take what was missed in the rooms of what is brought now. Raises `NotNow` if that has to be brought again."""
        number = int(transaction) if transaction.isascii() and transaction.isdigit() else 0
        self.notice()
        if 0 < number <= self._brought:
            self._begin_anew()
        elif self._put_off.is_set() and number > self._brought + 1:
            self._looked.clear()
        brought: dict[str, set[str]] = {}
        for event in events:
            room, id = a_text(event, "room_id"), a_text(event, "event_id")
            if room and id:
                brought.setdefault(room, set()).add(id)
        for room, ids in brought.items():
            await self._look(room, ids)
        self._brought = number

    async def look(self, trying: Trying, news: Callable[[], None]) -> None:
        """Look into all rooms after each gap, for ever. `news` is called when something may be in the journal."""
        while True:
            await self._gap.wait()
            self._gap.clear()
            begun = self._now()
            told = await trying.insist(lambda: self._calls.ask("GET", path("joined_rooms")))
            listed = told.get("joined_rooms")
            for room in listed if isinstance(listed, list) else []:
                if isinstance(room, str) and self._horizon(room) is not None:
                    await trying.insist(lambda room=room: self._look(room, set()))  # type: ignore[misc]  # binds it
                    news()
            self.notice()
            if not self._gap.is_set():
                self._since = begun
                self._keep.learn("looked", str(begun))

    async def _look(self, room: str, brought: set[str]) -> None:
        async with self._alone.setdefault(room, asyncio.Lock()):
            if room in self._looked:
                return
            self._looked.add(room)
            try:
                await self._take(room, brought)
            except Denied:
                log.debug("A room could not be looked into: we are not in it.")
            except BaseException as error:
                if not self._is_the_rooms(room, error):
                    self._looked.discard(room)
                    raise
                log.warning("What was missed in %r may be lost: the homeserver fails whenever it is asked.", room)

    def _is_the_rooms(self, room: str, error: BaseException) -> bool:
        """Whether the homeserver fails at this room again and again, so that all others would wait for ever."""
        if not isinstance(error, Trouble) or error.status != 500:
            return False
        self._failures[room] += 1
        return self._failures[room] >= TRIES

    async def _take(self, room: str, brought: set[str]) -> None:
        """Go back to what is known, and take what came after it, oldest first.

        Of the pages only the last is kept meanwhile: the newer ones are asked for again.
        """
        horizon, waiting = self._horizon(room), set(brought)
        starts: list[str] = []
        oldest: list[Object] = []
        at = ""
        while True:
            page = await self._page(room, at)
            events, is_over = self._unknown(page, waiting, horizon)
            if len(starts) >= MOST_PAGES and (events or not is_over):
                log.warning("In %r more was missed than can be looked for: what came first is lost.", room)
                break
            starts.append(at or a_text(page, "start"))
            oldest = events
            following = a_text(page, "end")
            if is_over or not following or following == at:
                break
            at = following
        if waiting and not is_over:  # all that was ever said there would come as if it was new
            log.warning("What was missed in %r may be lost: the homeserver does not show there what it brings.", room)
            return
        self._receive(room, oldest)
        for start in reversed(starts[:-1]):
            self._receive(room, list(objects(await self._page(room, start), "chunk")))

    async def _page(self, room: str, at: str) -> Object:
        query = {"dir": "b", "limit": str(PAGE)} | ({"from": at} if at else {})
        return await self._calls.ask("GET", path("rooms", room, "messages"), query=query)

    def _unknown(self, page: Object, waiting: set[str], horizon: int | None) -> tuple[list[Object], bool]:
        """Of a page what is not known, newest first, and whether it goes back far enough.

        What is brought at this moment is not known yet: it has its place among what was missed.
        """
        found: list[Object] = []
        for event in objects(page, "chunk"):
            id = a_text(event, "event_id")
            if self._keep.knows(id) or (not waiting and self._is_before(event, horizon)):
                return found, True
            waiting.discard(id)
            found.append(event)
        return found, False

    def _is_before(self, event: Object, horizon: int | None) -> bool:
        """Whether it was said before we look for anything. What we say has the time at which it was said elsewhere."""
        if horizon is None:
            return True
        ours = self._ghosts.is_ours(a_text(event, "sender")) or a_text(event, "content", OUR_MARK) == MARK
        return not ours and (a_number(event, "origin_server_ts") or 0) < horizon

    def _horizon(self, room: str) -> int | None:
        """From when on something in a room can have been missed; None where nothing is known of it."""
        newest = self._keep.newest(room)
        return self._since if newest is None else newest - DAY

    def _receive(self, room: str, newest_first: list[Object]) -> None:
        self._keep.receive([{**event, "room_id": room} for event in reversed(newest_first)])
