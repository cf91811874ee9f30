"""Requests over HTTP and HTTPS: the one place where a socket is opened, directly or through the one proxy.

Nothing of the environment is looked at, no redirect followed, no cookie kept, nothing unpacked, and an answer read
only as far as one may go.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from ..session.answers import LARGEST_ANSWER
from ..session.errors import NoAnswer
from ..session.v4 import ServerRequest
from .access import Patience, Proxy
from .errors import ProxyDown, Unreachable, WrongCertificate
from .report import Report

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

AT_ONCE = 6
GOODBYE = 0.05  # seconds for both sides of a connection that broke off to close it: TLS wants a word from each
# What the app sends with its direct requests, so that nobody stands out: formats page, section 2.1.
HEADERS = {"User-Agent": "WhatsApp", "Accept-Language": "en-us", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back over a connection, whoever it is from."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Names in lower case."""


class Http:
    """`async with Http(...) as http:` keeps connections while it lasts, and none after."""

    def __init__(self, proxy: Proxy | None, patience: Patience, report: Report) -> None:
        self._proxy, self._patience, self._report = proxy, patience, report
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._broken = False
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=_connector(self._proxy),
            headers=HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        if self._broken:
            await asyncio.sleep(GOODBYE)

    async def post(self, url: str, body: bytes, seconds: float, *, pin: bytes | None = None) -> Reply:
        """Send `body`. With `pin`, only to whoever shows the certificate with this SHA-256."""
        import aiohttp

        # Nodes sign their certificates themselves, and are known by keys inside the onion; seeds are pinned.
        return await self._send("POST", url, body, seconds, aiohttp.Fingerprint(pin) if pin is not None else False)

    async def get(self, url: str, seconds: float) -> Reply:
        return await self._send("GET", url, None, seconds, False)

    async def ask(self, request: ServerRequest, server: str, seconds: float) -> Reply:
        """Send a request to a server of the ordinary web: its certificate has to be one that this machine trusts."""
        from yarl import URL

        url = URL(server + request.endpoint, encoded=True)  # as it was signed: nothing is written in another way
        return await self._send(request.method, url, request.body, seconds, True, request.headers)

    async def _send(
        self, method: str, url: str | URL, body: bytes | None, seconds: float, tls: aiohttp.Fingerprint | bool,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        import aiohttp
        import aiohttp_socks

        limits = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, self._patience.connect))
        async with self._slots:
            if self._session.closed:  # whoever waited for their turn, or tries again, may come after the end
                raise NoAnswer(f"{_host(str(url))} was not asked: the connection to the network has ended.")
            self._report.requests += 1
            whole = False
            try:
                async with self._session.request(
                    method, url, data=body, headers=headers, ssl=tls, timeout=limits, allow_redirects=False
                ) as answer:
                    said = {name.lower(): value for name, value in answer.headers.items()}
                    reply = Reply(answer.status, await _read(answer), said)
                    whole = True
                    return reply
            except aiohttp_socks.ProxyConnectionError:
                raise ProxyDown(f"The proxy at {self._proxy} did not answer, and nothing is sent around it.") from None
            except (aiohttp_socks.ProxyError, aiohttp_socks.ProxyTimeoutError) as error:
                raise Unreachable(
                    f"The proxy could not reach {_host(str(url))}: {str(error) or 'it took too long'}."
                ) from None
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                raise Unreachable(f"{_host(str(url))} could not be reached: {_reason(error)}.") from None
            except (aiohttp.ClientError, OSError, ValueError) as error:
                # Behind a proxy aiohttp stumbles over the mismatch, as the address of the other side is the proxy's.
                if any(isinstance(one, aiohttp.ServerFingerprintMismatch) for one in (error, error.__context__)):
                    raise WrongCertificate(f"{_host(str(url))} showed a certificate that is not its own.") from None
                raise NoAnswer(f"{_host(str(url))} gave no answer: {_reason(error)}.") from None
            finally:
                self._broken = self._broken or not whole


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _reason(error: Exception) -> str:
    """What went wrong in the words of the system, which are the shortest."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(cause, OSError) and cause.errno:
        # Names that cannot be looked up have numbers below zero, and words of their own.
        return os.strerror(cause.errno) if cause.errno > 0 else str(cause.strerror)
    return type(error).__name__


def _connector(proxy: Proxy | None) -> aiohttp.TCPConnector:
    import aiohttp

    if proxy is None:
        return aiohttp.TCPConnector(limit=AT_ONCE, resolver=aiohttp.ThreadedResolver())
    from aiohttp_socks import ProxyConnector, ProxyType

    return ProxyConnector(
        proxy.host,
        proxy.port,
        ProxyType.SOCKS5,
        proxy.user,
        proxy.password,
        rdns=True,  # a name that this machine looked up would tell whoever answers it
        limit=AT_ONCE,
    )


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise NoAnswer("An answer is larger than any answer may be.")
    return bytes(body)
