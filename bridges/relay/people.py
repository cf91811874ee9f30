"""Keeps names and pictures of contacts fresh on the other side (formats page of bridges, section 2)."""

from __future__ import annotations

import asyncio
from logging import getLogger
from typing import TYPE_CHECKING

from migrate.errors import DecampError

from ..api import NotNow
from ..events import Chat, Person
from .clock import ended
from .dressing import Dressing
from .model import Link, Place

if TYPE_CHECKING:
    from .files import Spool
    from .run import Relay

log = getLogger("decamp.relay")
AT_ONCE = 4
PATIENCE = 120.0  # seconds for one name and picture
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 3600.0


class People:
    """Dresses ghosts and portals: a few at a time, each only when something changed, and each by one task at a time."""

    def __init__(self, relay: Relay, spool: Spool) -> None:
        self._relay, self._dressing = relay, Dressing(relay, spool)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._resting: set[str] = set()
        self._turn = asyncio.Semaphore(AT_ONCE)

    def met(self, bridge: str, person: Person) -> None:
        """Somebody has another name or picture: show it wherever something stands for them."""
        for link in list(self._relay.store.portals.of_person(bridge, person.id)):
            self.dress(link)

    def visited(self, place: Place, chat: Chat) -> None:
        """A chat is called otherwise: so are its portals."""
        for link in self._relay.store.links_at(place):
            if link.ends[0] == place and link.made:
                before = self._relay.store.portals.namesakes(link)
                self._relay.store.portals.retitle(link.name, chat.title)
                self.dress_alike(self._relay.store.portals.links[link.name])
                for one in before:
                    self.dress(one)

    def repair(self, bridge: str) -> None:
        """Look once, when a bridge is connected, whether everybody is dressed as they should be."""
        for link in list(self._relay.store.portals.links.values()):
            if link.made and any(end.bridge == bridge for end in link.ends):
                self.dress(link)

    def dress_alike(self, link: Link) -> None:
        """Give a portal its name, and others the name by which one tells them from it."""
        for one in (link, *self._relay.store.portals.namesakes(link)):
            self.dress(one)

    def dress(self, link: Link) -> None:
        """Give what stands for a conversation its name and picture, now, and again where a network puts it off."""
        name = link.name
        task = self._tasks.get(name)
        if task is not None and not task.done():
            if name not in self._resting:
                self._again.add(name)  # the older name must not be given after the newer one
                return
            self._resting.discard(name)
            task.cancel()
        task = self._tasks[name] = asyncio.create_task(self._keep_trying(name), name="dress")
        task.add_done_callback(lambda task: self._ended(name, task))

    async def close(self, seconds: float) -> None:
        await ended(list(self._tasks.values()), seconds)

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(name) is task:
            del self._tasks[name]

    async def _keep_trying(self, name: str) -> None:
        pause = FIRST_PAUSE
        while True:
            self._again.discard(name)
            async with self._turn:
                after = await self._dress(name)
            if name in self._again:
                continue
            if after is None:
                return
            self._resting.add(name)
            try:
                await self._relay.clock.sleep(max(after, pause))
            finally:
                self._resting.discard(name)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _dress(self, name: str) -> float | None:
        """Dress each end once. Returns after how many seconds at the earliest it is worth another try, if it is."""
        link = self._relay.store.portals.links.get(name)
        if link is None or link.shared:
            return None
        again: float | None = None
        for end in link.ends[1:]:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._dressing.dress(link, end)
            except NotNow as error:
                again = max(again or 0.0, error.after or 0.0)
            except TimeoutError:
                again = again or 0.0
            except (DecampError, OSError) as error:  # the next change, or the next connection, tries again
                log.info("A portal on %s keeps its old name: %s", end.bridge, type(error).__name__)
            except Exception:  # outermost: other people's code
                log.exception("The bridge %s broke while it gave a portal its name.", end.bridge)
        return again
