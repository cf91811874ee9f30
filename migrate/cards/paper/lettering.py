"""Draws lines of any script as outlines, with the fonts that this machine has.

PDF brings letters for Western Europe only. Shipping fonts for every script would take hundreds of megabytes; embedding
parts of them, a font library. So the machine's own fonts are shaped by HarfBuzz and drawn: what a printer gets is the
same. The order of reading follows the Unicode Bidirectional Algorithm (UAX #9) as far as one line of names needs it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Protocol

from .pdf import number

Point = tuple[float, float]
_SUFFIXES = {".ttf", ".otf", ".ttc", ".otc"}
# Plain ones first: a name is not to come out in a handwriting because that font's file name begins with an A.
_PREFERRED = (
    "notosans", "dejavusans", "liberationsans", "segoeui", "arial", "helvetica", "sfns", "nirmala", "tahoma", "leelaw",
    "msyh", "yugoth", "msgothic", "malgun", "pingfang", "hiragino", "applesdgothic", "geeza", "kohinoor", "notoemoji",
    "seguisym", "symbola",
)  # fmt: skip
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SHAPING = "\u200c\u200d"  # what Persian and Indic scripts put between letters


@dataclass(frozen=True)
class Drawn:
    """A line as outlines, for a size of 1: paths of PDF, the width, and what no font here could draw."""

    paths: tuple[str, ...]
    width: float
    left_out: str = ""


class Typeface(Protocol):
    """A font that draws."""

    def covers(self, character: str) -> bool:
        """Whether it has the character."""

    def draw(self, text: str, *, rtl: bool) -> tuple[list[str], float]:
        """Operators of PDF for a size of 1, from 0 on, and how far it goes."""


class Lettering:
    """The fonts of some folders, opened when a line first needs them."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._chosen: dict[str, Typeface | None] = {}

    def draw(self, text: str) -> Drawn | None:
        """The line, or None if letters of it are in no font. Emoji that are in none are left out."""
        line = visible(text)
        missing = {mark for mark in line if self._font_for(mark) is None and not mark.isspace()}
        if any(not _is_picture(mark) for mark in missing):
            return None
        kept = " ".join("".join(mark for mark in line if mark not in missing).split())
        if not kept:
            return None
        return self._assemble(kept, "".join(sorted(missing)))

    def _assemble(self, line: str, left_out: str) -> Drawn:
        paths: list[str] = []
        width = 0.0
        for text, rtl in reading_order(line):
            pieces = list(self._pieces(text))
            for font, piece in reversed(pieces) if rtl else pieces:
                drawn, advance = font.draw(piece, rtl=rtl)
                if drawn:
                    paths.append(f"1 0 0 1 {number(width)} 0 cm {' '.join(drawn)}")
                width += advance
        return Drawn(tuple(paths), width, left_out)

    def _pieces(self, text: str) -> Iterator[tuple[Typeface, str]]:
        """A run cut where its font or its script changes; what has none of its own goes with what it follows."""
        piece, font, script = "", None, ""
        for mark in text:
            own = None if mark.isspace() or unicodedata.category(mark)[0] == "M" else _script(mark)
            wanted = font if font is not None and own is None and font.covers(mark) else self._font_for(mark)
            if piece and font is not None and (wanted is not font or (own and script and own != script)):
                yield font, piece
                piece, script = "", ""
            piece, font, script = piece + mark, wanted, own or script
        if piece and font is not None:
            yield font, piece

    def _font_for(self, mark: str) -> Typeface | None:
        if mark not in self._chosen:
            near = " " if mark in _SHAPING else mark
            self._chosen[mark] = next((font for font in self._fonts if font.covers(near)), None)
        return self._chosen[mark]

    @cached_property
    def _fonts(self) -> list[Typeface]:
        try:
            from .harfbuzz import faces_in
        except ImportError:  # there is no HarfBuzz for Python on this system
            return []
        return [face for path in _font_files(self._folders) for face in faces_in(path)]


def visible(text: str) -> str:
    """What of a text is to be seen, with one blank between words: no controls, no marks that turn the direction."""
    line = "".join(" " if c in "\t\n\r" else c for c in unicodedata.normalize("NFC", text))
    return " ".join("".join(c for c in line if c in _SHAPING or unicodedata.category(c) not in _INVISIBLE).split())


