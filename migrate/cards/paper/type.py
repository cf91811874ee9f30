"""Text on paper: measured, wrapped, and written in letters or in outlines, whichever its script needs."""

from __future__ import annotations

from collections.abc import Iterator

from .lettering import Drawn, Lettering, visible
from .pdf import BOLD, CODEPAGE, POINT, Colour, Font, Letters, Page

Point = tuple[float, float]


class Type:
    """Sets the lines of one document, and remembers what it could not set."""

    def __init__(self, lettering: Lettering) -> None:
        self.replaced: dict[str, str] = {}
        self._lettering = lettering
        self._drawn: dict[str, Drawn | None] = {}

    def drawable(self, text: str, otherwise: str) -> str:
        """The text as one visible line if it can be set here, or else `otherwise`, which is then remembered."""
        line = visible(text)
        if not line or _is_western(line):
            return line or otherwise
        drawn = self._outline(line)
        if drawn is None:
            self.replaced[line] = otherwise
            return otherwise
        if drawn.left_out:
            kept = " ".join("".join(mark for mark in line if mark not in drawn.left_out).split())
            self.replaced[line] = kept
            return kept
        return line

    def width(self, line: str, font: Font, size: float) -> float:
        """Millimetres that a drawable line takes."""
        if _is_western(line):
            return font.width(line, size)
        drawn = self._outline(line)
        return drawn.width * size * POINT if drawn else 0.0

    def fitted(self, line: str, font: Font, size: float, width: float) -> str:
        """The line, cut with an ellipsis where it is longer than there is room."""
        if self.width(line, font, size) <= width:
            return line
        while line and self.width(f"{line}…", font, size) > width:
            line = line[:-1].rstrip()
        return f"{line}…"

    def wrap(self, text: str, font: Font, size: float, width: float) -> Iterator[str]:
        """Lines of whole words, none wider than there is room but a word that is."""
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and self.width(longer, font, size) > width:
                yield line
                longer = word
            line = longer
        if line:
            yield line

    def write(self, page: Page, at: Point, line: str, font: Font, size: float, ink: Colour) -> None:
        """Put a drawable line on a page, with its left end and its baseline there."""
        if _is_western(line):
            page.text(*at, line, font, size, ink)
        elif (drawn := self._outline(line)) is not None:
            page.outline(*at, Letters(line, drawn.paths, font is BOLD), size, ink)

    def _outline(self, line: str) -> Drawn | None:
        if line not in self._drawn:
            self._drawn[line] = self._lettering.draw(line)
        return self._drawn[line]


def _is_western(line: str) -> bool:
    """Whether the fonts that every PDF reader has can write it."""
    try:
        line.encode(CODEPAGE)
    except UnicodeEncodeError:
        return False
    return True
