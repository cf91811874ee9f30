"""What every test may ask for. A test that needs something absent skips, unless DECAMP_REQUIRE_ALL=1: then it fails."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import settings

from tests.patience import PATIENCE

# A machine that is busy, or reads a word list for the first time, is slow and not wrong. What was good yesterday is
# good today: only the long tests look for what nobody has met yet.
settings.register_profile("patient", deadline=None, derandomize=True)
settings.load_profile("patient")


if TYPE_CHECKING:
    from playwright.sync_api import Browser

_QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
    " --disable-component-update"
)


@pytest.fixture(scope="session")
def absent() -> Callable[[str], NoReturn]:
    """Say that something the test needs is not on this machine: skips, or fails where everything must run."""

    def say(what: str) -> NoReturn:
        if os.environ.get("DECAMP_REQUIRE_ALL") == "1":
            pytest.fail(f"{what}, and DECAMP_REQUIRE_ALL=1 says that nothing may be skipped", pytrace=False)
        pytest.skip(what)

    return say


@pytest.fixture(scope="session")
def shared(absent: Callable[[str], NoReturn]) -> Path:
    """The folder of formats and samples: DECAMP_SHARED, or `shared` beside the repository. Read in place only."""
    named = os.environ.get("DECAMP_SHARED")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        absent("the shared samples are not on this machine (DECAMP_SHARED names their folder)")
    return folder


@pytest.fixture(scope="session")
def samples(shared: Path, absent: Callable[[str], NoReturn]) -> Path:
    """The folder of sample profiles, one folder for each kind of source: `samples / "session-desktop" / "plain"`."""
    folder = shared / "samples"
    if not folder.is_dir():
        absent(f"{shared} holds no samples")
    return folder


@pytest.fixture(scope="module")
def chromium(absent: Callable[[str], NoReturn]) -> Iterator[Browser]:
    """The Chromium of this machine, for one module: as long as it is open no other test can use an event loop."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        absent("there is no Chromium on this machine")
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError:
        absent("Playwright is not installed")
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_QUIET.split())
        yield browser
        browser.close()
