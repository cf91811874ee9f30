"""A sheet of cards to print and cut out: codes as vectors, what they hold under each, dashed lines for the scissors.

Measures are millimetres. A module of a code gets 0.4 of them at least: formats page of contact cards, section 7.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from ..model import Noun, short_id
from .card import Card, Place
from .paper.lettering import Lettering
from .paper.pdf import BLACK, BOLD, MONO, REGULAR, Colour, Document, Font, Page
from .paper.type import Type
from .qr import QUIET, Code, code

MODULE = 0.4
SMALLEST = 23.0  # a side of a code, however little is in it
MARGIN, PADDING, GAP = 7.0, 4.0, 2.5
ACCENT: Colour = (0.043, 0.42, 0.33)
SOFT: Colour = (0.34, 0.39, 0.37)
HAIR: Colour = (0.62, 0.68, 0.65)
LINES_OF_ADDRESS = 16
_COLUMNS = 3  # codes beside each other on a card of half the paper's width


class Paper(NamedTuple):
    """A size of paper."""

    name: str
    width: float
    height: float


A4 = Paper("a4", 210, 297)
LETTER = Paper("letter", 215.9, 279.4)
PAPERS = {paper.name: paper for paper in (A4, LETTER)}


class Sheet(Noun, frozen=True, kw_only=True):
    """A finished PDF file, and what could not be printed as it was."""

    pdf: bytes
    pages: int
    cards: int
    replaced: tuple[tuple[str, str], ...] = ()
    """Texts that no font of this machine could draw, each with what stands there instead."""


def sheet(cards: Sequence[Card], paper: Paper, lettering: Lettering, made_at: int) -> Sheet:
    """All these cards, as many on a page as there is room for; one alone fills a page with copies of itself."""
    document = Document(cards[0].title, made_at)
    type_ = Type(lettering)
    drawn, grid = _fitted(cards, paper, document, type_)
    copies = drawn * grid.per_page if len(drawn) == 1 else drawn
    for start in range(0, len(copies), grid.per_page):
        page = document.page(paper.width, paper.height)
        some = copies[start : start + grid.per_page]
        for place, card in enumerate(some):
            row, column = divmod(place, grid.columns)
            card.draw(page, MARGIN + column * grid.width, MARGIN + row * grid.height)
        _cut_marks(page, grid, ceil(len(some) / grid.columns))
    return Sheet(
        pdf=bytes(document),
        pages=ceil(len(copies) / grid.per_page),
        cards=len(copies),
        replaced=tuple(type_.replaced.items()),
    )


class Grid(NamedTuple):
    """How cards lie on a page."""

    columns: int
    rows: int
    width: float
    height: float

    @property
    def per_page(self) -> int:
        return self.columns * self.rows


def _fitted(cards: Sequence[Card], paper: Paper, document: Document, type_: Type) -> tuple[list[_Layout], Grid]:
    """The cards on half the width of the paper, or on all of it if more fit on a page then."""
    tries = []
    for columns in (2, 1):
        width = (paper.width - 2 * MARGIN) / columns
        drawn = [_Layout(card, width, document, type_, codes=_COLUMNS * 2 // columns) for card in cards]
        tries.append((drawn, _grid(columns, width, max(card.height for card in drawn), paper.height - 2 * MARGIN)))
        if tries[0][1].rows > 1:
            break  # four or more on a page: wide ones are never so many
    drawn, grid = max(reversed(tries), key=lambda found: found[1].per_page)  # if both are as many, the wide ones
    if not grid.rows:
        # So many addresses are too tall for any page. Their codes get smaller, and can still be scanned up close.
        grid = grid._replace(rows=1, height=paper.height - 2 * MARGIN)
        for card in drawn:
            card.scale = min(1.0, grid.height / card.height)
    return drawn, grid


def _grid(columns: int, width: float, height: float, down: float) -> Grid:
    rows = int(down / height)
    return Grid(columns, rows, width, min(down / rows, height * 1.15) if rows else height)


def _cut_marks(page: Page, grid: Grid, rows: int) -> None:
    """Dashed lines between the cards, and short strokes at the edges where a ruler goes."""
    right, bottom = MARGIN + grid.columns * grid.width, MARGIN + rows * grid.height
    for row in range(rows + 1):
        y = MARGIN + row * grid.height
        page.line((MARGIN, y), (right, y), HAIR, 0.15, "1.5 2.5")
        for start in (2.0, right + 2):
            page.line((start, y), (start + 4, y), BLACK, 0.15, "")
    for column in range(grid.columns + 1):
        x = MARGIN + column * grid.width
        page.line((x, MARGIN), (x, bottom), HAIR, 0.15, "1.5 2.5")
        for start in (2.0, bottom + 2):
            page.line((x, start), (x, start + 4), BLACK, 0.15, "")


# -- one card --------------------------------------------------------------------------------------------


@dataclass
class _Text:
    """One line at its place on the card."""

    x: float
    baseline: float
    text: str
    font: Font
    size: float
    ink: Colour


@dataclass
class _Layout:
    """A card with a place for everything, measured before it is drawn."""

    card: Card
    width: float
    document: Document
    type: Type
    codes: int
    scale: float = 1.0
    y: float = PADDING
    texts: list[_Text] = field(default_factory=list)
    drawings: list[tuple[str, float, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inner = self.width - 2 * PADDING
        self._header()
        self._places()
        self._statement()
        self.height = self.y + PADDING

    def draw(self, page: Page, x: float, y: float) -> None:
        """Put it on a page, with its upper left corner there."""
        for text in self.texts:
            at = (x + text.x * self.scale, y + text.baseline * self.scale)
            self.type.write(page, at, text.text, text.font, text.size * self.scale, text.ink)
        for name, left, top, side in self.drawings:
            page.place(name, x + left * self.scale, y + top * self.scale, side * self.scale)

    def _header(self) -> None:
        if self.card.recipient:
            fallback = short_id(self.card.statement.audience or "") if self.card.statement else ""
            self._line(f"For {self.type.drawable(self.card.recipient, fallback)}", BOLD, 7.5, ACCENT)
        fallback = short_id(self.card.session_id) if self.card.session_id else "My new addresses"
        title = self.type.drawable(self.card.title, fallback)
        size = max(8.0, min(14.0, 14.0 * self.inner / max(self.type.width(title, BOLD, 14), 1)))
        self._line(title, BOLD, size, BLACK)
        for line in self.type.wrap(self.card.opening, REGULAR, 7.5, self.inner):
            self._line(line, REGULAR, 7.5, SOFT)
        self.y += 1

    def _places(self) -> None:
        """Codes in rows; a large one is as wide as two or three."""
        row: list[tuple[Place, Code, int]] = []
        for place in self.card.places:
            drawn = place.code
            span = self._span(drawn)
            if sum(taken for *_, taken in row) + span > self.codes:
                self._row(row)
                row = []
            row.append((place, drawn, span))
        self._row(row)

    @property
    def cell(self) -> float:
        """The width that each of the columns has."""
        return (self.inner - (self.codes - 1) * GAP) / self.codes

    def _span(self, drawn: Code) -> int:
        return min(self.codes, ceil((drawn.modules * MODULE + GAP) / (self.cell + GAP)))

    def _row(self, row: list[tuple[Place, Code, int]]) -> None:
        top, x, lowest = self.y, PADDING, self.y
        for place, drawn, span in row:
            width = span * self.cell + (span - 1) * GAP
            self.y = top
            self._line(self.type.drawable(place.title, place.network), BOLD, 8, ACCENT, x, width)
            side = min(width, max(SMALLEST, drawn.modules * MODULE))
            self._code(drawn, x - side * QUIET / drawn.modules / 2, self.y, side)
            self.y += side
            self._under(place, x, width)
            lowest = max(lowest, self.y)
            x += width + GAP
        self.y = lowest + (2 if row else 0)

    def _under(self, place: Place, x: float, width: float) -> None:
        """What the code holds, so that it can be typed too, and what its owner says about it."""
        for line in self.type.wrap(self.type.drawable(place.where, ""), REGULAR, 6, width):
            self._line(line, REGULAR, 6, BLACK, x, width)
        size, length = 5.2, max(8, int(width / MONO.width("0", 5.2)))
        if length < len(place.address) <= 1.2 * length:  # a little smaller is better than two letters on a line
            size, length = size * length / len(place.address), len(place.address)
        lines = list(_cut(place.address, length))
        for line in lines[:LINES_OF_ADDRESS]:
            self._line(line, MONO, size, BLACK, x, width)
        if len(lines) > LINES_OF_ADDRESS:
            self._line("… all of it is in the code", REGULAR, 5.2, SOFT, x, width)
        for line in self.type.wrap(self.type.drawable(place.note or "", ""), REGULAR, 6, width):
            self._line(line, REGULAR, 6, SOFT, x, width)

    def _statement(self) -> None:
        """The signed statement: its code, and beside it what it is good for."""
        if self.card.signed is None:
            return
        drawn = code(self.card.signed.compact())
        side = min(self.inner, max(SMALLEST, drawn.modules * MODULE))
        top = self.y
        beside = self.inner - side - GAP >= self.cell
        self._code(drawn, PADDING - side * QUIET / drawn.modules / 2, top, side)
        x, width = (PADDING + side + GAP, self.inner - side - GAP) if beside else (PADDING, self.inner)
        self.y = top + (1.5 if beside else side)
        self._line("Is this really me?", BOLD, 8, ACCENT, x, width)
        said = (
            "This code is signed with the key of my old account. Check it with `decamp verify`, or with the page"
            " verify.html: offline, and without Session."
        )
        for line in self.type.wrap(said.replace("`", ""), REGULAR, 6.5, width):
            self._line(line, REGULAR, 6.5, BLACK, x, width)
        self.y += 0.8
        self._line("My Session ID until now:", REGULAR, 6, SOFT, x, width)
        for line in _cut(self.card.session_id or "", max(8, int(width / MONO.width("0", 5.6)))):
            self._line(line, MONO, 5.6, BLACK, x, width)
        self.y += 0.8
        for text in (self.card.validity, *self.card.signed.statement.notes):
            for line in self.type.wrap(self.type.drawable(text, ""), REGULAR, 6, width):
                self._line(line, REGULAR, 6, SOFT, x, width)
        self.y = max(self.y, top + side)

    def _line(
        self, text: str, font: Font, size: float, ink: Colour, x: float = PADDING, width: float | None = None
    ) -> None:
        """A line below all that is there."""
        height = size * 0.3528 * 1.22
        self.y += height
        fitted = self.type.fitted(text, font, size, self.inner if width is None else width)
        self.texts.append(_Text(x, self.y - height * 0.22, fitted, font, size, ink))

    def _code(self, drawn: Code, x: float, y: float, side: float) -> None:
        key = drawn.text
        operators = "" if self.document.knows(key) else " ".join(_squares(drawn))
        self.drawings.append((self.document.drawing(key, operators), x, y, side))


def _squares(drawn: Code) -> Iterator[str]:
    """A code in the square from 0 to 1, its first row at the top: one area for each run of dark modules in a row."""
    side = drawn.modules
    yield f"0 g {1 / side:.8f} 0 0 {-1 / side:.8f} 0 1 cm"
    for y, row in enumerate(drawn.rows, QUIET):
        for start, width in _runs(row):
            yield f"{start + QUIET} {y} {width} 1 re"
    yield "f"


def _runs(row: str) -> Iterator[tuple[int, int]]:
    start = row.find("1")
    while start >= 0:
        end = row.find("0", start)
        end = len(row) if end < 0 else end
        yield start, end - start
        start = row.find("1", end)


def _cut(text: str, length: int) -> Iterator[str]:
    for start in range(0, len(text), length):
        yield text[start : start + length]
