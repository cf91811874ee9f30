"""The file server: fetching and leaving encrypted files, politely.

Facts: formats page of the Session network, section 7; the ways out, section 3: it is one of the parts that may stop.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from ..session.answers import number, read_json, text
from ..session.attachments import LARGEST_UPLOAD, parse_url
from ..session.errors import BadAnswer, BadFile, NoAnswer, TooLarge
from ..session.v4 import ServerAnswer, ServerRequest
from .access import FileServer
from .errors import FileGone, LostOnTheWay, ProxyDown
from .ways import Way

TRIES, MOST_TRIES = 3, 8
IN_VAIN = 2  # files in a row, before the server is left alone
REST = 600_000  # milliseconds, after which it is tried again
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class Files:
    """What may be asked of the file server. One that does not answer is left alone for a while."""

    def __init__(
        self,
        server: FileServer,
        way: Way,
        now: Callable[[], int],
        again: Callable[[int], Awaitable[None]],
    ) -> None:
        """`again` waits before the n-th repetition of a request."""
        self._server, self._way, self._now, self._again = server, way, now, again
        self._in_vain = 0
        self._silent_since = 0

    async def download(self, url: str) -> bytes:
        """The blob at the address in a message. Raises `FileGone`, `NoAnswer`, or `BadFile` if it lies elsewhere."""
        file = parse_url(url)
        if not self._server.has(file):
            raise BadFile("elsewhere", "A file lies on a server that its sender chose; it was not asked.")
        answer = await self._ask(ServerRequest("GET", f"/file/{file.id}"))
        if answer.status == 404:
            raise FileGone
        if answer.status != 200:
            raise NoAnswer(f"The file server did not hand out a file (status {answer.status}).")
        return answer.body

    async def upload(self, blob: bytes) -> str:
        """Leave a blob, and get the address for a message. Raises `TooLarge` or `NoAnswer`."""
        if len(blob) > LARGEST_UPLOAD:
            raise TooLarge("The file is larger than the file server takes.", "Send it in several parts.")
        request = ServerRequest("POST", "/file", {"Content-Type": "application/octet-stream"}, blob)
        answer = await self._ask(request)
        try:
            said = read_json(answer.body).get("id") if answer.status == 200 else None
        except BadAnswer:
            said = None
        id = text(said) or str(number(said) or "")
        if not _ID.fullmatch(id):
            raise NoAnswer(f"The file server did not say where it put a file (status {answer.status}).")
        return self._server.url_of(id)

    async def _ask(self, request: ServerRequest) -> ServerAnswer:
        """Ask until the server was silent three times; after two such files it is asked for no third before some time.

        That a path did not lead there says nothing about the server, and other paths are tried.
        """
        if self._in_vain >= IN_VAIN and self._now() - self._silent_since < REST:
            raise NoAnswer("The file server gave no answer a moment ago, and was not asked again.")
        silent = 0
        trouble = ""
        for attempt in range(MOST_TRIES):
            if attempt:
                await self._again(attempt)
            try:
                answer = await self._way.to_server(request, self._server.behind_onions, self._server.url)
            except ProxyDown:
                raise
            except NoAnswer as error:
                trouble = str(error)
                silent += not isinstance(error, LostOnTheWay)
            else:
                if answer.status < 500 and answer.status != 429:
                    self._in_vain = 0
                    return answer
                trouble = f"it answered with status {answer.status}"
                silent += 1
            if silent >= TRIES:
                break
        self._in_vain, self._silent_since = self._in_vain + 1, self._now()
        raise NoAnswer(f"The file server could not do what it was asked: {trouble}")
