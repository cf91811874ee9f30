"""Foreign text becomes HTML that shows it and does nothing else."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.archive.html import text

ALICE = "05" + "ab" * 32


def rich(body: str) -> str:
    return text.rich(body, lambda _: "Ali<ce\u202e")


def test_markup_is_shown_as_it_was_typed() -> None:
    assert rich("<b>&amp;</b>") == "&lt;b&gt;&amp;amp;&lt;/b&gt;"


def test_a_link_leads_to_the_web_and_tells_nobody_where_from() -> None:
    assert rich("see https://example.org/a?b=1&c=2.") == (
        'see <a href="https://example.org/a?b=1&amp;c=2" rel="noreferrer noopener nofollow" target="_blank">'
        "https://example.org/a?b=1&amp;c=2</a>."
    )


@pytest.mark.parametrize(
    ("body", "url"),
    [
        ("(https://example.org/a_(b))", "https://example.org/a_(b)"),
        ("https://example.org/?x='onclick=1", "https://example.org/?x="),
        ('https://example.org/"><script>', "https://example.org/"),
        ("https://example.org/\u202ecod", "https://example.org/"),
        ("https://example.org!!", "https://example.org"),
        ("[https://example.org/a]).", "https://example.org/a"),
    ],
)
def test_a_link_ends_where_a_person_would_end_it(body: str, url: str) -> None:
    assert f'href="{url}"' in rich(body)


@pytest.mark.parametrize(
    "body", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "JAVASCRIPT://x%0aalert(1)", "x://y"]
)
def test_what_is_not_the_web_is_no_link(body: str) -> None:
    assert "<a" not in rich(body)


def test_a_mention_is_a_name_and_not_66_digits() -> None:
    assert rich(f"hi @{ALICE}!") == 'hi <b class="at">@<bdi>Ali&lt;ce</bdi></b>!'
    assert text.named(f"hi @{ALICE}!", lambda _: "Alice") == "hi @Alice!"


def test_control_characters_are_visible_and_lines_stay() -> None:
    assert rich("a\x00b\r\nc\x07\x85") == "a\ufffdb\nc\ufffd\ufffd"


def test_a_name_cannot_turn_the_line_around() -> None:
    assert text.label("a\u202eb\nc\u2066") == "<bdi>a b c</bdi>"


def test_a_million_brackets_take_no_time() -> None:
    assert rich("https://example.org/" + ")" * 1_000_000).endswith(")" * 1_000_000)


@given(st.text())
def test_no_text_makes_markup(body: str) -> None:
    shown = rich(body)
    if "://" not in body and "@" not in body:
        assert "<" not in shown
        assert unescape(shown) == text.plain(body) or "&" in body


@given(st.text())
def test_no_name_leaves_its_attribute(name: str) -> None:
    assert not set(text.attribute(name)) & {"<", ">", '"', "'", "\n", "\u202e"}


@pytest.mark.parametrize(
    ("body", "cheer"), [("🎉", True), ("❤️ 👍🏽", True), ("👨‍👩‍👧", True), ("ok 👍", False), ("123", False)]
)
def test_only_emoji_alone_are_large(body: str, cheer: bool) -> None:
    assert text.is_cheer(body) is cheer
