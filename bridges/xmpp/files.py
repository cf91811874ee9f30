"""Files: put where our own server keeps them (XEP-0363), and fetched from where it does.

The address of a file is what somebody wrote. Nothing is fetched from a place that is neither our own server's nor one
that the person named in the settings; no address is followed to another one.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from fnmatch import fnmatchcase
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from ..api import NotNow, Refused, Upload
from . import elements as x
from .elements import element, every, find, text_of
from .stream import Declined, Stream

if TYPE_CHECKING:
    from aiohttp import ClientSession

PIECE = 64 * 1024
SILENCE = 60.0  # seconds without a byte
_HEADERS = {"authorization": "Authorization", "cookie": "Cookie", "expires": "Expires"}


class Depot:
    """Where files are. `largest` is what our server takes, once it was asked."""

    def __init__(self, allowed: str, authority: str) -> None:
        self._allowed = allowed.lower().split()
        self._authority = authority
        self._own: str | None = None
        self._service: str | None = None
        self.largest: int | None = None

    async def find(self, stream: Stream, server: str) -> None:
        """Look for the service that keeps files, at our server and among its parts."""
        self._service = self._own = self.largest = None
        items = element(x.CLIENT, "iq", element(x.DISCO_ITEMS, "query"), type="get", to=server)
        parts = find(await stream.ask(items), x.DISCO_ITEMS, "query")
        for place in [server, *(item.get("jid", "") for item in every(parts, x.DISCO_ITEMS, "item"))]:
            question = element(x.CLIENT, "iq", element(x.DISCO_INFO, "query"), type="get", to=place)
            try:
                about = find(await stream.ask(question, 5), x.DISCO_INFO, "query")
            except (Declined, NotNow):
                continue  # one part of a server that does not answer is not the one we look for
            if any(one.get("var") == x.UPLOAD for one in every(about, x.DISCO_INFO, "feature")):
                self._service = place
                self.largest = _largest(about)
                return

    async def put(self, stream: Stream, file: Upload) -> str:
        """Upload a file, and return its address."""
        import aiohttp

        if self.largest is not None and file.size > self.largest:
            raise Refused(f"The file has {file.size} bytes, and the server takes {self.largest} at most.")
        put, get, headers = await self._slot(stream, _filename(file.name), file.size, file.type)
        try:
            async with (
                self._session() as session,
                session.put(put, data=_pieces(file), headers={**headers, "Content-Length": str(file.size)},
                            allow_redirects=False) as answer,
            ):  # fmt: skip
                if answer.status >= 500:
                    raise NotNow(f"The server that keeps files answered {answer.status}.")
                if answer.status not in {200, 201}:
                    raise Refused(f"The server that keeps files answered {answer.status}.")
        except (aiohttp.ClientError, TimeoutError):
            raise NotNow("The server that keeps files could not be reached.") from None
        except OSError as error:
            raise Refused(f"The file cannot be read: {error.strerror}.") from None
        return get

    async def fetch(self, stream: Stream, url: str) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces."""
        import aiohttp

        await self._check(stream, url)
        try:
            async with self._session() as session, session.get(url, allow_redirects=False) as answer:
                if answer.status >= 500:
                    raise NotNow(f"The server that keeps the file answered {answer.status}.")
                if answer.status != 200:
                    raise Refused(f"The file is not there: the server answered {answer.status}.")
                async for piece in answer.content.iter_chunked(PIECE):
                    yield piece
        except (aiohttp.ClientError, TimeoutError):
            raise NotNow("The server that keeps the file could not be reached.") from None

    async def _check(self, stream: Stream, url: str) -> None:
        """Raises `Refused` for a place that nobody allowed."""
        try:
            parts = urlsplit(url)
            place, host = parts.netloc.rpartition("@")[2].lower(), (parts.hostname or "").lower()
        except ValueError:
            place, host, parts = "", "", urlsplit("")
        if self._own is None and self._service is not None:
            _, get, _ = await self._slot(stream, "where", 1, "application/octet-stream")
            self._own = urlsplit(get).netloc.lower()
        if place and place == self._own and parts.scheme in {"http", "https"}:
            return
        if parts.scheme != "https" or not any(fnmatchcase(host, one) for one in self._allowed) or _is_inside(host):
            raise Refused(
                f"The file lies at {host or 'no address that is one'}, which is not a place to fetch from.",
                "If you trust that place, add it to file_servers in the settings of the bridge.",
            )
        await _check_outside(host)

    async def _slot(self, stream: Stream, name: str, size: int, type: str) -> tuple[str, str, dict[str, str]]:
        """Where to put a file, where it will be, and what to say to be let in."""
        if self._service is None:
            raise Refused("The server keeps no files.", "Use a server with HTTP upload (XEP-0363).")
        request = element(x.UPLOAD, "request", filename=name, size=str(size), content_type=None)
        request.set("content-type", type)
        try:
            answer = await stream.ask(element(x.CLIENT, "iq", request, type="get", to=self._service))
        except Declined as error:
            if error.condition in {"resource-constraint", "internal-server-error"}:
                raise NotNow(f"The server keeps no more files for now. {error}", after=300) from None
            raise
        slot = find(answer, x.UPLOAD, "slot")
        put, get = find(slot, x.UPLOAD, "put"), find(slot, x.UPLOAD, "get")
        if put is None or get is None:
            raise Refused("The server gave no place for the file.")
        headers = {
            _HEADERS[key]: (one.text or "").replace("\n", "").replace("\r", "")
            for one in every(put, x.UPLOAD, "header") if (key := one.get("name", "").lower()) in _HEADERS
        }  # fmt: skip
        return put.get("url", ""), get.get("url", ""), headers

    def _session(self) -> ClientSession:
        import aiohttp

        context = ssl.create_default_context()
        if self._authority:
            context.load_verify_locations(self._authority)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=SILENCE, sock_read=SILENCE)
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context), timeout=timeout)


async def _pieces(file: Upload) -> AsyncIterator[bytes]:
    source = await asyncio.to_thread(Path(file.path).open, "rb")
    try:
        while piece := await asyncio.to_thread(source.read, PIECE):
            yield piece
    finally:
        source.close()


def _filename(name: str) -> str:
    """A name that any server takes. The true one goes with the message."""
    tidy = "".join(mark if mark.isalnum() or mark in "-_." else "_" for mark in x.clean(name)).lstrip(".")
    stem, dot, ending = tidy.rpartition(".")
    short = f"{stem[:60]}{dot}{ending[:20]}" if stem else tidy[:60]
    return short or "file"


def _largest(about: Element | None) -> int | None:
    for one in every(about, x.DATA, "x"):
        for field in every(one, x.DATA, "field"):
            value = text_of(field, x.DATA, "value")
            if field.get("var") == "max-file-size" and value.isascii() and value.isdigit():
                return int(value)
    return None


def _is_inside(host: str) -> bool:
    """Whether an address belongs to a network of one's own, where no stranger should point us."""
    try:
        return not ip_address(host.strip("[]")).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


async def _check_outside(host: str) -> None:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 443)
    except OSError:
        raise NotNow(f"{host} is not found.") from None
    if any(_is_inside(str(one[4][0])) for one in found):
        raise Refused(f"{host} lies inside a network of its own, which is not a place to fetch from.")
