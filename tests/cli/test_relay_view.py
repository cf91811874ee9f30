"""What people see of a relay: the page in a browser, the log, and when a relay counts as well."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from bridges.relay.status import LinkStatus, SideStatus, Status
from bridges.state import State
from migrate.cli.relay_log import hidden, logging_to_terminal
from migrate.cli.relay_metrics import GRACE, Patience, metrics
from migrate.cli.relay_page import MOST, Page, page
from migrate.cli.relay_view import in_order, link_row, side_row

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOW = 1_760_000_000_000
HOSTILE = '<img src=x onerror="window.hacked=1">\x1b[31m\u202eevil</td><script>window.hacked=2</script>'


def status(state: State = State.CONNECTED, title: str = HOSTILE, links: int = 1) -> Status:
    return Status(
        sides=(
            SideStatus(name="session", state=State.CONNECTED, last_success=NOW - 60_000, waiting=0),
            SideStatus(name="matrix", state=state, said=title, waiting=3, oldest_at=NOW - 7_200_000, reconnects=2),
        ),
        links=tuple(
            LinkStatus(name=f"{title}{number}", title=title, ends=("session:05ab", "matrix:!room:example.org"),
                       stopped="paused by you" if number else None, taken=12, relayed={"matrix": 9, "session": 3})
            for number in range(links)
        ),
        wishes=1, asked=1, skipped={"a notice, which nobody answers": 4, "out": 2},
    )  # fmt: skip


def test_a_row_says_how_a_side_and_a_link_do_and_no_address() -> None:
    one = status()
    assert side_row(one.sides[1], NOW)[3:5] == ("3", "2 h 00 min")
    assert side_row(one.sides[1], NOW, running=False)[1] == "not running"
    row = link_row(one.links[0])
    assert row[1:] == ("session ↔ matrix", "on", "12", "12", "0")
    assert "05ab" not in "".join(row)


def test_what_needs_somebody_stands_first() -> None:
    ends, none = ("a:1", "b:1"), dict[str, int]()
    links = (
        LinkStatus(name="1", title="zoe", ends=ends, relayed=none),
        LinkStatus(name="2", title="Ann", ends=ends, relayed=none),
        LinkStatus(name="3", title="Mia", ends=ends, relayed=none, failed=2),
        LinkStatus(name="4", title="Ben", ends=ends, relayed=none, over=True),
        LinkStatus(name="5", title="Yan", ends=ends, relayed=none, stopped="paused by you"),
    )
    found = in_order(Status(sides=(), links=links, skipped=none))
    assert [link.title for link in found] == ["Mia", "Yan", "Ann", "zoe"]


def test_names_of_other_people_are_only_text_on_the_page() -> None:
    text = page(status(State.LOGGED_OUT), ["matrix: logged out"], NOW)
    assert "<img" not in text
    assert "<script>window" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "05ab" not in text
    assert "!room" not in text


def test_the_page_says_when_it_does_not_show_all() -> None:
    assert "7 more links are not shown" in page(status(title="a", links=MOST + 7), [], NOW)


def test_metrics_name_no_chat_and_break_no_line() -> None:
    text = metrics(
        status(), [("a", "matrix", "out", 5), ("a", "matrix", 'a "reason"\n', 2), ("", "matrix", "out", 9)], NOW
    )
    assert 'messages_total{bridge="matrix",direction="out",result="sent"} 5\n' in text
    assert 'messages_total{bridge="matrix",direction="out",result="dropped"} 2\n' in text
    assert 'oldest_waiting_seconds{bridge="matrix"} 7200\n' in text
    assert 'last_success_timestamp_seconds{bridge="session"} 1759999940\n' in text
    assert "evil" not in text


def test_a_side_has_its_time_of_grace_and_a_final_state_has_none() -> None:
    time = 0.0
    patience = Patience(lambda: time)
    assert patience.unwell(status(State.INTERRUPTED)) == []
    time = GRACE
    assert patience.unwell(status(State.CONNECTING)) == []
    time = GRACE + 1
    assert patience.unwell(status(State.CONNECTING)) == ["matrix: connecting"]
    assert patience.unwell(status(State.CONNECTED)) == []
    assert patience.unwell(status(State.CONNECTING)) == []
    assert patience.unwell(status(State.BAD_CREDENTIALS)) == ["matrix: bad credentials"]


# -- the log -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"05{'ab' * 32} left", "05ab…abab left"),
        ("robin@example.org is away", "ro…@example.org is away"),
        ("@alice:example.org and !abc:example.org", "@al… and !ab…"),
        ("the word is swordfish", "the word is …"),
        ("one\nline\x1b[31m", "one line\ufffd[31m"),
        ("session: connected. 12 messages at 18:30", "session: connected. 12 messages at 18:30"),
    ],
)
def test_a_line_of_the_log_holds_no_address_and_no_secret(text: str, shown: str) -> None:
    assert hidden(text, {"swordfish"}) == shown


def test_what_breaks_is_said_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    with logging_to_terminal(lambda: NOW, {"swordfish"}, json_lines=True, quiet=False) as log:
        log.info("swordfish")
        try:
            raise ValueError("private words")
        except ValueError:
            log.exception("It broke.")
        logging.getLogger("some.library").warning("private words")
        logging.getLogger("some.library").info("nothing")
    first, second, third = map(json.loads, out.getvalue().splitlines())
    assert first["text"] == "…"
    assert second["where"].startswith("ValueError at test_relay_view.py:")
    assert third["text"] == "some.library complains."
    assert "private" not in out.getvalue()


# -- in a browser ------------------------------------------------------------------------------------


class Shown:
    """What the page shows; a test changes it."""

    status = status(title="Book club")


@contextmanager
def served(shown: Shown) -> Iterator[str]:
    """The page on a port of its own, served by another thread."""
    ready, done, port = Event(), Event(), [0]

    async def serve() -> None:
        async with Page(lambda: shown.status, list, lambda: NOW, asyncio.get_running_loop().time).served(0) as at:
            port[0] = at
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(20)
        yield f"http://127.0.0.1:{port[0]}"
    finally:
        done.set()
        thread.join(20)


@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_follows_the_relay_in_a_browser_and_fits_its_window(chromium: Browser, width: int) -> None:
    shown = Shown()
    shown.status = status(title=HOSTILE)
    complaints: list[str] = []
    with served(shown) as address:
        context = chromium.new_context(viewport={"width": width, "height": 800})
        window = context.new_page()
        window.on("console", lambda message: complaints.append(message.text))
        window.on("pageerror", lambda error: complaints.append(str(error)))
        window.goto(address)
        assert "All sides are connected" in window.inner_text("main")
        assert window.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        shown.status = status(State.LOGGED_OUT, title="Book club", links=3)
        window.wait_for_selector("text=Not well: matrix: logged out")
        assert "Book club" in window.inner_text("main")
        assert window.evaluate("window.hacked") is None
        assert window.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert complaints == []
    window.wait_for_selector(".lost:visible")
    context.close()


def test_what_somebody_has_to_do_stands_above_all_links() -> None:
    """With three hundred chats nobody scrolls to the end to learn why nothing comes."""
    ends, none = ("session:05ab", "matrix:!room:example.org"), dict[str, int]()
    links = tuple(LinkStatus(name=f"chat {number}", title="", ends=ends, relayed=none) for number in range(MOST + 1))
    side = SideStatus(name="matrix", state=State.BAD_CREDENTIALS, since=0, said="It was refused.", todo="Run: set up")
    shown = page(Status(sides=(side,), links=links, skipped={}), ["matrix: bad credentials"], 0)
    assert shown.index("Run: set up") < shown.index("<h2>Sides") < shown.index("chat 0")
    assert "more links are not shown" in shown.rpartition("</table>")[2]
