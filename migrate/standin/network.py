"""The whole network on this machine: seeds, nodes, a file server and communities, in one thread beside the caller's.

It listens on loopback addresses only and refuses others; nothing that it holds outlives it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from types import TracebackType
from typing import Self, TypeVar

from ..errors import DecampError
from .certificates import self_signed
from .community import CommunityServer
from .faults import Faults
from .files import FileServer
from .http import Doors, Reply, Request
from .layers import Random
from .node import Node, Seen, Surroundings
from .rpc import Storage, node_list
from .shelves import Shelves

Result = TypeVar("Result")


class NotLoopback(DecampError):
    """The stand-in was asked to listen where others could reach it."""

    exit_code = 2
    hint = "It is for this machine alone: use 127.0.0.1."


@dataclass(frozen=True, slots=True)
class Seed:
    """A seed node: where it listens, and the SHA-256 of its certificate."""

    host: str
    port: int
    fingerprint: str


class StandIn:
    """`with StandIn(clock, random) as network:` runs it; what is changed in `network.faults` counts at once.

    `clock` says the time in milliseconds, `random` gives so many bytes: with fixed ones everything but ports and
    certificates is the same each time. Nodes share `addresses` in turn; any 127.x.y.z will do on Linux.
    """

    def __init__(
        self, clock: Callable[[], int], random: Random, *, nodes: int = 6, addresses: Sequence[str] = ("127.0.0.1",),
        communities: int = 0,
    ) -> None:  # fmt: skip
        for address in addresses:
            if not ip_address(address).is_loopback:
                raise NotLoopback(f"{address} is not an address of this machine alone.")
        self.faults = Faults()
        self.shelves = Shelves()
        self.nodes = [Node(index, addresses[index % len(addresses)], random(32)) for index in range(nodes)]
        self.file_server = FileServer(random, clock, self.faults)
        self.communities = [CommunityServer(index, random, clock, self.faults) for index in range(communities)]
        self.seeds: list[Seed] = []
        self.requests: list[Seen] = []
        self.plain_port = 0
        self._addresses = list(addresses)
        storage = Storage(self.nodes, self.shelves, self.faults, clock)
        self._around = Surroundings(
            self.nodes, storage, self.file_server, self.communities, self.faults, random, self._saw
        )
        self._doors = Doors()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="stand-in network", daemon=True)
        self._opened = threading.Event()
        self._stop = asyncio.Event()
        self._failed: BaseException | None = None

    @property
    def connections(self) -> int:
        """How many connections there have been, to any part of the network."""
        return self._doors.connections

    def stored(self) -> dict[str, dict[int, list[str]]]:
        """What lies on the shelves: hashes by account and namespace."""
        view: dict[str, dict[int, list[str]]] = {}
        for pubkey, shelf in list(self.shelves.accounts.items()):
            for message in list(shelf.values()):
                view.setdefault(pubkey, {}).setdefault(message.namespace, []).append(message.hash)
        return view

    def way_in(self) -> bytes:
        """What a client has to know to come here and nowhere else, in JSON: seeds with their pins, the file server."""
        seeds = [{"host": one.host, "port": one.port, "fingerprint": one.fingerprint} for one in self.seeds]
        files = self.file_server
        server = {"host": files.host, "port": files.port, "x25519": files.x25519.hex()}
        return json.dumps({"seeds": seeds, "file_server": server}).encode()

    def within(self, action: Callable[[], Result]) -> Result:
        """Do something between two requests, and wait for what comes of it: whatever changes the shelves meanwhile."""

        async def act() -> Result:
            return action()

        assert self._loop is not None  # noqa: S101 - only a network that runs has anything between two requests
        return asyncio.run_coroutine_threadsafe(act(), self._loop).result()

    def __enter__(self) -> Self:
        self._thread.start()
        self._opened.wait()
        if self._failed is not None:
            self._thread.join()
            raise self._failed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            await self._open()
        except OSError as error:  # told to whoever started us, in their own thread
            self._failed = error
            self._stop.set()
        self._opened.set()
        await self._stop.wait()
        await self._doors.close()

    async def _open(self) -> None:
        tls, fingerprint = self_signed("stand-in", self._addresses)
        home = self._addresses[0]
        for node in self.nodes:
            node.port = await self._doors.open(node.ip, partial(self._node, node), tls)
        for _ in range(3):
            self.seeds.append(Seed(home, await self._doors.open(home, self._seed, tls), fingerprint))
        self.plain_port = await self._doors.open(home, self._plain)
        self.file_server.host, self.file_server.port = home, self.plain_port
        for server in self.communities:
            server.host, server.port = home, await self._doors.open(home, partial(self._community, server))

    async def _node(self, node: Node, request: Request) -> Reply | None:
        if request.path == "/json_rpc":
            return await self._seed(request)
        return await node.handle(self._around, request)

    async def _seed(self, request: Request) -> Reply | None:
        seen = self._saw("seed", "get_n_service_nodes", "", 0)
        if self.faults.seeds_down or self.faults.drops(seen.number):
            return None
        if request.path != "/json_rpc" or b'"get_n_service_nodes"' not in request.body:
            return Reply(404, b"Not found", "text/plain")
        return Reply(200, json.dumps({"jsonrpc": "2.0", "result": node_list(self.nodes)}).encode())

    async def _plain(self, request: Request) -> Reply | None:
        """The one port without TLS: a seed for clients that know no other, the file server, and the debug view."""
        if request.path == "/json_rpc":
            return await self._seed(request)
        if request.path == "/":
            return Reply(200, self._view().encode())
        seen = self._saw("files", f"{request.method} {request.path.lstrip('/').partition('/')[0]}", "", 0)
        return None if self.faults.drops(seen.number) else await self.file_server.handle(request)

    async def _community(self, server: CommunityServer, request: Request) -> Reply | None:
        seen = self._saw(f"community {server.index}", f"{request.method} {request.path}", "", 0)
        return None if self.faults.drops(seen.number) else await server.handle(request)

    def _view(self) -> str:
        requests = [[seen.number, seen.where, seen.what, seen.pubkey, seen.depth] for seen in self.requests]
        view = {"connections": self.connections, "stored": self.stored(), "files": len(self.file_server.files)}
        return json.dumps({**view, "requests": requests})

    def _saw(self, where: str, what: str, pubkey: str, depth: int) -> Seen:
        seen = Seen(len(self.requests) + 1, where, what, pubkey, depth)
        self.requests.append(seen)
        return seen
