"""One request to the homeserver: its answer, or an error that says whether trying again makes sense."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from ..api import NotNow, Refused
from .loose import Object, a_number, a_text

if TYPE_CHECKING:
    import aiohttp

Query: TypeAlias = dict[str, str]
CLIENT = "/_matrix/client/v3"
LARGEST_ANSWER = 256 << 20  # the first sync of an account in many rooms is that large
PATIENCE = 30.0
_CODE = re.compile(r"[A-Z][A-Z0-9_.]{1,60}")


class Denied(Refused):
    """The homeserver does not do this. `code` is its own word for why."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"The homeserver does not take this ({code or status}).")
        self.status, self.code = status, code

    @property
    def may_be_out(self) -> bool:
        """Whether this is what a homeserver says to those who are not in the room; it says so for other reasons too."""
        return self.code in {"M_FORBIDDEN", "M_NOT_FOUND"}


class Trouble(NotNow):
    """The homeserver cannot do this now, and `code` is its own word for why."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"The homeserver has trouble ({code or status}).")
        self.status, self.code = status, code


class TokenRefused(NotNow):
    """The homeserver does not know our access token."""

    hint = "Log in again: run `decamp bridge setup` for this bridge."

    def __init__(self, *, soft: bool = False) -> None:
        super().__init__()
        self.soft = soft


def path(*segments: str, base: str = CLIENT) -> str:
    """A path of the client API; nothing in a segment leads out of it."""
    return "/".join((base, *(quote(segment, safe="") for segment in segments)))


class Calls:
    """Everything that is asked of one homeserver with one token. No redirect is followed, nothing else is reached."""

    def __init__(self, base: str, token: str = "") -> None:
        import aiohttp

        self._base, self._token = base.rstrip("/"), token
        self.breaks = 0
        """How often a request did not reach the homeserver: it may have been restarted."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=15))

    async def close(self) -> None:
        await self._session.close()

    async def ask(
        self,
        method: str,
        where: str,
        body: Mapping[str, object] | None = None,
        query: Query | None = None,
        *,
        seconds: float = PATIENCE,
    ) -> Object:
        """The answer, as an object. Raises `NotNow`, `TokenRefused` or `Denied`."""
        data = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        async with self.open(method, where, data, query=query, seconds=seconds, type="application/json") as answer:
            value = await _read(answer)
        if not isinstance(value, dict):
            raise NotNow("The homeserver answers with something else than it should.")
        return value

    async def ask_list(self, method: str, where: str, query: Query | None = None) -> object:
        """The answer to a request that gets a list."""
        async with self.open(method, where, query=query) as answer:
            return await _read(answer)

    @asynccontextmanager
    async def open(
        self,
        method: str,
        where: str,
        data: bytes | AsyncIterator[bytes] | None = None,
        *,
        query: Query | None = None,
        seconds: float | None = PATIENCE,
        type: str | None = None,
        length: int | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer whose body is still to be read. What goes wrong while it is read is told in the same way."""
        import aiohttp

        if self._session.closed:
            raise NotNow("The bridge is stopping.")
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        headers |= {"Content-Type": type} if type else {}
        headers |= {"Content-Length": str(length)} if length is not None else {}
        try:
            async with self._session.request(
                method,
                self._base + where,
                data=data,
                params=query,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=15, sock_read=60),
            ) as answer:
                if answer.status != 200:
                    trouble = await _trouble(answer)
                    self.breaks += isinstance(trouble, Trouble) and not trouble.code  # what stands before it says so
                    raise trouble
                yield answer
        except TimeoutError as error:
            self.breaks += isinstance(error, aiohttp.ServerTimeoutError)
            raise NotNow("The homeserver takes too long to answer.") from error
        except (aiohttp.ClientError, OSError) as error:
            self.breaks += 1
            raise NotNow(f"The homeserver cannot be reached ({_kind(error)}).") from error


async def _read(answer: aiohttp.ClientResponse) -> object:
    """Some JSON. What is none came from something that stands before the homeserver, and passes."""
    pieces = bytearray()
    async for piece in answer.content.iter_any():
        pieces += piece
        if len(pieces) > LARGEST_ANSWER:
            raise NotNow("The homeserver's answer is too large.")
    try:
        value: object = json.loads(pieces)
    except (ValueError, RecursionError) as error:
        raise NotNow("The homeserver answers with something that is not JSON.") from error
    return value


async def _trouble(answer: aiohttp.ClientResponse) -> Refused | NotNow:
    """What an answer that is no success means. The server's own sentence is left out: it may hold anything."""
    try:
        told: object = json.loads(await answer.content.read(1 << 16))
    except (ValueError, RecursionError):
        told = None
    code = a_text(told, "errcode")
    code = code if _CODE.fullmatch(code) else ""
    if answer.status == 401 and code in {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}:
        return TokenRefused(soft=isinstance(told, dict) and told.get("soft_logout") is True)
    if answer.status == 429 or code == "M_LIMIT_EXCEEDED":
        return NotNow("The homeserver asks us to wait.", after=_pause(told, answer.headers.get("Retry-After", "")))
    if answer.status >= 500:
        return Trouble(answer.status, code)
    return Denied(answer.status, code)


def _pause(told: object, header: str) -> float:
    """The seconds to wait: newer servers say them in the header, older ones in the body."""
    if header.isascii() and header.isdigit():
        return float(header)
    return (a_number(told, "retry_after_ms") or 5000) / 1000


def _kind(error: Exception) -> str:
    """What went wrong, without the address."""
    reason = getattr(error, "os_error", error)
    return getattr(reason, "strerror", None) or type(error).__name__
