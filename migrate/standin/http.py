"""Just enough HTTP/1.1 for nodes and the file server: whole requests in, whole answers out, connections kept."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

LARGEST_BODY = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What they are told."""

    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Awaitable[Reply | None]]
"""Answers a request, or closes its connection by answering None."""


class Doors:
    """The ports that are open. `connections` counts everybody who came in through any of them."""

    def __init__(self) -> None:
        self.connections = 0
        self._servers: list[asyncio.Server] = []
        self._visits: set[asyncio.Task[None]] = set()

    async def open(self, host: str, handler: Handler, tls: ssl.SSLContext | None = None) -> int:
        """Listen at a free port of `host`, and say which."""

        async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - a coroutine of a server always runs in one
            self._visits.add(task)
            try:
                await _serve(reader, writer, handler)
            finally:
                self._visits.discard(task)
                writer.close()

        server = await asyncio.start_server(visit, host, 0, ssl=tls, limit=1 << 16)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        visits = list(self._visits)
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)
        await asyncio.sleep(0)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, asyncio.CancelledError):
        while True:
            request = await _read(reader)
            reply = request if isinstance(request, Reply) else await handler(request)
            if reply is None:
                return
            writer.write(_written(reply))
            await writer.drain()
            if isinstance(request, Reply) or request.headers.get("connection", "").lower() == "close":
                return


async def _read(reader: asyncio.StreamReader) -> Request | Reply:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    words = head[0].split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    length = headers.get("content-length", "0")
    if len(words) != 3 or not length.isdigit():
        return Reply(400, b"This is no request.", "text/plain")
    if int(length) > LARGEST_BODY:
        return Reply(413, b"Body too large.", "text/plain")
    return Request(words[0], words[1], headers, await reader.readexactly(int(length)))


def _written(reply: Reply) -> bytes:
    headers = {"Content-Type": reply.kind, "Content-Length": str(len(reply.body)), **reply.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    phrase = HTTPStatus(reply.status).phrase if reply.status in HTTPStatus.__members__.values() else "Answer"
    return f"HTTP/1.1 {reply.status} {phrase}\r\n{lines}\r\n".encode("latin-1") + reply.body
