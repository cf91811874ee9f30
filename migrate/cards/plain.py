"""A card as text to paste: into a message, a mail, a profile, a forum."""

from __future__ import annotations

from collections.abc import Iterator

from .card import Card
from .proof import proof_text

HOW_TO_CHECK = (
    "Signed with the key of my Session account. To check it, without asking anyone: `decamp verify`, or the page "
    "verify.html of decamp."
)


def text(card: Card) -> str:
    """The whole card, with the statement at its end."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: Card) -> Iterator[str]:
    if card.name:
        yield card.name
        yield ""
    if card.recipient:
        yield f"For {card.recipient}"
    yield card.opening
    if card.session_id:
        yield f"My Session ID until now: {card.session_id}"
    yield from handle_lines(card)
    if card.signed is not None:
        yield ""
        yield HOW_TO_CHECK
        yield ""
        yield card.signed.text().rstrip("\n")


def handle_lines(card: Card) -> Iterator[str]:
    """One line for each handle, and one for its note."""
    for place in card.places:
        yield ""
        label = place.network if place.title == place.network else f"{place.network} ({place.title})"
        yield f"{label}: {place.address}"
        if place.note:
            yield f"    {place.note}"


def proof_line(card: Card) -> str | None:
    """What to place at each new account, so that both directions meet."""
    return proof_text(card.session_id) if card.session_id and not card.withdraws else None
