"""The nodes that a run works with: found once, renewed when they run out or when their list is old.

Facts: formats page of the Session network, section 2.2.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from ..session.errors import BadAnswer, NoAnswer
from ..session.flow import Answer
from ..session.nodes import FIELDS, Node, NodeList, agreed, read_node_list
from ..session.paths import FEW, FEWEST, HOPS, Pool
from ..session.storage import Read, get_service_nodes
from .access import Access
from .bootstrap import Bootstrap
from .errors import NoNodes
from .report import Found, Report

WITNESSES = 3  # nodes that are asked for a fresh list; only what all of them name is taken
AGREEMENT = 24
OLD = 6 * 3_600_000  # milliseconds: a few hours are fine
MOST_RENEWALS, WITHIN = 5, 600_000
OTHER_NODES = "other nodes of the network"

Ask = Callable[[Node, Read], Awaitable[Answer]]


class Nodes:
    """`known` are all that the list names; `pool` those among them that still work, of which paths are made."""

    def __init__(
        self, access: Access, bootstrap: Bootstrap, random: Random, now: Callable[[], int], report: Report
    ) -> None:
        self._access, self._bootstrap, self._random, self._now, self._report = access, bootstrap, random, now, report
        self.pool = Pool(())
        self.known: dict[bytes, Node] = {}
        # A stand-in network has just enough nodes for one path and somebody to ask at its end.
        self.fewest = HOPS + 2 if access.local else FEWEST
        self._low, self._agreement = (self.fewest, self.fewest) if access.local else (FEW, AGREEMENT)
        self._renewals: list[int] = []
        self._lock = asyncio.Lock()

    async def find(self, ask: Ask) -> None:
        """Find the network. A list that is old is renewed by those on it who are still there, if they agree."""
        found = await self._bootstrap.find(self.fewest)
        self._take(found.nodes)
        if found.saved_at is None or self._now() - found.saved_at > OLD:
            fresh = await self._of_witnesses(ask)
            if fresh is not None:
                self._take(fresh)

    async def renew(self, ask: Ask) -> None:
        """Get a fresh list when too few nodes are left, but not again and again."""
        async with self._lock:
            now = self._now()
            self._renewals = [time for time in self._renewals if now - time < WITHIN]
            if not self.are_low or len(self._renewals) >= MOST_RENEWALS:
                return
            self._renewals.append(now)
            self._report.renewals += 1
            fresh = await self._of_witnesses(ask)
            try:
                self._take(fresh or (await self._bootstrap.find(self.fewest)).nodes)
            except NoNodes:
                return  # what is left may still do; if not, whoever builds the next path says so

    @property
    def are_low(self) -> bool:
        return len(self.pool.nodes) < self._low

    def some(self, count: int) -> list[Node]:
        """Random ones that work, as far as we know."""
        working = list(self.pool.nodes.values())
        return self._random.sample(working, min(count, len(working)))

    def _take(self, nodes: NodeList) -> None:
        self.pool.refill(nodes.nodes)
        self.known.clear()
        self.known.update(self.pool.nodes)

    async def _of_witnesses(self, ask: Ask) -> NodeList | None:
        """What three nodes say that the network is, as far as they agree."""
        witnesses = self.some(WITNESSES)
        said = await asyncio.gather(*(self._of_witness(node, ask) for node in witnesses))
        lists = [one for one in said if one is not None]
        common = agreed(lists, self._agreement) if len(lists) == WITNESSES else ()
        if not common:
            return None
        fresh = NodeList(common, lists[0].height)
        self._bootstrap.keep(fresh)
        self._report.found = Found(fresh, OTHER_NODES, self._now())
        return fresh

    async def _of_witness(self, node: Node, ask: Ask) -> NodeList | None:
        try:
            answer = await ask(node, get_service_nodes(FIELDS))
            return read_node_list(answer.body, local=self._access.local) if answer.status == 200 else None
        except (NoAnswer, BadAnswer):
            return None
