"""The pages in a real browser, from disk. Each test also fails on any request, console error or foreign script."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .conftest import Site, Visit

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
VECTORS = json.loads((Path(__file__).parents[1] / "archive" / "words.json").read_text("utf-8"))


def test_a_word_is_found_and_leads_to_its_message(visit: Visit, site: Site) -> None:
    visit.page.goto(site.index())
    visit.page.get_by_role("searchbox").fill("thermos")
    hit = visit.page.locator(".hits a")
    expect(hit).to_have_count(1)
    expect(hit.locator("mark")).to_have_text("thermos")
    hit.click()
    target = visit.page.locator(":target")
    expect(target).to_contain_text("Bring the blue thermos")
    expect(target).to_be_in_viewport()


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ("light sat", 1),
        ('"number 13" uberrasch', 1),
        ('"message number 77"', 1),
        ("去灯塔", 1),
        ("灯去", 0),
        ("مرحبا", 1),
        ("शलम मिलकर", 0),
        ("मिलकर", 1),
        ("καλημερα", 1),
        ("🎉", 1),
        ("tickets", 2),
        ("timetable summer", 1),
        ("nothinglikethis", 0),
    ],
)
def test_search_finds_any_script(typed: str, count: int, visit: Visit, site: Site) -> None:
    visit.page.goto(site.index())
    visit.page.get_by_role("searchbox").fill(typed)
    expect(visit.page.locator("#found-title")).to_have_text(
        re.compile(rf"^{count} message" if count else "^No message")
    )
    expect(visit.page.locator(".hits li")).to_have_count(count)


def test_many_hits_come_newest_first_and_in_portions(visit: Visit, site: Site) -> None:
    visit.page.goto(site.index())
    visit.page.get_by_role("searchbox").fill("garden")
    expect(visit.page.locator("#found-title")).to_have_text("358 messages")
    expect(visit.page.locator(".hits li")).to_have_count(50)
    expect(visit.page.locator(".hits li").first).to_contain_text("number 2499")
    visit.page.get_by_role("button", name="Show more").click()
    expect(visit.page.locator(".hits li")).to_have_count(100)
    expect(visit.page.locator(".hits a").nth(50)).to_be_focused()


def test_search_can_be_narrowed_to_a_chat_and_a_person(visit: Visit, site: Site) -> None:
    visit.page.goto(site.index())
    visit.page.get_by_role("searchbox").fill("lighthouse")
    visit.page.get_by_label("In which chat").select_option("Lena 🌻")
    expect(visit.page.locator(".hits li")).to_have_count(1)
    visit.page.get_by_label("In which chat").select_option("")
    visit.page.get_by_label("From whom").select_option("From Jonas")
    expect(visit.page.locator(".hits .last").first).to_have_text(re.compile("^Jonas: "))


def test_typing_a_name_narrows_the_list(visit: Visit, site: Site) -> None:
    visit.page.goto(site.index())
    visit.page.get_by_role("searchbox").fill("jon")
    expect(visit.page.locator(".chats > li:visible")).to_have_count(1)
    visit.page.keyboard.press("Escape")
    expect(visit.page.locator(".chats > li:visible")).to_have_count(6)


def test_the_search_survives_going_to_a_message_and_back(visit: Visit, site: Site) -> None:
    visit.page.goto(site.index())
    visit.page.get_by_role("searchbox").fill("thermos")
    visit.page.locator(".hits a").click()
    expect(visit.page.locator(":target")).to_be_visible()
    visit.page.go_back()
    expect(visit.page.get_by_role("searchbox")).to_have_value("thermos")
    expect(visit.page.locator(".hits a")).to_have_count(1)


@pytest.mark.parametrize("visit", [DESKTOP], indirect=True)
def test_on_a_desktop_the_list_and_the_search_stand_beside_the_chat(visit: Visit, site: Site) -> None:
    visit.page.goto(site.chat(site.numbers.direct))
    side = visit.page.frame_locator("iframe.side")
    expect(side.locator("[aria-current]")).to_contain_text("Lena")
    side.get_by_role("searchbox").fill("number 1234")
    side.locator(".hits a").click()
    expect(visit.page.locator(":target")).to_contain_text("Message number 1234")
    expect(side.get_by_role("searchbox")).to_have_value("number 1234")


def test_pages_can_be_walked_both_ways(visit: Visit, site: Site) -> None:
    visit.page.goto(site.index())
    visit.page.get_by_role("link", name="Jonas").click()
    expect(visit.page.locator(".m").last).to_be_in_viewport()
    expect(visit.page.locator(".m").last).to_contain_text("number 2499")
    visit.page.get_by_role("link", name="Earlier messages").click()
    expect(visit.page.locator(".m").last).to_contain_text("number 1999")
    visit.page.get_by_role("link", name="Earlier messages").click()
    expect(visit.page.locator(".m").first).to_contain_text("number 0")
    visit.page.get_by_role("link", name="Later messages").click()
    expect(visit.page.locator(".m").first).to_contain_text("number 1000")
    visit.page.get_by_role("link", name="Newest").click()
    expect(visit.page.locator(".m").last).to_be_in_viewport()


def test_a_month_can_be_jumped_to(visit: Visit, site: Site) -> None:
    visit.page.goto(site.chat(site.numbers.long, 3))
    visit.page.get_by_text("Dates", exact=True).click()
    visit.page.get_by_role("link", name="March 2023").click()
    expect(visit.page.locator(":target")).to_be_in_viewport()
    expect(visit.page.locator(":target time")).to_have_attribute("datetime", re.compile("^2023-03-01"))


def test_a_quote_leads_to_the_message_it_answers(visit: Visit, site: Site) -> None:
    visit.page.goto(site.chat(site.numbers.direct))
    visit.page.locator("blockquote a").first.click()
    expect(visit.page.locator(":target")).to_contain_text("I have two tickets")


def test_pictures_are_seen_and_sounds_can_be_played(visit: Visit, site: Site) -> None:
    visit.page.goto(site.chat(site.numbers.direct))
    for picture in visit.page.locator("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("picture => picture.naturalWidth") > 0
    voice = visit.page.locator("audio")
    voice.scroll_into_view_if_needed()
    visit.page.wait_for_function("document.querySelector('audio').duration > 0.4")


@pytest.mark.parametrize("dark", [False, True])
def test_hostile_names_bodies_links_and_files_do_nothing(dark: bool, visit: Visit, site: Site) -> None:
    visit.page.emulate_media(color_scheme="dark" if dark else "light")
    visit.page.goto(site.index())
    visit.page.get_by_role("searchbox").fill("onerror")
    expect(visit.page.locator(".hits li")).not_to_have_count(0)
    visit.page.goto(site.chat(site.numbers.hostile))
    expect(visit.page.locator(".m")).to_have_count(10)
    visit.page.locator("details.r summary").click()
    visit.page.get_by_text("About", exact=True).click()
    assert (
        visit.page.locator("main a[href^='javascript'], main a[href^='data'], main [onclick], main script").count() == 0
    )
    assert visit.page.locator("main a:not([href^='http']):not([href^='../']):not([href^='#'])").count() == 0


def test_a_page_that_was_sent_as_a_file_is_shown_as_text(visit: Visit, site: Site) -> None:
    visit.page.goto(site.chat(site.numbers.hostile))
    with visit.page.context.expect_page() as opened:
        visit.page.get_by_role("link", name="page.html").click()
    opened.value.wait_for_load_state()
    assert opened.value.title() != "hacked"
    assert opened.value.evaluate("document.contentType") == "text/plain"


def test_an_override_stays_in_its_bubble(visit: Visit, site: Site) -> None:
    visit.page.goto(site.chat(site.numbers.hostile))
    expect(visit.page.locator(".m").first.locator("p")).to_have_css("unicode-bidi", "plaintext")
    assert "\u202e" not in visit.page.locator("h1").inner_text()
    assert "\u202e" not in visit.page.title()


def test_text_from_right_to_left_is_set_from_the_right(visit: Visit, site: Site) -> None:
    visit.page.goto(site.chat(site.numbers.group))
    arabic = visit.page.get_by_text("مرحبا بالجميع")
    assert arabic.evaluate("p => p.matches(':dir(rtl)')")
    assert arabic.evaluate("p => getComputedStyle(p).textAlign") == "start"


def test_the_keyboard_reaches_every_message(visit: Visit, site: Site) -> None:
    visit.page.goto(site.chat(site.numbers.direct))
    visit.page.keyboard.press("Tab")
    expect(visit.page.get_by_role("link", name="Skip to the messages")).to_be_focused()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    expect(visit.page.locator("li.m").first).to_be_focused()
    visit.page.keyboard.press("ArrowDown")
    expect(visit.page.locator("li.m").nth(1)).to_be_focused()
    visit.page.keyboard.press("End")
    expect(visit.page.locator("li.m").last).to_be_focused()
    visit.page.keyboard.press("ArrowUp")
    expect(visit.page.locator("li.n").last).to_be_focused()


def test_results_are_reached_by_keyboard(visit: Visit, site: Site) -> None:
    visit.page.goto(site.index())
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("thermos")
    expect(visit.page.locator(".hits a")).to_have_count(1)
    visit.page.keyboard.press("ArrowDown")
    expect(visit.page.locator(".hits a")).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(":target")).to_contain_text("thermos")


@pytest.mark.parametrize("visit", [PHONE], indirect=True)
@pytest.mark.parametrize("which", ["index", "search", "direct", "group", "hostile"])
def test_a_phone_never_scrolls_sideways(which: str, visit: Visit, site: Site) -> None:
    url = {"index": site.index(), "search": site.index("#q=garden")}.get(which)
    visit.page.goto(url or site.chat(getattr(site.numbers, which)))
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("visit", [{"timezone_id": "Pacific/Auckland"}], indirect=True)
def test_times_are_those_of_whoever_reads(visit: Visit, site: Site) -> None:
    visit.page.goto(site.chat(site.numbers.direct))
    expect(visit.page.locator(".m time").first).to_have_text("19:36")
    expect(visit.page.locator(".d").first).to_have_text("Monday, 3 June 2024")


def test_every_part_of_a_page_has_a_name(visit: Visit, site: Site) -> None:
    visit.page.goto(site.chat(site.numbers.group))
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Summer crew")
    expect(visit.page.get_by_role("main")).to_have_count(1)
    expect(visit.page.get_by_role("list", name="Messages")).to_be_visible()
    assert visit.page.locator("img:not([alt]), iframe:not([title]), video:not([aria-label])").count() == 0


def test_the_script_finds_the_words_that_python_finds(visit: Visit, site: Site) -> None:
    visit.page.goto(site.index())
    found = visit.page.evaluate("texts => texts.map(words)", [text for text, _ in VECTORS["words"]])
    assert found == [expected for _, expected in VECTORS["words"]]
    asked = visit.page.evaluate(
        "texts => texts.map(text => query(text).map(term => [term.words, term.begun]))",
        [text for text, _ in VECTORS["queries"]],
    )
    assert asked == [expected for _, expected in VECTORS["queries"]]
