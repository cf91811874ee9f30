"""The way to SimpleX over the socket of its program: `simplex-chat -p 5225 -d relay` (recipe, section 2)."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import TYPE_CHECKING

import msgspec

from .core import ANSWER_SECONDS, Denied, Lost
from .wire import Said

if TYPE_CHECKING:
    from aiohttp import ClientSession, ClientWebSocketResponse

OPENING_SECONDS = 20.0
"""How long the program may take to answer a new connection: it runs on this machine."""
LARGEST = 1 << 28  # the list of all chats comes in one piece, with a picture of everybody
_log = logging.getLogger(__name__)


class _Frame(msgspec.Struct, frozen=True, rename="camel"):
    corr_id: str | None = None
    resp: msgspec.Raw = msgspec.Raw(b"{}")


class WebSocketCore:
    """One connection to the program. It must be the only one: others would take our events away."""

    def __init__(self, session: ClientSession, socket: ClientWebSocketResponse) -> None:
        self._session, self._socket = session, socket
        self._waiting: dict[str, asyncio.Future[Said]] = {}
        self._events: asyncio.Queue[Said | None] = asyncio.Queue()
        self._numbers = itertools.count(1)
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, host: str, port: int) -> WebSocketCore:
        """Connect once. Raises `Lost`."""
        import aiohttp

        place = f"{host}:{port}"
        session = aiohttp.ClientSession(trust_env=False, timeout=aiohttp.ClientTimeout(total=None))
        try:
            async with asyncio.timeout(OPENING_SECONDS):  # also where somebody takes the connection and says nothing
                socket = await session.ws_connect(f"ws://{place}", max_msg_size=LARGEST)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            await session.close()
            if isinstance(error, aiohttp.WSServerHandshakeError | aiohttp.ClientPayloadError):
                raise Lost(f"What answers at {place} is not SimpleX.", "Look at the port in the settings.") from None
            raise Lost(f"Nothing answers at {place}.", f"Start SimpleX: simplex-chat -p {port} -d relay") from None
        except BaseException:
            await session.close()
            raise
        return cls(session, socket)

    async def ask(self, command: str) -> Said:
        number = str(next(self._numbers))
        if self._reader.done():
            raise Lost("The connection to SimpleX was lost.")
        answer: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._socket.send_str(msgspec.json.encode({"corrId": number, "cmd": command}).decode())
                said = await answer
        except TimeoutError:
            raise Lost("SimpleX did not answer in time.") from None
        except (ConnectionError, OSError):
            raise Lost("The connection to SimpleX was lost.") from None
        finally:
            self._waiting.pop(number, None)
        if said.type == "chatCmdError":
            raise Denied(said.chat_error)
        return said

    async def hear(self) -> Said:
        said = await self._events.get()
        if said is None:
            raise Lost("The connection to SimpleX was lost.")
        return said

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.wait({self._reader})
        await self._socket.close()
        await self._session.close()

    async def _read(self) -> None:
        """Hand each frame to whoever waits for it. At the end nobody waits any more."""
        try:
            async for message in self._socket:
                if isinstance(message.data, str | bytes):
                    self._sort(message.data)
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Lost("The connection to SimpleX was lost."))
            self._events.put_nowait(None)

    def _sort(self, data: str | bytes) -> None:
        try:
            frame = msgspec.json.decode(data, type=_Frame)
        except (msgspec.MsgspecError, RecursionError):
            _log.warning("SimpleX sent something that is not of its own format; it is passed over.")
            return
        answer = self._waiting.get(frame.corr_id) if frame.corr_id is not None else None
        try:
            said = msgspec.json.decode(frame.resp, type=Said)
        except (msgspec.MsgspecError, RecursionError) as error:
            _log.warning("SimpleX sent something that this version of decamp cannot read: %s", type(error).__name__)
            if answer is not None and not answer.done():
                answer.set_exception(Denied(None))
            return
        if answer is not None and not answer.done():
            answer.set_result(said)
        elif frame.corr_id is None:
            self._events.put_nowait(said)
