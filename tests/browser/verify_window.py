"""A window with verify.html in it, which has asked for nothing and complained of nothing when it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrate.cards.page import verify_page

from ..cards.signing import NOW

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_WATCH = "for (const name of ['alert', 'confirm', 'prompt', 'open']) window[name] = () => { window.hacked = name; };"


@contextmanager
def window(chromium: Browser, folder: Path, options: dict[str, Any]) -> Iterator[Page]:
    """`options` are those of a browser's context; `before` is a script that runs before those of the page."""
    file = folder / "verify.html"
    file.write_text(verify_page(), "utf-8")
    options = dict(options)
    before = str(options.pop("before", ""))
    context = chromium.new_context(**options, offline=True)
    context.add_init_script(_WATCH + before)
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    set_clock(page, NOW)
    page.goto(file.as_uri())
    yield page
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert asked == [file.as_uri()]
    assert complaints == []
    assert len(context.pages) == 1
    context.close()


def set_clock(page: Page, time: int) -> None:
    """What the page takes for now, in milliseconds."""
    page.clock.set_fixed_time(datetime.fromtimestamp(time / 1000, UTC))
