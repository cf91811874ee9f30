"""The two ways to whoever is asked: through onions, or directly by the user's own choice.

Each method sends once. What is worth sending again is `NoAnswer`; who is to blame for it has been noted by then.
Facts: formats page of the Session network, sections 2.5, 3 and 4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..session.errors import BadAnswer, NoAnswer
from ..session.flow import Answer
from ..session.nodes import Node
from ..session.onion import PATH, Onion, Server, to_node, to_server
from ..session.paths import Path, Paths, Pool, Verdict
from ..session.storage import body_of, info
from ..session.v4 import ServerAnswer, ServerRequest, read_server_answer
from .access import Access
from .errors import LostOnTheWay, ProxyDown, Unreachable
from .http import Http, Reply
from .report import Report

RPC_PATH = "/storage_rpc/v1"


class Way(Protocol):
    """How a request gets where it belongs. Raises `LostOnTheWay` where another try may take a better path."""

    async def to_node(self, body: bytes, node: Node) -> Answer:
        """Ask a storage node. Raises `NoAnswer`, with `gone` where the network no longer knows it."""
        ...

    async def to_server(self, request: ServerRequest, server: Server, url: str) -> ServerAnswer:
        """Ask a server behind the onion network, which listens at `url`. Raises `NoAnswer`."""
        ...


class Directly:
    """No onions: whoever is asked sees our address."""

    def __init__(self, http: Http, access: Access) -> None:
        self._http, self._patience = http, access.waits

    async def to_node(self, body: bytes, node: Node) -> Answer:
        reply = await self._http.post(f"https://{node.ip}:{node.port}{RPC_PATH}", body, self._patience.node)
        return Answer(reply.status, reply.body)

    async def to_server(self, request: ServerRequest, server: Server, url: str) -> ServerAnswer:
        reply = await self._http.ask(request, url, self._patience.file)
        return ServerAnswer(reply.status, reply.headers, reply.body)


class ThroughOnions:
    """A guard that sees our address and not what we ask, and two nodes behind it."""

    def __init__(
        self, http: Http, access: Access, pool: Pool, paths: Paths, rng: Callable[[int], bytes], report: Report
    ) -> None:
        self._http, self._patience = http, access.waits
        self._pool, self._paths, self._rng, self._report = pool, paths, rng, report
        self._met: set[Path] = set()

    async def to_node(self, body: bytes, node: Node) -> Answer:
        """Ask a node. Where no answer comes back, somebody else is asked over the same path before it is given up:

        a node that is gone, or a file server, must not cost us one guard after the other.
        """
        path = self._path(node)
        try:
            return await self._over(path, body, node)
        except ProxyDown:
            raise
        except Unreachable as error:
            raise LostOnTheWay(str(error)) from error
        except NoAnswer as error:
            if error.gone or await self._leads_on(path, node):
                raise
            raise LostOnTheWay(str(error)) from error

    async def to_server(self, request: ServerRequest, server: Server, url: str) -> ServerAnswer:
        path = self._path(None)
        onion = to_server(request.encode(), server, path.nodes, self._rng)
        try:
            reply = await self._post(path, onion, self._patience.file)
        except ProxyDown:
            raise
        except NoAnswer as error:
            raise LostOnTheWay(str(error)) from error  # the node at the end gives up on a server before we do
        trouble = f"{server.host} could not be reached through the network (status {reply.status})."
        if reply.status == 200:
            try:
                answer = read_server_answer(onion.server_answer(reply.body))
            except BadAnswer as error:
                trouble = str(error)
            else:
                self._paths.worked(path)
                return answer
        if await self._leads_on(path):
            raise NoAnswer(trouble)
        self._paths.failed(path)  # twice in vain: the request itself, and the one that looked why
        raise LostOnTheWay(trouble)

    def _path(self, destination: Node | None) -> Path:
        try:
            path = self._paths.pick(destination)
        except NoAnswer as error:
            raise LostOnTheWay(str(error)) from error  # a fresh list of nodes may help
        self._met.add(path)
        self._report.paths = len(self._met)
        return path

    async def _over(self, path: Path, body: bytes, node: Node) -> Answer:
        """Ask a node at the end of this path, and note whether the path works."""
        onion = to_node(body, node, path.nodes, self._rng)
        reply = await self._post(path, onion, self._patience.node)
        verdict = self._paths.judge(path, node, reply.status, reply.body)
        if verdict is Verdict.GONE:
            raise NoAnswer("The network no longer knows a node that was to be asked.", gone=True)
        if verdict is Verdict.AGAIN:
            raise NoAnswer(f"A path through the network did not lead on (status {reply.status}).")
        try:
            answer = onion.node_answer(reply.body)
        except BadAnswer as error:
            self._paths.failed(path)
            raise NoAnswer(str(error)) from error
        self._paths.worked(path)
        return answer

    async def _leads_on(self, path: Path, but: Node | None = None) -> bool:
        """Ask some node the time over a path, so that the path is praised or blamed for what it does."""
        nodes = self._pool.nodes
        beyond = [node for node in nodes.values() if node.ed25519 not in path and node != but]
        if not beyond or any(node.ed25519 not in nodes for node in path.nodes):
            return False
        witness = beyond[int.from_bytes(self._rng(4), "big") % len(beyond)]
        try:
            await self._over(path, body_of(info()), witness)
        except NoAnswer as error:
            return error.gone
        return True

    async def _post(self, path: Path, onion: Onion, seconds: float) -> Reply:
        """Hand an onion to the guard. Where no connection comes about, nobody but the guard can be to blame."""
        guard = path.guard
        try:
            return await self._http.post(f"https://{guard.ip}:{guard.port}{PATH}", onion.body, seconds)
        except ProxyDown:
            raise
        except Unreachable:
            self._pool.failed(guard)
            raise
        except NoAnswer:
            self._paths.failed(path)
            raise
