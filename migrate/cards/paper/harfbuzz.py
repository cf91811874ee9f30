"""Fonts by way of HarfBuzz, which knows how letters of every script join, stack and change places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import uharfbuzz

from .pdf import number

Point = tuple[float, float]


def faces_in(path: Path) -> Iterator[Face]:
    """The first face of a font file; nothing for a file that is no font, or whose letters are pictures."""
    try:
        blob = uharfbuzz.Blob.from_file_path(str(path))
    except (uharfbuzz.HarfBuzzError, OSError):
        return
    face = uharfbuzz.Face(blob, 0)
    if face.glyph_count and {"glyf", "CFF ", "CFF2"} & set(face.table_tags):
        yield Face(face)


class Face:
    """One font."""

    def __init__(self, face: uharfbuzz.Face) -> None:
        self._font = uharfbuzz.Font(face)
        self._unicodes = face.unicodes
        self._em = face.upem

    def covers(self, character: str) -> bool:
        return ord(character) in self._unicodes

    def draw(self, text: str, *, rtl: bool) -> tuple[list[str], float]:
        shaped = uharfbuzz.Buffer()
        shaped.add_str(text)
        shaped.guess_segment_properties()
        shaped.direction = "rtl" if rtl else "ltr"
        uharfbuzz.shape(self._font, shaped)
        pen = _Pen(self._em)
        x = 0.0
        for glyph, place in zip(shaped.glyph_infos, shaped.glyph_positions, strict=True):
            pen.origin = (x + place.x_offset, place.y_offset)
            self._font.draw_glyph_with_pen(glyph.codepoint, pen)
            x += place.x_advance
        return pen.operators, x / self._em


class _Pen:
    """Takes the strokes of a glyph, in the words of fontTools' pens, as operators of PDF."""

    def __init__(self, em: int) -> None:
        self.operators: list[str] = []
        self.origin: Point = (0, 0)
        self._em = em
        self._at: Point = (0, 0)

    def moveTo(self, end: Point) -> None:  # noqa: N802  HarfBuzz calls it so
        self._write("m", end)

    def lineTo(self, end: Point) -> None:  # noqa: N802
        self._write("l", end)

    def curveTo(self, first: Point, second: Point, end: Point) -> None:  # noqa: N802
        self._write("c", first, second, end)

    def qCurveTo(self, control: Point, end: Point) -> None:  # noqa: N802
        """PDF has only curves with two controls; each is two thirds of the way to the one of this curve."""
        first, second = (_between(point, control) for point in (self._at, end))
        self._write("c", first, second, end)

    def closePath(self) -> None:  # noqa: N802
        self.operators.append("h")

    def _write(self, operator: str, *points: Point) -> None:
        self._at = points[-1]
        placed = ((x + dx for x, dx in zip(point, self.origin, strict=True)) for point in points)
        self.operators.append(" ".join([*(number(value / self._em) for point in placed for value in point), operator]))


def _between(point: Point, control: Point) -> Point:
    return (point[0] + 2 / 3 * (control[0] - point[0]), point[1] + 2 / 3 * (control[1] - point[1]))
