"""Finding the network: seeds, then what was kept of them, then lists that others have kept. Each is tried and named.

Facts: formats page of the Session network, sections 2.1 and 2.2. Seeds are the one part of the network that everybody
needs and few run, so that a run has to do without them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from ..errors import DecampError
from ..session.errors import BadAnswer, NoAnswer
from ..session.nodes import NodeList, node_list_request, read_node_list
from .access import Access, Seed
from .errors import NoNodes
from .http import Http
from .report import Found, Report, Tried
from .saved import place_of_file, save_list

ROUNDS = 4  # of asking all seeds, when there is nothing else
GRACE = 0.2  # seconds for seeds that are asked beside the one that has answered
CACHE = "the list of the last time"


class Bootstrap:
    """Everywhere that a list of nodes can come from."""

    def __init__(
        self,
        access: Access,
        http: Http,
        now: Callable[[], int],
        pause: Callable[[int], Awaitable[None]],
        report: Report,
    ) -> None:
        self._access, self._http, self._now, self._pause = access, http, now, pause
        self._report = report
        self._late: set[asyncio.Task[Found | None]] = set()

    async def find(self, fewest: int) -> Found:
        """A list of at least `fewest` nodes: a fresh one if any seed answers, else what is likely to be left of an old.

        Raises `NoNodes` when no place has one.
        """
        found = await self._of_seeds(fewest) or self._kept(fewest)
        for attempt in range(1, ROUNDS):
            if found is not None or not self._access.seeds:
                break
            await self._pause(attempt)
            found = await self._of_seeds(fewest)
        if found is None:
            said = "; ".join(f"{one.place}: {one.outcome}" for one in self._report.tried)
            raise NoNodes(f"No list of the network's nodes could be had: {said or 'nobody was asked'}.")
        self._report.found = found
        return found

    def keep(self, nodes: NodeList) -> None:
        """Keep a fresh list for the next time. A disk that is full costs only that."""
        if self._access.cache is not None:
            with suppress(OSError):
                save_list(self._access.cache, nodes, self._now())

    async def _of_seeds(self, fewest: int) -> Found | None:
        """Ask all seeds at once; the first that gives a list is believed."""
        asked = [asyncio.create_task(self._of_seed(seed, fewest)) for seed in self._access.seeds]
        self._late.update(asked)
        for task in asked:  # each holds a list of all nodes
            task.add_done_callback(self._late.discard)
        for answer in asyncio.as_completed(asked):
            if (found := await answer) is not None:
                self.keep(found.nodes)
                return found
        return None

    async def close(self) -> None:
        """Stop waiting for seeds that nobody waits for any more.

        They had all the time in between: a connection that is given up while it comes about is not closed by Python.
        """
        if self._late:
            _, hanging = await asyncio.wait(self._late, timeout=GRACE)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)

    async def _of_seed(self, seed: Seed, fewest: int) -> Found | None:
        address = f"{seed.host}:{seed.port}"
        place = f"seed {address}"
        try:
            reply = await self._http.post(
                f"https://{address}/json_rpc", node_list_request(), self._access.waits.seed, pin=seed.fingerprint
            )
            if reply.status != 200:
                raise BadAnswer("status", f"answered with status {reply.status}")
            nodes = read_node_list(reply.body, local=self._access.local)
        except (NoAnswer, BadAnswer) as error:
            self._note(place, str(error).removeprefix(f"{address} "))
            return None
        return self._checked(Found(nodes, place, self._now()), fewest)

    def _kept(self, fewest: int) -> Found | None:
        """The first list that was kept: the one that was named, our own, then those of others in their order."""
        named, cache = self._access.named, self._access.cache
        own = None
        if cache is not None and cache.exists():
            own = place_of_file(CACHE, cache, local=self._access.local)
        elif cache is not None:
            self._note(CACHE, "is not there yet")
        for place in (named, own, *self._access.places):
            if place is None:
                continue
            try:
                found = place.read(self._now())
            except DecampError as error:
                self._note(place.name, str(error))
                continue
            if (checked := self._checked(found, fewest)) is not None:
                return checked
        return None

    def _checked(self, found: Found, fewest: int) -> Found | None:
        """A list with too few nodes is none: a path through them would hide nothing."""
        count = len(found.nodes.nodes)
        if count < fewest:
            self._note(found.place, f"lists {count} usable nodes, which are too few")
            return None
        self._note(found.place, "has a list", count)
        return found

    def _note(self, place: str, outcome: str, nodes: int = 0) -> None:
        self._report.note(Tried(place, outcome.rstrip("."), nodes))
