"""verify.html in a real Chromium, from disk, offline: it says what is true, shows nothing else, and asks nobody."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from migrate.cards.page import verify_page
from migrate.cards.statement import read

from ..cards.make_vectors import statements, vcard
from ..cards.signing import ALICE, BOB, CAROL, PLAIN, SIMPLEX, UNTIL, XMPP, changed, finished
from .verify_window import set_clock, window

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Locator, Page

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
both_widths = pytest.mark.parametrize("opened", [PHONE, DESKTOP], ids=["phone", "desktop"], indirect=True)


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    with window(chromium, tmp_path, getattr(request, "param", DESKTOP)) as page:
        yield page


def typed(page: Page, text: str, known: str = "", reader: str = "") -> Locator:
    """The verdict on what was typed in."""
    page.get_by_label("The Session ID you knew").fill(known)
    if reader:
        page.get_by_text("addressed to one person?").click()
        page.get_by_label("Your own Session ID").fill(reader)
    page.get_by_label("Statement", exact=True).fill(text)
    return page.locator(".verdict")


def by_name(name: str) -> str:
    return dict(statements())[name]


# -- What people see -------------------------------------------------------------------------------------


@both_widths
def test_a_genuine_statement(opened: Page) -> None:
    verdict = typed(opened, f"Hi!\n{finished(PLAIN)}bye", ALICE.session_id)
    expect(verdict.get_by_role("heading", name="Genuine", exact=True)).to_be_visible()
    expect(verdict).to_contain_text("05aa…aa74 says where to be found from now on.")
    expect(verdict).to_contain_text("the one you knew")
    expect(verdict.locator(".handles code")).to_have_text([SIMPLEX, XMPP])
    expect(verdict.locator(".handles b")).to_have_text(["SimpleX", "XMPP"])
    expect(verdict.get_by_role("button", name="Copy the SimpleX address")).to_be_visible()
    expect(verdict).to_contain_text("Who that is: a key can be shared, stolen or forced.")
    expect(verdict.locator(".cautions")).to_have_count(0)
    expect(opened.get_by_role("status")).to_have_text("Genuine: 05aa…aa74 says where to be found from now on.")


@both_widths
def test_a_forged_one_shows_nothing_to_go_by(opened: Page) -> None:
    verdict = typed(opened, finished(PLAIN).replace("See you", "Saw you"), ALICE.session_id)
    expect(verdict.get_by_role("heading", name="Not genuine")).to_be_visible()
    expect(verdict).to_contain_text("The signature does not fit the text")
    expect(verdict.locator(".handles, a, button, .note")).to_have_count(0)
    expect(verdict.get_by_text(SIMPLEX)).not_to_be_visible()


@both_widths
def test_an_expired_one_offers_nothing_to_copy_or_open(opened: Page) -> None:
    set_clock(opened, UNTIL)
    verdict = typed(opened, finished(PLAIN), ALICE.session_id)
    expect(verdict.get_by_role("heading", name="Genuine, expired")).to_be_visible()
    expect(verdict).to_contain_text("it expired at 2028-11-22 00:00:00 UTC")
    expect(verdict).to_contain_text("do not rely on them")
    expect(verdict.locator("a, button")).to_have_count(0)


@both_widths
def test_a_revocation_and_what_it_revokes(opened: Page) -> None:
    verdicts = typed(opened, by_name("revocation") + finished(PLAIN), ALICE.session_id)
    expect(verdicts.get_by_role("heading", level=2)).to_have_text(["Genuine, a withdrawal", "Genuine, replaced"])
    expect(verdicts.locator("a, button")).to_have_count(0)


@both_widths
def test_one_for_somebody_else(opened: Page) -> None:
    addressed = finished(changed("Serial", f"Serial: 3\nFor: {BOB.session_id}"))
    verdict = typed(opened, addressed, ALICE.session_id)
    expect(verdict.get_by_role("heading", level=2)).to_have_text("Genuine")
    expect(verdict.locator(".cautions")).to_contain_text(f"It is addressed to {BOB.session_id}.")
    verdict = typed(opened, addressed, ALICE.session_id, reader=CAROL.session_id)
    expect(verdict.get_by_role("heading", level=2)).to_have_text("Genuine, for somebody else")
    expect(verdict.locator("a, button")).to_have_count(0)


@both_widths
def test_lines_that_the_page_does_not_know_are_marked(opened: Page) -> None:
    verdict = typed(opened, by_name("unknown lines"), ALICE.session_id)
    expect(verdict.get_by_text("Lines that this page does not know")).to_be_visible()
    expect(verdict.locator(".strange dt")).to_have_text(["Photo", "X-2", "Photo", "z"])
    expect(verdict.locator(".strange dd").nth(1)).to_have_text("a: b")


@both_widths
def test_a_hostile_note_stays_text(opened: Page) -> None:
    verdict = typed(opened, by_name("hostile notes"), ALICE.session_id)
    expect(verdict.locator(".note").first).to_have_text(
        "<img src=x onerror=alert(1)>&</script><script>alert(2)</script>"
    )
    expect(verdict.locator(".note")).to_have_count(5)
    expect(verdict.locator("img, script, .note a")).to_have_count(0)


@both_widths
def test_the_compact_form(opened: Page) -> None:
    verdict = typed(opened, read(finished(PLAIN))[0].compact(), ALICE.session_id)
    expect(verdict.locator(".handles code")).to_have_text([SIMPLEX, XMPP])
    verdict.get_by_text("The exact text that was checked").click()
    assert verdict.locator("pre").text_content() == finished(PLAIN)


def test_another_account_than_the_one_known(opened: Page) -> None:
    verdict = typed(opened, finished(PLAIN), BOB.session_id.upper())
    expect(verdict.get_by_role("heading", level=2)).to_have_text("Another account")
    expect(verdict).to_contain_text("not the one you knew")
    expect(verdict.locator("a, button")).to_have_count(0)


def test_whoever_gives_no_session_id_is_told_to_compare(opened: Page) -> None:
    verdict = typed(opened, finished(PLAIN))
    expect(verdict.locator(".cautions")).to_contain_text("anybody can sign for an account of their own")


def test_a_session_id_that_is_cut_off_is_noticed(opened: Page) -> None:
    typed(opened, finished(PLAIN), ALICE.session_id[:-1])
    field = opened.get_by_label("The Session ID you knew")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(opened.locator("#known-wrong")).to_be_visible()
    field.fill(f" {ALICE.session_id.upper()} ")
    expect(field).to_have_attribute("aria-invalid", "false")
    expect(opened.locator("#known-wrong")).not_to_be_visible()


def test_only_addresses_of_known_schemes_can_be_opened_and_none_opens_itself(opened: Page) -> None:
    hostile = [
        "javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "file:///etc/passwd", "vbscript:x",
        "http://x.example/", "https://bank.example@evil.example/", "https://exаmple.org/", "tel:+49123",
        "blob:https://x.example/1", "//x.example/",
    ]  # fmt: skip
    verdict = typed(opened, finished([*PLAIN[:4], *(f"Moved to: {address}" for address in hostile)]), ALICE.session_id)
    expect(verdict.locator(".handles li")).to_have_count(len(hostile))
    expect(verdict.locator("a")).to_have_count(0)
    expect(verdict.locator(".careful")).to_have_count(1)
    links = typed(opened, finished(PLAIN), ALICE.session_id).get_by_role("link")
    expect(links).to_have_count(2)
    for link in links.all():
        assert link.get_attribute("rel") == "noopener noreferrer nofollow"
    assert opened.url.startswith("file:")


def test_nothing_to_find_and_what_was_squeezed_on_the_way(opened: Page) -> None:
    typed(opened, "xmpp:alice@example.org")
    expect(opened.locator(".banner")).to_have_text("There is no move statement in this.")
    typed(opened, finished(PLAIN).replace("\n", " "))
    expect(opened.locator(".banner")).to_contain_text("its lines were joined or changed")
    opened.get_by_role("button", name="Clear").click()
    expect(opened.locator("#results")).to_be_empty()


# -- Using it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("move.txt", "text/plain", finished(PLAIN).replace("\n", "\r\n")),
        (
            "card.html",
            "text/html",
            f"<!doctype html><script>alert(1)</script><pre>{finished(PLAIN)}</pre>",
        ),
        ("card.vcf", "text/vcard", vcard(finished(PLAIN))),
        ("qr.txt", "", read(finished(PLAIN))[0].compact()),
    ],
)
def test_a_file_can_be_opened(opened: Page, name: str, kind: str, content: str) -> None:
    opened.get_by_label("Open a file…").set_input_files({"name": name, "mimeType": kind, "buffer": content.encode()})
    expect(opened.locator(".verdict .handles code")).to_have_text([SIMPLEX, XMPP])


def test_a_picture_is_read_where_the_browser_can_and_refused_in_words_where_not(opened: Page) -> None:
    picture = BytesIO()
    Image.new("L", (8, 8)).save(picture, "PNG")
    file: FilePayload = {"name": "card.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    opened.evaluate("delete globalThis.BarcodeDetector")
    opened.get_by_label("Open a file…").set_input_files(file)
    expect(opened.locator(".banner")).to_contain_text("cannot read QR codes in pictures")
    opened.evaluate(
        "text => { globalThis.BarcodeDetector = class { async detect() { return [{ rawValue: text }]; } }; }",
        read(finished(PLAIN))[0].compact(),
    )
    opened.get_by_label("Open a file…").set_input_files(file)
    expect(opened.locator(".verdict .handles code")).to_have_text([SIMPLEX, XMPP])


def test_a_file_that_is_too_large_is_not_read(opened: Page) -> None:
    opened.evaluate("Object.defineProperty(Blob.prototype, 'size', { get: () => 4 * 1024 * 1024 + 1 })")
    large: FilePayload = {"name": "x.txt", "mimeType": "text/plain", "buffer": finished(PLAIN).encode()}
    opened.get_by_label("Open a file…").set_input_files(large)
    expect(opened.locator(".banner")).to_contain_text("too large")


def test_text_can_be_dropped_anywhere(opened: Page) -> None:
    opened.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        finished(PLAIN),
    )
    expect(opened.locator(".verdict .handles code")).to_have_count(2)


@pytest.mark.parametrize(
    "clipboard", ["async text => { window.taken = text; }", "async () => { throw new Error('refused'); }"]
)
def test_an_address_is_copied_as_it_is(opened: Page, clipboard: str) -> None:
    opened.evaluate(f"void (navigator.clipboard.writeText = {clipboard})")
    opened.evaluate("document.addEventListener('copy', () => { window.taken = getSelection().toString(); })")
    button = typed(opened, finished(PLAIN), ALICE.session_id).get_by_role("button", name="Copy the SimpleX address")
    button.click()
    expect(button).to_have_text("Copied")
    assert opened.evaluate("window.taken") == SIMPLEX


def test_it_can_be_used_with_the_keyboard_alone(opened: Page) -> None:
    opened.keyboard.press("Tab")
    opened.keyboard.insert_text(finished(PLAIN))
    reached = []
    for _ in range(9):
        opened.keyboard.press("Tab")
        reached.append(opened.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.id"
                                       " || document.activeElement.textContent.trim()"))  # fmt: skip
    assert reached == [
        "Check", "file", "Clear", "known", "The statement is addressed to one person?", "Copy the SimpleX address",
        "Open the SimpleX address", "Copy the XMPP address", "Open the XMPP address",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("opened", "reason"),
    [
        (
            {"before": "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined });"},
            "over https or from a file",
        ),
        (
            {"before": "SubtleCrypto.prototype.importKey = async () => { throw new DOMException('', 'x'); };"},
            "too old: it does not know Ed25519",
        ),
    ],
    indirect=["opened"],
)
def test_a_browser_that_cannot_check_says_so_and_nothing_else(opened: Page, reason: str) -> None:
    typed(opened, finished(PLAIN), ALICE.session_id)
    expect(opened.locator(".banner")).to_contain_text(reason)
    expect(opened.locator(".verdict")).to_have_count(0)


@pytest.mark.parametrize("opened", [{"before": "delete globalThis.DecompressionStream;"}], indirect=True)
def test_a_browser_that_cannot_unpack_says_so(opened: Page) -> None:
    typed(opened, read(finished(PLAIN))[0].compact())
    expect(opened.locator(".banner")).to_contain_text("too old to unpack")
    expect(typed(opened, finished(PLAIN)).get_by_role("heading", name="Genuine")).to_be_visible()


# -- On the way through a browser ------------------------------------------------------------------------


def test_a_statement_copied_from_a_web_page_is_still_one(chromium: Browser) -> None:
    """Selected in an element that keeps lines: what the clipboard gets is what was written."""
    page = chromium.new_page()
    for _, text in statements():
        page.set_content("<!doctype html><h1>I have moved</h1><pre></pre><p>Alice</p>")
        page.evaluate("text => { document.querySelector('pre').textContent = text; }", text)
        page.keyboard.press("Control+A")
        copied = page.evaluate("getSelection().toString()")
        assert copied.startswith("I have moved")
        assert [one.text() for one in read(copied)] == [text]
    page.close()


def test_a_statement_copied_from_a_page_on_a_phone_that_wraps_lines_is_still_one(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 320, "height": 600})
    page.set_content("<!doctype html><div style='white-space: pre-wrap; overflow-wrap: anywhere'></div>")
    page.evaluate("text => { document.querySelector('div').textContent = text; }", finished(PLAIN))
    page.keyboard.press("Control+A")
    assert [one.text() for one in read(page.evaluate("getSelection().toString()"))] == [finished(PLAIN)]
    page.close()


# -- As a file -------------------------------------------------------------------------------------------


def test_the_page_is_one_file_that_may_do_nothing_but_run_itself() -> None:
    page = verify_page()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.count("<script>") == page.count("</script>") == page.count("<style>") == 1
    for name, source in (("script", "script-src"), ("style", "style-src")):
        content = page.partition(f"<{name}>")[2].partition(f"</{name}>")[0]
        digest = base64.b64encode(sha256(content.encode()).digest()).decode()
        assert f"{source} 'sha256-{digest}'" in policy
    assert not re.search(r"""(?:src|href|action)\s*=\s*["'](?!data:,)""", page)
    assert not re.search(
        r"fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\(|innerHTML|eval\(|@import|url\(", page
    )
