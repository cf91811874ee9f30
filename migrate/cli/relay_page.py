"""The page of a relay that runs, on this machine only: read-only, off unless asked for, with `/health` and `/metrics`.

Names of chats are other people's words, so everything is escaped, and the page may load nothing and ask only itself.
A page elsewhere that points a name of its own at this machine is refused by the name it asks for (DNS rebinding).
"""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from ..cards.page import asset
from ..errors import DecampError
from . import relay_metrics
from .relay_view import LINKS, NUMBERS, SIDES, in_order, link_row, remarks, side_row
from .ui import plain
from .wording import moment

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler
    from aiohttp.web import Request, StreamResponse

    from bridges.relay.status import Status

HOST = "127.0.0.1"
MOST = 500
"""Links that the page shows; it says when there are more."""


class PortTaken(DecampError):
    """The port for the page cannot be used."""

    exit_code = 2
    hint = "Choose another one with --status-port."


class Page:
    """What is shown, and to whom."""

    def __init__(
        self, status: Callable[[], Status], counts: Callable[[], Sequence[relay_metrics.Row]], now: Callable[[], int],
        steady: Callable[[], float],
    ) -> None:  # fmt: skip
        self._status, self._counts, self._now = status, counts, now
        self._patience = relay_metrics.Patience(steady)

    def look(self) -> None:
        """Notice who is away, also while nobody asks."""
        self._patience.unwell(self._status())

    @asynccontextmanager
    async def served(self, port: int) -> AsyncIterator[int]:
        """Answer on this port of this machine (0 is any that is free; it is yielded) until the end."""
        from aiohttp import web

        app = web.Application(client_max_size=0)
        app.router.add_get("/", self._page)
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._metrics)
        app.middlewares.append(web.middleware(_for_this_machine))
        app.on_response_prepare.append(_without_more)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await runner.setup()
        try:
            try:
                site = web.TCPSite(runner, HOST, port)
                await site.start()
            except OSError as error:  # whose own text is a sentence of asyncio's, with the address once more
                why = os.strerror(error.errno).lower() if error.errno else error.strerror
                raise PortTaken(f"The page cannot be shown on port {port}: {why}.") from error
            yield int(runner.addresses[0][1])
        finally:
            await runner.cleanup()

    async def _page(self, request: Request) -> StreamResponse:
        from aiohttp import web

        status = self._status()
        text = page(status, self._patience.unwell(status), self._now())
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": _policy()})

    async def _health(self, request: Request) -> StreamResponse:
        from aiohttp import web

        reasons = self._patience.unwell(self._status())
        return web.json_response({"well": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def _metrics(self, request: Request) -> StreamResponse:
        from aiohttp import web

        text = relay_metrics.metrics(self._status(), self._counts(), self._now())
        return web.Response(body=text.encode(), headers={"Content-Type": relay_metrics.TEXT_FORMAT})


async def _for_this_machine(request: Request, handler: Handler) -> StreamResponse:
    """Only who asks for this machine by its own name is answered."""
    from aiohttp import web

    name = request.headers.get("Host", "").rpartition(":")[0] or request.headers.get("Host", "")
    if name not in {HOST, "localhost"}:
        raise web.HTTPMisdirectedRequest(text="This page is for this machine only.\n")
    return await handler(request)


async def _without_more(request: Request, response: StreamResponse) -> None:
    """What every answer says, and no word about the programs behind it."""
    response.headers["Server"] = "decamp"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Frame-Options"] = "DENY"


def page(status: Status, unwell: Sequence[str], now: int) -> str:
    """The whole page."""
    links = in_order(status)
    more = (
        [f"{len(links) - MOST:,} more links are not shown; `decamp relay list` shows all."] if len(links) > MOST else []
    )
    verdict, kind = ("All sides are connected.", "good") if status.is_well else ("A side is coming back.", "fair")
    if unwell:
        verdict, kind = f"Not well: {', '.join(unwell)}", "bad"
    sides = _table(SIDES, [side_row(side, now) for side in status.sides])
    shown = _table(LINKS, [link_row(link) for link in links[:MOST]]) if links else "<p>Nothing is linked yet.</p>"
    todo = _list(remarks(status))  # above all links: what somebody has to do is what they came for
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>decamp relay</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        '<noscript><meta http-equiv="refresh" content="5"></noscript>'
        f"<style>{_style()}</style></head><body><main><h1>decamp relay</h1>"
        '<p class="verdict bad lost">The relay does not answer any more. What stands here is old.</p><div id="now">'
        f'<p class="verdict {kind}">{_text(verdict)}</p>{todo}<h2>Sides</h2>{sides}<h2>Links</h2>{shown}{_list(more)}'
        f"<footer>{_text(moment(now))}</footer></div></main><script>{_script()}</script></body></html>"
    )


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{_text(said)}</li>' for said in lines)}</ul>" if lines else ""


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th scope=col{_align(name)}>{name}</th>" for name in columns)
    body = "".join(
        "<tr>"
        f"<th scope=row>{_text(row[0])}</th>"
        + "".join(_cell(name, text) for name, text in zip(columns[1:], row[1:], strict=True))
        + "</tr>"
        for row in rows
    )
    return f'<div class="sheet"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(name: str, text: str) -> str:
    inside = _text(text)
    if name == "State":
        kind = (
            "good"
            if text in {"on", "connected"}
            else "fair"
            if text in {"starting", "connecting", "interrupted"}
            else "bad"
        )
        inside = f'<span class="{kind}">{inside}</span>'
    return f'<td data-name="{name}"{_align(name)}>{inside}</td>'


def _align(name: str) -> str:
    return " class=number" if name in NUMBERS else ""


def _text(text: str) -> str:
    return escape(plain(text))


@cache
def _style() -> str:
    return asset("palette.css") + (files(__package__) / "relay_page.css").read_text("utf-8")


@cache
def _script() -> str:
    return (files(__package__) / "relay_page.js").read_text("utf-8")


@cache
def _policy() -> str:
    style, script = (base64.b64encode(sha256(text.encode()).digest()).decode() for text in (_style(), _script()))
    return (
        f"default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; img-src data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