def _font_files(folders: Iterable[Path]) -> list[Path]:
    """Regular fonts first, in the order of preference."""

    def rank(path: Path) -> tuple[bool, int, int, str]:
        name = path.stem.lower()
        slanted = any(
            word in name for word in ("italic", "oblique", "bold", "light", "thin", "black", "condensed", "mono")
        )
        family = next((place for place, start in enumerate(_PREFERRED) if name.startswith(start)), len(_PREFERRED))
        return slanted, family, len(name), name

    found = {path for folder in folders if folder.is_dir() for path in folder.rglob("*")}
    return sorted((path for path in found if path.suffix.lower() in _SUFFIXES), key=rank)


def _is_picture(mark: str) -> bool:
    """An emoji or a part of one; leaving it out leaves a name that can be read."""
    return unicodedata.category(mark) in {"So", "Sk"} or mark in "\u200d\ufe0e\ufe0f\u20e3"


def _script(mark: str) -> str | None:
    """The first word of its name, which tells scripts apart; None for what is common to them."""
    if not mark.isalpha():
        return None
    return unicodedata.name(mark, "").split(" ", 1)[0].partition("-")[0]


# -- the order of reading --------------------------------------------------------------------------------


def reading_order(line: str) -> list[tuple[str, bool]]:
    """Runs from left to right, each with whether it reads from right to left. UAX #9 without explicit marks."""
    kinds = [_kind(mark) for mark in line]
    base = next((kind for kind in kinds if kind in "LR"), "L")
    _pair_brackets(line, kinds, base)
    levels = _levels(kinds, base)
    runs = [("".join(mark for mark, _ in group), level) for level, group in
            groupby(zip(line, levels, strict=True), key=lambda pair: pair[1])]  # fmt: skip
    for level in range(max(levels, default=0), 0, -1):
        runs = _turned(runs, level)
    return [(text, level % 2 == 1) for text, level in runs]


def _kind(mark: str) -> str:
    """L or R for letters, 1 for digits, and a blank for what follows its neighbours."""
    bidi = unicodedata.bidirectional(mark)
    return {"L": "L", "R": "R", "AL": "R", "EN": "1", "AN": "1", "NSM": "m"}.get(bidi, " ")


def _pair_brackets(line: str, kinds: list[str], base: str) -> None:
    """Rule N0: both brackets of a pair read as what is in them does, or as the line."""
    opened: list[int] = []
    for place, mark in enumerate(line):
        if mark in "([{":
            opened.append(place)
        elif opened and mark in ")]}" and "([{".index(line[opened[-1]]) == ")]}".index(mark):
            start = opened.pop()
            inside = {"R" if kind in "R1" else "L" for kind in kinds[start + 1 : place] if kind in "LR1"}
            before = next((kind for kind in reversed(kinds[:start]) if kind in "LR"), base)
            if inside:
                kinds[start] = kinds[place] = base if base in inside else before if before in inside else base


def _levels(kinds: list[str], base: str) -> list[int]:
    strong = base
    resolved: list[str] = []
    for kind in kinds:  # digits after letters from left to right are as those, rule W7; marks are as what they sit on
        if kind in "LR":
            strong = kind
        resolved.append((resolved[-1] if resolved else base) if kind == "m" else "L" if kind + strong == "1L" else kind)
    for start, kind in enumerate(resolved):
        if kind != " ":
            continue
        before = resolved[start - 1] if start else base
        after = next((other for other in resolved[start:] if other != " "), base)
        sides = {"R" if side in "R1" else "L" for side in (before, after)}
        resolved[start] = sides.pop() if len(sides) == 1 else base
    if base == "L":
        return [{"L": 0, "R": 1, "1": 2}[kind] for kind in resolved]
    return [1 if kind == "R" else 2 for kind in resolved]


def _turned(runs: list[tuple[str, int]], level: int) -> list[tuple[str, int]]:
    """Rule L2: what is at this level or above is turned around, stretch by stretch."""
    turned: list[tuple[str, int]] = []
    for inside, group in groupby(runs, key=lambda run: run[1] >= level):
        stretch = list(group)
        turned += reversed(stretch) if inside else stretch
    return turned
