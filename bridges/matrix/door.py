"""Where the homeserver knocks: the three requests that it makes to an application service (recipe, section 3)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ..api import BadSetting, NotNow
from .keep import Keep
from .loose import Object, objects
from .missed import Missed

if TYPE_CHECKING:
    from aiohttp import web

LARGEST = 64 << 20
BASE = "/_matrix/app/v1"


class Door:
    """A small HTTP server. What is brought is on the disk before the homeserver hears that we have it."""

    def __init__(
        self, token: str, keep: Keep, missed: Missed, news: Callable[[], None], fleeting: Callable[[Object], None],
        put_off: Callable[[], None],
    ) -> None:  # fmt: skip
        """`news` is called when there is something in the journal; `fleeting` gets what is not worth keeping.

        `put_off` is called when a homeserver was told to come again.
        """
        self._token, self._keep, self._missed = token, keep, missed
        self._news, self._fleeting, self._put_off = news, fleeting, put_off
        self._is_first = True
        self._runner: web.AppRunner | None = None

    async def open(self, host: str, port: int) -> None:
        """Begin to listen. Raises `BadSetting` where that cannot be."""
        from aiohttp import web

        app = web.Application(client_max_size=LARGEST)
        app.router.add_put(f"{BASE}/transactions/{{id}}", self._transaction)
        app.router.add_get(f"{BASE}/users/{{id}}", self._unknown)
        app.router.add_get(f"{BASE}/rooms/{{id}}", self._unknown)
        app.router.add_post(f"{BASE}/ping", self._ping)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            raise BadSetting(
                f"Nothing can listen on {host}, port {port} ({error.strerror}).",
                "End what uses it, or set up another address, here and in the registration.",
            ) from error

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _transaction(self, request: web.Request) -> web.Response:
        """All of it into the journal, after what was missed in its rooms.

        The same transaction comes again when our answer got lost.

        The first is put off, once. What Synapse was about to bring when it was stopped, it brings only when something
        else has failed; then it begins with the oldest (seen with Synapse 1.163).
        """
        from aiohttp import web

        self._check(request)
        try:
            told: object = json.loads(await request.read())
        except (ValueError, RecursionError):
            raise web.HTTPBadRequest from None
        self._passing(objects(told, "ephemeral"))  # a transaction that comes again has none of this
        if self._is_first:
            self._is_first = False
            self._put_off()
            raise web.HTTPServiceUnavailable
        kept = list(objects(told, "events"))
        try:
            await self._missed.before(request.match_info["id"], kept)
        except NotNow:
            self._put_off()
            raise web.HTTPServiceUnavailable from None
        self._keep.receive(kept)
        self._news()
        return web.json_response({})

    def _passing(self, said: Iterable[Object]) -> None:
        """Who types, which holds for the moment, and who has read, which is kept."""
        passing = list(said)
        receipts = [one for one in passing if one.get("type") == "m.receipt"]
        if receipts:
            self._keep.receive(receipts)
            self._news()
        for one in passing:
            if one.get("type") == "m.typing":
                self._fleeting(one)

    async def _ping(self, request: web.Request) -> web.Response:
        from aiohttp import web

        self._check(request)
        return web.json_response({})

    async def _unknown(self, request: web.Request) -> web.Response:
        """Whether there is an account or a room that was never made: no, contacts come from the other side."""
        from aiohttp import web

        self._check(request)
        return web.json_response({"errcode": "M_NOT_FOUND"}, status=404)

    def _check(self, request: web.Request) -> None:
        from aiohttp import web

        shown = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(shown, f"Bearer {self._token}".encode()):
            raise web.HTTPForbidden
