"""A SOCKS5 proxy that does what RFC 1928 says and nothing else, and remembers what it was asked for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from ipaddress import IPv4Address
from types import TracebackType
from typing import Self

NAME, ADDRESS = 3, 1
REFUSED = 5


class Socks:
    """`async with Socks(names) as proxy:` listens at `proxy.port`. Only names in `names` lead anywhere."""

    def __init__(self, names: Mapping[str, str], *, refuses: bool = False) -> None:
        self._names, self._refuses = names, refuses
        self.asked: list[tuple[int, str]] = []
        self.port = 0
        self._server: asyncio.Server
        self._visits: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._visit, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._visits.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        version, methods = await reader.readexactly(2)
        assert version == 5
        assert 0 in await reader.readexactly(methods)
        writer.write(b"\5\0")
        version, command, _, kind = await reader.readexactly(4)
        assert (version, command) == (5, 1)
        if kind == NAME:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode("ascii")
        else:
            assert kind == ADDRESS
            host = str(IPv4Address(await reader.readexactly(4)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append((kind, host))
        target = self._names.get(host) if kind == NAME else host
        if self._refuses or target is None:
            writer.write(bytes([5, REFUSED, 0, 1]) + bytes(6))
            await writer.drain()
            return
        far_reader, far_writer = await asyncio.open_connection(target, port)
        writer.write(bytes([5, 0, 0, 1]) + bytes(6))
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()
