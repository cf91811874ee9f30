"""The page of a card in a real Chromium, from disk, offline: it checks itself, copies, and does nothing else."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from migrate.cards.card import Card
from migrate.cards.face import card_page, safe
from migrate.cards.folder import scanned
from migrate.cards.page import verify_script
from migrate.cards.statement import SignedStatement, Statement, read, sign

from ..cards.handed import EVERY_NETWORK, HOSTILE, card, decoded
from ..cards.signing import ALICE, BOB, ISSUED, NOW, UNTIL

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
both_widths = pytest.mark.parametrize("options", [PHONE, DESKTOP], ids=["phone", "desktop"])
_WATCH = "for (const name of ['alert', 'confirm', 'prompt', 'open']) window[name] = () => { window.hacked = name; };"
WITHDRAWN = Card(
    entries=(), name="Alice", signed=sign(Statement(session_id=ALICE.session_id, issued=ISSUED, serial=9), ALICE)
)
Open = Callable[..., Any]


@pytest.fixture
def window(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a page in a window of its own. In the end it has asked for nothing and complained of nothing."""
    asked: list[str] = []
    complaints: list[str] = []
    contexts = []

    def show(html: str, now: int = NOW, **options: Any) -> Page:
        path = tmp_path / "card.html"
        path.write_text(html, "utf-8")
        context = chromium.new_context(**{**DESKTOP, **options, "offline": True})
        contexts.append(context)
        context.add_init_script(_WATCH)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.clock.install()
        page.clock.set_fixed_time(now / 1000)
        page.goto(path.as_uri())
        return page

    yield show
    for context in contexts:
        for page in context.pages:
            assert page.evaluate("window.hacked") is None
            assert page.evaluate("document.querySelectorAll('img, iframe, object, embed, form').length") == 0
        assert len(context.pages) == 1
        context.close()
    assert set(asked) <= {(tmp_path / "card.html").as_uri()}
    assert complaints == []


def verdict(page: Page) -> str:
    page.locator("#check.good, #check.fair, #check.bad").wait_for()
    return str(page.inner_text("#verdict-title"))


def with_statement(html: str, text: str) -> str:
    """The page as somebody who only edits its text would make it."""
    return re.sub(r'(<pre id="statement">).*?(</pre>)', lambda m: m[1] + safe(text) + m[2], html, flags=re.DOTALL)


def text_of(one: Card) -> str:
    assert isinstance(one.signed, SignedStatement)
    return one.signed.text()


@both_widths
def test_a_card_says_that_it_is_genuine(window: Open, options: dict[str, Any]) -> None:
    page = window(card_page(card(notes=["See you"])), **options)
    assert verdict(page) == "Genuine"
    assert "says where to be found" in page.inner_text("#verdict-said")
    assert "Compare the Session ID" in page.inner_text("#cautions")
    assert "decamp-proof" in page.inner_text("#proves-not")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(
    ("one", "now", "title"),
    [
        (card(), UNTIL, "Genuine, but expired"),
        (card(until=None), UNTIL * 2, "Genuine"),
        (card(), ISSUED - 3 * 86_400_000, "Genuine, not valid yet"),
        (WITHDRAWN, NOW, "Genuine, a withdrawal"),
        (card(audience=BOB.session_id, recipient="Bob"), NOW, "Genuine"),
    ],
    ids=["expired", "further notice", "too early", "withdrawn", "for one person"],
)
def test_the_page_knows_what_its_statement_is_worth(window: Open, one: Card, now: int, title: str) -> None:
    assert verdict(window(card_page(one), now)) == title


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Serial: 3", "Serial: 4"),
        ("alice@example.org?", "mallory@example.org?"),
        ("2028", "2029"),
        ("Signature: ", "Signature: A"),
    ],
)
def test_a_statement_that_was_changed_is_said_to_be(window: Open, old: str, new: str) -> None:
    one = card()
    page = window(with_statement(card_page(one), text_of(one).replace(old, new)))
    assert verdict(page) in {"Not genuine", "Not readable"}
    assert "bad" in page.get_attribute("#check", "class")


