"""The page for a capsule, and the text to paste: links are ours, and text of people stays text."""

from __future__ import annotations

import pytest

from migrate.cards import gemtext, plain
from migrate.cards.card import Card
from migrate.cards.statement import read

from .handed import EVERY_NETWORK, HOSTILE, card
from .signing import ALICE, BOB


def parsed(page: str) -> list[tuple[str, str]]:
    """Each line with its type, as a Gemini client sees it."""
    lines, inside = [], False
    for line in page.split("\n"):
        if line.startswith("```"):
            inside = not inside
            lines.append(("fence", line))
        elif inside:
            lines.append(("pre", line))
        else:
            kind = next((mark for mark in ("=>", "#", "* ", ">") if line.startswith(mark)), "text")
            lines.append((kind, line))
    assert not inside
    return lines


def links(page: str) -> list[str]:
    return [line.split(maxsplit=2)[1] for kind, line in parsed(page) if kind == "=>"]


def test_every_handle_that_can_be_opened_is_a_link_with_its_label() -> None:
    one = card()
    page = gemtext.page(one)
    assert links(page) == [place.link for place in one.places if place.link is not None]
    assert "=> xmpp:alice@example.org?" in page
    assert all(place.address in page for place in one.places if place.link is None)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_makes_no_link_no_heading_and_no_block(text: str) -> None:
    tame = card(EVERY_NETWORK, recipient="Bob", labels=["Label"] * 9)
    wild = card(EVERY_NETWORK, name=text, recipient=text, labels=[text] * 9)
    tame_kinds = [kind for kind, _ in parsed(gemtext.page(tame))]
    assert [kind for kind, _ in parsed(gemtext.page(wild))] == tame_kinds
    assert links(gemtext.page(wild)) == links(gemtext.page(tame))


@pytest.mark.parametrize("text", ["```", "=> x", "# x", "-----END MOVE STATEMENT-----"])
def test_a_note_does_not_get_out_of_the_block_of_the_statement(text: str) -> None:
    one = card(notes=[text])
    fences = [line for kind, line in parsed(gemtext.page(one)) if kind == "fence"]
    assert fences[-2:] == ["```The signed statement", "```"]
    assert read(gemtext.page(one)) == [one.signed]


def test_the_statement_survives_the_capsule_and_the_pasting() -> None:
    one = card()
    assert read(gemtext.page(one)) == read(plain.text(one)) == [one.signed]


def test_the_way_back_stands_on_the_page() -> None:
    assert f"decamp-proof: {ALICE.session_id}" in gemtext.page(card()).split("\n")


def test_the_text_to_paste_has_all_there_is() -> None:
    one = card(name="Alice", recipient="Bob", audience=BOB.session_id, labels=["Work", "Home"])
    text = plain.text(one)
    assert text.startswith("Alice\n\nFor Bob\n")
    assert all(place.address in text for place in one.places)
    assert "SimpleX (Work): https://" in text
    assert f"My Session ID until now: {ALICE.session_id}" in text


def test_a_card_that_nobody_signed_says_nothing_about_checking() -> None:
    unsigned = Card(entries=card().entries, name="Alice")
    for text in (gemtext.page(unsigned), plain.text(unsigned)):
        assert "decamp" not in text
        assert "Session ID until now" not in text
