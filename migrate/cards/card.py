"""The card: what a person hands out when they move, before it has become a picture, a page or a sheet of paper."""

from __future__ import annotations

import re
import unicodedata

from ..model import Noun, short_id
from . import handles
from .book import Entry
from .canonical import Statement, written_time
from .qr import Code, code
from .statement import SignedStatement

STATEMENT_STEM = "statement"
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = "\u200c\u200d\ufe0f"


class Card(Noun, frozen=True, kw_only=True):
    """Who has moved, where to, and the signed statement that says so; for one person, or for everybody."""

    entries: tuple[Entry, ...]
    name: str | None = None
    signed: SignedStatement | None = None
    recipient: str | None = None

    @property
    def statement(self) -> Statement | None:
        """What is signed."""
        return self.signed.statement if self.signed else None

    @property
    def session_id(self) -> str | None:
        """The old account; unknown on a card that nobody signed."""
        return self.signed.statement.session_id if self.signed else None

    @property
    def withdraws(self) -> bool:
        """True if it only takes back what earlier ones said."""
        return self.signed is not None and self.signed.statement.withdraws

    @property
    def title(self) -> str:
        """Whose card it is, as a heading."""
        if self.name:
            return self.name
        return short_id(self.session_id) if self.session_id else "My new addresses"

    @property
    def opening(self) -> str:
        """What it is about, in the words of its owner."""
        if self.withdraws:
            return "I take back what I said earlier about where to find me."
        return "I am moving on from Session. This is where to find me from now on."

    @property
    def places(self) -> list[Place]:
        """Each handle as it is shown, the preferred one first."""
        return [_place(number, entry) for number, entry in enumerate(self.entries, 1)]

    @property
    def validity(self) -> str:
        """From when to when it is to be believed, for people; nothing for a card without a statement."""
        if self.statement is None:
            return ""
        issued = written_time(self.statement.issued)[:10]
        until = self.statement.valid_until
        end = "until further notice" if until is None else f"until {written_time(until)}"
        return f"Issued {issued}, valid {end}. Serial number {self.statement.serial}."


class Place(Noun, frozen=True, kw_only=True):
    """One handle as it stands on a card. All of it is plain text and needs escaping."""

    stem: str
    """What its files are called: `1-simplex`."""
    network: str
    title: str
    where: str
    address: str
    link: str | None
    note: str | None
    scanned: str

    @property
    def code(self) -> Code:
        """Its QR code, for the app of its network."""
        return code(self.scanned)


def _place(number: int, entry: Entry) -> Place:
    handle = entry.handle
    return Place(
        stem=f"{number}-{handle.network}",
        network=handles.label(handle),
        title=entry.title,
        where=handles.describe(handle),
        address=str(handle),
        link=handles.link(handle),
        note=entry.note,
        scanned=handles.uri_for_qr(handle),
    )


def shown_name(text: str, longest: int = 80) -> str | None:
    """A name of anybody as one line that shows all it holds; None if nothing of it is to be seen."""
    spaced = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text))
    seen = "".join(c for c in spaced if c in _JOINERS or unicodedata.category(c) not in _INVISIBLE).strip()
    return seen[:longest].rstrip() or None
