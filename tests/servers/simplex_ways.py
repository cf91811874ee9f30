"""The two ways to an account of the double: the WebSocket of the program, and calls of the official library (11)."""

from __future__ import annotations

import asyncio
import ctypes
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import aiohttp
from aiohttp import web

from tests.servers.ports import free_port
from tests.servers.simplex import Account
from tests.servers.simplex_objects import Json


class Program:
    """What `simplex-chat -p PORT` is for others. It can be stopped and started again, on the same port."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.port = free_port()
        self.swallow = 0  # how many of the next answers to /_send are lost together with the connection (10)
        self.silent = 0  # how many of them never come, while the connection stays
        self.connections = 0
        self._sockets: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await self.drop()
            await runner.cleanup()

    async def drop(self) -> None:
        """End all connections, and nothing else."""
        for socket in list(self._sockets):
            await socket.close()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        self._sockets.add(socket)
        pump = asyncio.create_task(self._pump(socket))
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT and not await self._answer(socket, message.data):
                    break
        finally:
            pump.cancel()
            await asyncio.wait({pump})
            self._sockets.discard(socket)
        return socket

    async def _answer(self, socket: web.WebSocketResponse, data: str) -> bool:
        try:
            asked = json.loads(data)
            number, command = asked["corrId"], asked["cmd"]
            if asked.keys() != {"corrId", "cmd"} or not isinstance(number, str) or not isinstance(command, str):
                raise KeyError
        except (ValueError, KeyError, TypeError):
            error: Json = {"type": "error", "errorType": {"type": "commandError", "message": "invalid request"}}
            await socket.send_str(json.dumps({"resp": {"type": "chatCmdError", "chatError": error}}))
            return True
        answer = self.account.command(command)
        if self.swallow and command.startswith("/_send"):
            self.swallow -= 1
            await socket.close()
            return False
        if self.silent and command.startswith("/_send"):
            self.silent -= 1
            return True
        await socket.send_str(json.dumps({"corrId": number, "resp": answer}))
        return True

    async def _pump(self, socket: web.WebSocketResponse) -> None:
        """Each event goes to one client, and waits while there is none (5)."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(news.set)

        self.account.listeners.append(wake)
        try:
            while True:
                while (event := self.account.next_event()) is not None:
                    try:
                        await socket.send_str(f'{{"resp": {event}}}')
                    except (ConnectionError, asyncio.CancelledError):
                        self.account.return_event(event)
                        raise
                await news.wait()
                news.clear()
        finally:
            self.account.listeners.remove(wake)


class _Calls:
    """The four calls of the library that the package makes, over an account of the double."""

    def __init__(self, account: Account, database: Path, key: str) -> None:
        self._account, self._database, self._key = account, database, key
        self._alive: dict[int, ctypes.Array[ctypes.c_char]] = {}
        self.open = False

    def _give(self, text: str) -> int:
        buffer = ctypes.create_string_buffer(text.encode())
        address = ctypes.addressof(buffer)
        self._alive[address] = buffer
        return address

    def free(self, pointer: ctypes.c_void_p) -> None:
        del self._alive[pointer.value or 0]

    def chat_migrate_init(self, path: bytes, key: bytes, _confirm: bytes, control: object) -> int:
        if path.decode() != str(self._database) or key.decode() != self._key:
            return self._give('{"type": "errorNotADatabase", "dbFile": "x"}')
        control._obj.value = 1  # type: ignore[attr-defined]  # what ctypes.byref wraps
        self.open = True
        return self._give('{"type": "ok"}')

    def chat_send_cmd(self, _control: int, command: bytes) -> int:
        answer = self._account.command(command.decode())
        failed = answer["type"] == "chatCmdError"
        return self._give(json.dumps({"error": answer["chatError"]} if failed else {"result": answer}))

    def chat_recv_msg_wait(self, _control: int, wait: int) -> int:
        event = self._account.next_event(wait / 1_000_000)
        return self._give(f'{{"result": {event}}}' if event is not None else "")

    def chat_close_store(self, _control: int) -> int:
        self.open = False
        return self._give("")


@contextmanager
def library(account: Account, database: Path, key: str) -> Iterator[_Calls]:
    """Have the official package find the double where it would load the core."""
    calls = _Calls(account, database, key)
    with ExitStack() as stack:
        for name in ("lib_for", "lib", "libc"):
            stack.enter_context(mock.patch(f"simplex_chat._native.{name}", return_value=calls))
        yield calls
