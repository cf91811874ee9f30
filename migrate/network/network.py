"""The Session network as the rest of decamp sees it: run a flow, read an account, leave a message, fetch a file.

Facts: formats page of the Session network, sections 2 to 4. What an answer means is the flows' business; which way a
request goes, how often, and how long one waits, is decided here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import TypeVar

from ..session.clock import Clock
from ..session.community.links import CommunityLink
from ..session.deliver import FINAL, Delivery, Parcel, deliver
from ..session.errors import BadAnswer, NoAnswer
from ..session.flow import Answer, Ask, Flow
from ..session.keys import AccountKeys
from ..session.nodes import Node
from ..session.paths import Paths
from ..session.poll import Tour, Visit, Visitor
from ..session.signers import Signer
from ..session.storage import Call, Read, body_of
from ..session.swarm import Swarm, swarm_of
from .access import Access
from .bootstrap import Bootstrap
from .community import Community
from .drive import drive
from .errors import BadAccess, LostOnTheWay
from .files import Files
from .http import AT_ONCE, Http
from .nodes import Nodes
from .pace import Pace
from .report import Report
from .ways import Directly, ThroughOnions, Way

Result = TypeVar("Result")
TRIES = 3  # of one request, over paths as chance has it


@asynccontextmanager
async def connect(
    access: Access,
    *,
    now: Callable[[], int],
    random: Random,
    rng: Callable[[int], bytes],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Network]:
    """Find the network, and be connected to it as long as the block lasts. Raises `NoNodes` when it cannot be found.

    `random` chooses paths and pauses, `rng` makes keys: for anything but tests, give both of the system's own.
    """
    report = Report()
    async with Http(access.proxy, access.waits, report) as http, Http(access.proxy, access.waits, report) as apart:
        network = Network(access, http, apart, report, now=now, random=random, rng=rng, sleep=sleep)
        try:
            await network.find_nodes()
            yield network
        finally:
            await network.close()


class Network:
    """Made by `connect`. Everything here asks a bounded number of times and then says what it could not get."""

    def __init__(
        self,
        access: Access,
        http: Http,
        apart: Http,
        report: Report,
        *,
        now: Callable[[], int],
        random: Random,
        rng: Callable[[int], bytes],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """`apart` is for communities: however many of their servers are silent, nothing else waits for its turn."""
        self.report = report
        self.clock = Clock(now)
        self._pace = Pace(random, sleep)
        self._bootstrap = Bootstrap(access, http, now, self._pace.pause, report)
        self._nodes = Nodes(access, self._bootstrap, random, now, report)
        self._access, self._rng = access, rng
        self._way: Way
        self._way_apart: Way
        if access.direct:
            self._way, self._way_apart = Directly(http, access), Directly(apart, access)
        else:
            paths = Paths(self._nodes.pool, random, spread=not access.local, fewest=self._nodes.fewest)
            self._way = ThroughOnions(http, access, self._nodes.pool, paths, rng, report)
            self._way_apart = ThroughOnions(apart, access, self._nodes.pool, paths, rng, report)
        self._files = Files(access.file_server, self._way, now, self._again)
        self._swarms: dict[str, Swarm] = {}

    @property
    def known(self) -> Mapping[bytes, Node]:
        """All nodes of the network by their Ed25519 keys, as the list says that is in use now."""
        return self._nodes.known

    def some_nodes(self, count: int = 8) -> list[Node]:
        """Random nodes, to ask for a swarm."""
        return self._nodes.some(count)

    async def find_nodes(self) -> None:
        """Get the first list of nodes."""
        await self._nodes.find(self._ask_once)

    async def close(self) -> None:
        """Wait for nothing any more."""
        await self._bootstrap.close()

    # -- asking ------------------------------------------------------------------------------------------

    async def run(self, flow: Flow[Result]) -> Result:
        """Run a flow to its end."""
        return await drive(flow, self._answer)

    async def _answer(self, ask: Ask[Call]) -> Answer:
        """Ask until a request gets there. What to do about a node that does not answer is the flow's to decide."""
        if ask.attempt > 1:
            await self._pace.pause(ask.attempt - 1)
        body = body_of(ask.call)
        trouble = LostOnTheWay()
        for attempt in range(TRIES):
            if attempt:
                await self._again(attempt)
            try:
                return await self._way.to_node(body, ask.node)
            except LostOnTheWay as error:
                trouble = error
        raise trouble

    async def _again(self, attempt: int) -> None:
        """Wait before something is asked again, and make sure that there are nodes enough for another path."""
        self.report.retries += 1
        await self._pace.pause(attempt)
        if self._nodes.are_low:
            await self._nodes.renew(self._ask_once)

    async def _ask_once(self, node: Node, call: Read) -> Answer:
        return await self._way.to_node(body_of(call), node)

    # -- accounts and groups -----------------------------------------------------------------------------

    async def swarm(self, pubkey: str) -> Swarm:
        """The nodes that keep the messages of an account or group: what we learnt before, if enough of it is left."""
        swarm = self._swarms.get(pubkey, Swarm(()))
        left = Swarm(tuple(self.known[node.ed25519] for node in swarm.nodes if node.ed25519 in self.known))
        return await self._look_up(pubkey) if left.is_thin else left

    async def collect(self, visitor: Visitor, *, enough: int | None = None) -> Tour:
        """Read every node of the swarm, several at once, or as many of them as are `enough`.

        If none of them gave everything, the swarm is looked up once more: it may have been what one node made up.
        """
        pubkey = visitor.signer.pubkey
        tour = Tour(await self.swarm(pubkey), enough)
        await self._visit(visitor, tour, enough)
        if not tour.missing(visitor.namespaces):
            self._remember(pubkey, tour.swarm)
            return tour
        try:
            tour.more(await self._look_up(pubkey))
        except (NoAnswer, BadAnswer):
            return tour
        await self._visit(visitor, tour, enough)
        return tour

    async def deliver(self, parcel: Parcel, signer: Signer | None = None) -> Delivery:
        """Leave a message with whoever keeps those of its recipient. What came of it is in the result.

        When nobody took it the swarm is looked up once more, and the same bytes are offered there.
        """
        first = await self._deliver(parcel, await self.swarm(parcel.pubkey), signer)
        if first.is_delivered:
            self._remember(parcel.pubkey, first.swarm)
            return first
        if any(trouble in FINAL.values() for _, trouble in first.troubles):
            return first  # the next swarm would say the same
        try:
            second = await self._deliver(parcel, await self._look_up(parcel.pubkey), signer)
        except (NoAnswer, BadAnswer):
            return first
        second.asks += first.asks
        second.troubles = first.troubles + second.troubles
        return second

    async def _deliver(self, parcel: Parcel, swarm: Swarm, signer: Signer | None) -> Delivery:
        return await self.run(deliver(parcel, swarm, self.clock, self.known, signer))

    async def _look_up(self, pubkey: str) -> Swarm:
        swarm = await self.run(swarm_of(pubkey, self.some_nodes(), self.known, self.clock))
        self._remember(pubkey, swarm)
        return swarm

    def _remember(self, pubkey: str, swarm: Swarm) -> None:
        if swarm.nodes:
            self._swarms[pubkey] = swarm

    async def _visit(self, visitor: Visitor, tour: Tour, enough: int | None) -> None:
        """Visit the nodes of a tour, several at a time, and with `enough` never more than may be needed."""
        visits: set[asyncio.Task[Visit]] = set()
        try:
            while True:
                whole = sum(not visit.troubles for visit in tour.visits)
                width = AT_ONCE if enough is None else max(1, enough - whole)
                while len(visits) < width and (node := tour.next()) is not None:
                    visits.add(asyncio.create_task(self.run(visitor.visit(node))))
                if not visits:
                    return
                done, visits = await asyncio.wait(visits, return_when=asyncio.FIRST_COMPLETED)
                for visit in done:
                    tour.add(visit.result())
        finally:
            for visit in visits:
                visit.cancel()
            await asyncio.gather(*visits, return_exceptions=True)

    # -- files -------------------------------------------------------------------------------------------

    async def download(self, url: str) -> bytes:
        """What lies at the address in a message, still encrypted. Raises `FileGone`, `NoAnswer` or `BadFile`."""
        return await self._files.download(url)

    async def upload(self, blob: bytes) -> str:
        """Leave an encrypted file, and get the address for a message. Raises `TooLarge` or `NoAnswer`."""
        return await self._files.upload(blob)

    # -- communities -------------------------------------------------------------------------------------

    @property
    def is_direct(self) -> bool:
        """Whether whoever is asked sees our address."""
        return self._access.direct

    def community(self, link: CommunityLink, keys: AccountKeys) -> Community:
        """A room, read anonymously as far as it lets anybody read, and written in with these keys."""
        if self._access.local and not link.is_local:
            raise BadAccess("A stand-in network leads to no community but those on this machine.")
        return Community(link, keys, self._way_apart, self.clock.time, self._rng, self._again)
