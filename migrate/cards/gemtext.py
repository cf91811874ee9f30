"""A card as a page for a Gemini capsule: gemtext 0.24. Facts: formats page of contact cards, section 9.

The first characters of a line say what it is, so text of people gets a blank in front where it begins like that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .card import Card, Place
from .plain import HOW_TO_CHECK, proof_line

_LINE_TYPE = re.compile(r"=>|[#*>]|```")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


def page(card: Card) -> str:
    """The whole card, as `card.gmi`."""
    return "\n".join(_lines(card)) + "\n"


def inert(text: str) -> str:
    """A text of people as one line that is nothing but text."""
    line = _BREAKS.sub(" ", text).strip()
    return f" {line}" if _LINE_TYPE.match(line) else line


def _lines(card: Card) -> Iterator[str]:
    yield f"# {inert(card.title).strip()}"
    yield ""
    if card.recipient:
        yield f"For {inert(card.recipient).strip()}"
    yield card.opening
    if card.entries:
        yield ""
        yield "## Where to find me"
    for place in card.places:
        yield from _place(place)
    if card.session_id:
        yield ""
        yield "## Until now"
        yield f"My Session ID: {card.session_id}"
        yield inert(card.validity)
    if card.signed is not None:
        yield ""
        yield HOW_TO_CHECK
        # No line of a statement begins with a backtick: docs/statement.md.
        yield "```The signed statement"
        yield card.signed.text().rstrip("\n")
        yield "```"
    if (proof := proof_line(card)) is not None:
        yield ""
        yield proof


def _place(place: Place) -> Iterator[str]:
    label = place.network if place.title == place.network else f"{place.network}: {place.title}"
    yield ""
    if place.link is not None:
        yield f"=> {_encoded(place.link)} {_BREAKS.sub(' ', label).strip()}"
        yield inert(place.where)
    else:
        yield inert(label)
        yield "```The address"
        yield place.address
        yield "```"
    if place.note:
        yield inert(place.note)


def _encoded(link: str) -> str:
    """A link without blanks, where its label would begin."""
    return link.replace(" ", "%20")