def test_addresses_that_were_changed_beside_a_genuine_statement_are_noticed(window: Open) -> None:
    html = card_page(card()).replace("xmpp:alice@example.org?omemo", "xmpp:mallory@example.org?omemo", 2)
    html = html.replace('"2-xmpp">xmpp:alice', '"2-xmpp">xmpp:mallory')
    page = window(html)
    assert verdict(page) == "Not what was signed"
    assert "Do not use them" in page.inner_text("#verdict-said")


def test_the_statement_of_another_account_does_not_pass_for_this_one(window: Open) -> None:
    other = sign(Statement(session_id=BOB.session_id, issued=ISSUED, serial=1), BOB)
    assert verdict(window(with_statement(card_page(card()), other.text()))) == "Not what was signed"


def test_the_session_id_that_was_known_decides(window: Open) -> None:
    page = window(card_page(card()))
    assert verdict(page) == "Genuine"
    page.fill("#known", BOB.session_id)
    page.get_by_role("heading", name="Another account").wait_for()
    page.fill("#known", "05ab")
    assert page.is_visible("#known-wrong")
    page.fill("#known", f" {ALICE.session_id.upper()} ")
    page.get_by_role("heading", name="Genuine").wait_for()
    assert "Compare" not in page.inner_text("#cautions")


def test_a_browser_that_cannot_check_says_so(window: Open) -> None:
    page = window(card_page(card()))
    verdict(page)
    page.context.add_init_script("SubtleCrypto.prototype.importKey = () => Promise.reject(new Error('no'));")
    page.reload()
    page.get_by_text("This browser is too old").wait_for()
    assert page.inner_text("#verdict-title") == "Not checked"
    assert "good" not in page.get_attribute("#check", "class")


def test_before_its_script_runs_the_page_claims_nothing() -> None:
    one = card()
    static = card_page(one)
    assert '<h3 id="verdict-title">Not checked</h3>' in static
    assert "which is not running here" in static
    assert all(safe(place.address) in static for place in one.places)


def test_every_address_can_be_copied(window: Open) -> None:
    one = card()
    page = window(card_page(one), permissions=["clipboard-read", "clipboard-write"])
    verdict(page)
    for number, place in enumerate(one.places):
        button = page.locator(".place button").nth(number)
        button.click()
        button.get_by_text("Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == place.address


@both_widths
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_code_on_the_page_can_be_scanned_from_the_screen(
    window: Open, options: dict[str, Any], scheme: str
) -> None:
    one = card(EVERY_NETWORK[:5])
    page = window(card_page(one), color_scheme=scheme, device_scale_factor=2, **options)
    verdict(page)
    for number, text in enumerate(scanned(one).values()):
        picture = Image.open(io.BytesIO(page.locator("svg.code").nth(number).screenshot()))
        assert decoded(picture) == [text.encode()]


def test_on_paper_every_code_is_there_and_the_buttons_are_not(window: Open) -> None:
    page = window(card_page(card(EVERY_NETWORK[:3])))
    verdict(page)
    page.emulate_media(media="print")
    assert page.locator("svg.code").count() == 4
    assert all(page.locator("svg.code").nth(number).is_visible() for number in range(4))
    assert not page.locator(".place button").first.is_visible()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_stays_text(window: Open, text: str) -> None:
    note = " ".join("".join(c for c in text if c.isprintable()).split())
    wild = card(EVERY_NETWORK[:3], name=text, recipient=text, labels=[text] * 3, notes=[note])
    page = window(card_page(wild))
    assert verdict(page) == "Genuine"
    assert page.evaluate("document.scripts.length") == 1
    assert page.evaluate("document.querySelector('h1').textContent.trim()") == text.replace("\r\n", "\n").strip()
    assert page.evaluate("document.querySelectorAll('a').length") == 3
    assert read(page.content()) == [wild.signed]


def test_the_page_may_do_nothing_but_what_it_does() -> None:
    html = card_page(card())
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)[0]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert verify_script() in html
    assert not re.findall(r'(?:src|href)="(?!data:,|https://|xmpp:|matrix:|mailto:|simplex:)', html)
