"""Writes PDF files of text, lines, areas and drawings that occur again and again. PDF 1.7, ISO 32000-1.

All lengths are millimetres, seen from the upper left corner of the page. Letters come from the fonts that every reader
of PDF has, so only Windows-1252 can be written with them; other scripts are drawn, by `lettering`.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from .widths import HELVETICA, HELVETICA_BOLD

POINT = 25.4 / 72  # millimetres
Colour = tuple[float, float, float]
BLACK: Colour = (0, 0, 0)
CODEPAGE = "cp1252"
BOLDNESS = 0.03  # of the size, around letters that are drawn


@dataclass(frozen=True)
class Font:
    """One of the fonts that need not be embedded."""

    key: str
    name: str
    widths: tuple[int, ...] | None  # thousandths of the size, from U+0020 on; None where all are the same
    each: int = 600

    def width(self, text: str, size: float) -> float:
        """Millimetres that a text takes at a size in points. Raises UnicodeEncodeError for other scripts."""
        data = text.encode(CODEPAGE)
        units = self.each * len(data) if self.widths is None else sum(self.widths[byte - 32] for byte in data)
        return units / 1000 * size * POINT


REGULAR = Font("R", "Helvetica", HELVETICA)
BOLD = Font("B", "Helvetica-Bold", HELVETICA_BOLD)
MONO = Font("M", "Courier", None)
FONTS = (REGULAR, BOLD, MONO)


class Letters(NamedTuple):
    """A line as outlines for a size of 1, and what it says."""

    text: str
    paths: tuple[str, ...]
    bold: bool


def number(value: float) -> str:
    """A number as short as a thousandth allows."""
    return f"{value:.3f}".rstrip("0").rstrip(".") or "0"


def colour(value: Colour) -> str:
    """Makes what is filled or drawn next this colour."""
    red, green, blue = map(number, value)
    return f"{red} {green} {blue} rg {red} {green} {blue} RG"


@dataclass
class Page:
    """One page while it is drawn."""

    width: float
    height: float
    operators: list[str] = field(default_factory=list)

    def text(self, x: float, baseline: float, text: str, font: Font, size: float, ink: Colour = BLACK) -> None:
        """A line of text."""
        data = text.encode(CODEPAGE).replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        literal = data.decode("latin-1")
        self._add(f"{colour(ink)} BT /{font.key} {number(size)} Tf {self._point(x, baseline)} Td ({literal}) Tj ET")

    def outline(self, x: float, baseline: float, letters: Letters, size: float, ink: Colour = BLACK) -> None:
        """Letters that were drawn. Readers of PDF may search and copy the text that they stand for."""
        said = ("\ufeff" + letters.text).encode("utf-16-be", "surrogatepass").hex().upper()
        scale, paint = number(size), f"{BOLDNESS} w 1 j B" if letters.bold else "f"
        drawn = " ".join(f"q {path} {paint} Q" for path in letters.paths)
        self._add(
            f"/Span <</ActualText <{said}>>> BDC q {colour(ink)} {scale} 0 0 {scale} {self._point(x, baseline)} cm"
            f" {drawn} Q EMC"
        )

    def line(self, start: tuple[float, float], end: tuple[float, float], ink: Colour, width: float, dash: str) -> None:
        """A straight line; `dash` as in "2 2", empty for none."""
        self._add(
            f"{colour(ink)} {number(width / POINT)} w [{dash}] 0 d {self._point(*start)} m {self._point(*end)} l S"
        )

    def place(self, name: str, x: float, y: float, side: float) -> None:
        """A drawing that was made known with `Document.drawing`, as a square."""
        scale = number(side / POINT)
        self._add(f"q {scale} 0 0 {scale} {self._point(x, y + side)} cm /{name} Do Q")

    def _add(self, operators: str) -> None:
        self.operators.append(operators)

    def _point(self, x: float, y: float) -> str:
        return f"{number(x / POINT)} {number((self.height - y) / POINT)}"


class Document:
    """A PDF file while it is made. The same drawings and pages make the same bytes."""

    def __init__(self, title: str, made_at: int) -> None:
        self._title = title
        self._made_at = made_at
        self._drawings: dict[str, tuple[str, str]] = {}
        self._pages: list[Page] = []

    def drawing(self, key: str, operators: str) -> str:
        """The name to `place` a drawing by, which fills the square from 0 to 1; the same key is the same drawing."""
        name, _ = self._drawings.setdefault(key, (f"X{len(self._drawings)}", operators))
        return name

    def knows(self, key: str) -> bool:
        """Whether there is a drawing of this key."""
        return key in self._drawings

    def page(self, width: float, height: float) -> Page:
        """A new page at the end."""
        self._pages.append(Page(width, height))
        return self._pages[-1]

    def __bytes__(self) -> bytes:
        when = f"D:{datetime.fromtimestamp(self._made_at / 1000, UTC):%Y%m%d%H%M%SZ}"
        title = ("\ufeff" + self._title).encode("utf-16-be", "replace").hex().upper()
        count = len(self._pages)
        first_drawing = 4 + len(FONTS)
        first_page = first_drawing + len(self._drawings)
        fonts = " ".join(f"/{font.key} {number} 0 R" for number, font in enumerate(FONTS, 4))
        known = " ".join(f"/{name} {n} 0 R" for n, (name, _) in enumerate(self._drawings.values(), first_drawing))
        pages = " ".join(f"{first_page + 2 * place} 0 R" for place in range(count))
        objects = [
            b"<</Type/Catalog/Pages 2 0 R/ViewerPreferences<</PrintScaling/None/DisplayDocTitle true>>>>",
            f"<</Type/Pages/Count {count}/Kids[{pages}]/Resources<</Font<<{fonts}>>/XObject<<{known}>>>>>>".encode(),
            f"<</Title<{title}>/CreationDate({when})/Producer(decamp)>>".encode(),
            *(f"<</Type/Font/Subtype/Type1/BaseFont/{font.name}/Encoding/WinAnsiEncoding>>".encode() for font in FONTS),
        ]
        form = "/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources<<>>"
        objects += [_stream(operators, form) for _, operators in self._drawings.values()]
        for place, page in enumerate(self._pages):
            box = f"[0 0 {number(page.width / POINT)} {number(page.height / POINT)}]"
            objects.append(
                f"<</Type/Page/Parent 2 0 R/MediaBox{box}/Contents {first_page + 2 * place + 1} 0 R>>".encode()
            )
            objects.append(_stream("\n".join(page.operators), ""))
        return _file(objects)


def _stream(operators: str, entries: str) -> bytes:
    data = zlib.compress(operators.encode("latin-1"), 9)
    return f"<<{entries}/Filter/FlateDecode/Length {len(data)}>>stream\n".encode() + data + b"\nendstream"


def _file(objects: list[bytes]) -> bytes:
    """The objects, numbered from 1, with the table that says where each of them begins."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for place, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (place, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R/Info 3 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
