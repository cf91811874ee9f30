"""A large archive in a real browser: a hundred thousand messages are still one question away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from migrate.archive.html import Pages

from ..builders import lively
from ..builders.archive import MINUTE, ArchiveBuilder, person, write
from ..speed import slowness
from .conftest import Site, Visit

pytestmark = pytest.mark.browser
MESSAGES, CHATS = 100_000, 40
SYLLABLES = ("ba", "co", "du", "fe", "gi", "ho", "ju", "ka", "lu", "me")


def words(number: int) -> str:
    """A sentence of common words and one that only this message has."""
    digits = [SYLLABLES[int(digit)] for digit in str(number)]
    return f"{' '.join(digits)} and {''.join(digits)}x then {digits[-1]}{digits[0]} about message {number}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("large")
    with ArchiveBuilder(folder) as builder:
        people = [builder.contact(person(i), f"Person {i}") for i in range(1, CHATS + 1)]
        chats = [builder.conversation(id, f"Person {i}") for i, id in enumerate(people, 1)]
        for i in range(MESSAGES):
            chat = i * i % CHATS
            builder.message(chats[chat], people[chat] if i % 3 else builder.me, words(i), at=lively.START + i * MINUTE)
        archive = builder.finish()
        outputs = write(archive, Pages)
        numbers = lively.Lively(chats[0], chats[0], chats[0], chats[1])
        yield Site(folder / "html", Pages(archive, outputs).folders, numbers)


def searched(visit: Visit, site: Site, typed: str) -> tuple[float, int]:
    """How long a search takes on a page that was just opened, and how many messages it finds."""
    visit.page.goto(site.index())
    milliseconds, found = visit.page.evaluate(
        """async (typed) => {
            const start = performance.now();
            const result = await find(query(typed), "", "");
            const hits = await result.next(50);
            return [performance.now() - start, hits.length < 50 ? hits.length : result.count];
        }""",
        typed,
    )
    return milliseconds, found


def test_a_hundred_thousand_messages_are_searched_in_a_second(visit: Visit, site: Site) -> None:
    limit = 1000 * slowness()
    for typed, count in (
        ("cobaduxyz", 0),
        ("12345", 1),
        ('"ba ju" and', None),
        ("b", None),
        ("about message", MESSAGES),
    ):
        for _ in range(3):  # another program may have come between
            milliseconds, found = searched(visit, site, typed)
            if milliseconds < limit:
                break
        assert milliseconds < limit
        assert found == count if count is not None else found > 50


def test_one_of_them_is_found_and_opened(visit: Visit, site: Site) -> None:
    visit.page.goto(site.index())
    visit.page.get_by_role("searchbox").fill("message 54321")
    hit = visit.page.locator(".hits a")
    expect(hit).to_have_count(1)
    hit.click()
    expect(visit.page.locator(":target")).to_contain_text("message 54321")
    expect(visit.page.locator(":target")).to_be_in_viewport()


def test_little_is_read_for_a_rare_word(visit: Visit, site: Site) -> None:
    visit.page.goto(site.index())
    visit.page.get_by_role("searchbox").fill("77777")
    expect(visit.page.locator(".hits a")).to_have_count(1)
    pieces = [url for url in visit.asked if "/search/" in url]
    assert len(pieces) <= 6
