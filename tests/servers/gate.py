"""A gate before a server: what goes through it can be stopped at any moment, and let through again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from .ports import free_port


class Gate:
    """Listens on a port of its own and passes everything on to another one. `passed` counts connections."""

    def __init__(self, port: int) -> None:
        self._to, self.port = port, free_port()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.passed = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)

    async def close(self) -> None:
        """Nobody comes in, and whoever is in is thrown out."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.passed += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
        else:
            self._open |= {writer, far_writer}
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            self._open -= {writer, far_writer}
        finally:
            self._tasks.discard(task)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
    writer.transport.abort() if reader.exception() else writer.close()
