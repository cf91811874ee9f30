"""A real Chromium that opens the pages from disk, offline, and tells what it loaded and what it complained about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from migrate.archive.html import Pages

from ..builders import lively
from ..builders.archive import ArchiveBuilder, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_WATCH = """
window.hacked = 0;
for (const name of ["alert", "confirm", "prompt", "open"]) window[name] = () => { window.hacked = name; };
"""


@dataclass
class Site:
    """The pages of an archive on disk."""

    root: Path
    folders: dict[int, str]
    numbers: lively.Lively

    def index(self, rest: str = "") -> str:
        return f"file://{self.root}/index.html{rest}"

    def chat(self, conversation: int, number: int = 1, rest: str = "") -> str:
        return f"file://{self.root}/c/{self.folders[conversation]}/{number}.html{rest}"


@dataclass
class Visit:
    """One window, and all that happened in it."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def check(self, root: Path) -> None:
        """Nothing left the archive, nothing went wrong, and no foreign script ran in any frame."""
        outside = [url for url in self.asked if not url.startswith(f"file://{root.parent}/")]
        assert outside == []
        assert self.complaints == []
        assert [frame.evaluate("window.hacked") for frame in self.page.frames] == [0] * len(self.page.frames)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with ArchiveBuilder(folder) as builder:
        numbers = lively.fill(builder)
        archive = builder.finish()
        outputs = write(archive, Pages)
        yield Site(folder / "html", Pages(archive, outputs).folders, numbers)


@pytest.fixture
def visit(chromium: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A fresh window; parametrize it indirectly with options of the browser's context."""
    options = getattr(request, "param", {})
    context = chromium.new_context(**{"offline": True, "timezone_id": "UTC", **options})
    context.add_init_script(_WATCH)
    visit = Visit(context.new_page())
    visit.page.on("request", lambda request: visit.asked.append(request.url))
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.page.on(
        "console",
        lambda message: visit.complaints.append(message.text) if message.type in {"error", "warning"} else None,
    )
    yield visit
    visit.check(site.root)
    context.close()
