"""QR codes: as pictures, as vectors, as characters for a terminal. One code holds one address, for one network's app.

Level M, a quiet zone of four modules, the exact bytes: formats page of contact cards, section 7. The library does the
encoding. Which of the eight masks a code gets is decided here, on whole codes at once, because
it is what takes the time.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode
from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData, mask_func

from ..errors import WrongWords

QUIET = 4  # modules of nothing around a code, without which scanners do not find it
LARGEST = 40  # the last version there is
_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+./:-]+")
_BLOCKS = {"00": " ", "10": "▀", "01": "▄", "11": "█"}


class TooLongForCode(WrongWords):
    """This does not fit into a QR code."""

    hint = "Use a shorter link: SimpleX, for one, makes short ones. In a statement, fewer addresses and notes help."


@dataclass(frozen=True)
class Code:
    """One QR code. A row is a text of 0 (light) and 1 (dark), without the quiet zone."""

    text: str
    rows: tuple[str, ...]

    @property
    def modules(self) -> int:
        """How many squares it has on a side, quiet zone and all."""
        return len(self.rows) + 2 * QUIET

    @property
    def version(self) -> int:
        """Its size as the standard counts them, from 1 to 40."""
        return (len(self.rows) - 17) // 4

    @cached_property
    def path(self) -> str:
        """The dark squares as the `d` of an SVG path, in modules: one rectangle for each run in a row."""
        return "".join(
            f"M{run.start() + QUIET} {y}h{(width := run.end() - run.start())}v1h-{width}z"
            for y, row in enumerate(self.rows, QUIET)
            for run in re.finditer("1+", row)
        )

    def svg(self) -> str:
        """A drawing of its own, dark on light whatever is behind it."""
        side = self.modules
        size = f'viewBox="0 0 {side} {side}" width="{8 * side}" height="{8 * side}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} shape-rendering="crispEdges">'
            f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{self.path}"/></svg>\n'
        )

    def png(self, scale: int = 10) -> bytes:
        """A picture with so many pixels for a module."""
        side = self.modules * scale
        pad = "1" * (-side % 8)
        colours = {ord("0"): "1" * scale, ord("1"): "0" * scale}
        lines = (_packed(row.translate(colours) + pad) * scale for row in self._with_quiet_zone())
        header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)  # one bit for a pixel, grey
        parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(b"".join(lines))), _chunk(b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(parts)

    def terminal(self, *, on_light: bool = False) -> list[str]:
        """Lines of half blocks, two rows in each, for a dark terminal or for a light one: a code is dark on light."""
        rows = list(self._with_quiet_zone())
        drawn = rows if on_light else [row.translate({48: "1", 49: "0"}) for row in rows]
        drawn.append("0" * self.modules)  # the number of rows is odd
        pairs = zip(drawn[0::2], drawn[1::2], strict=False)
        return ["".join(_BLOCKS[upper + lower] for upper, lower in zip(*pair, strict=True)) for pair in pairs]

    def _with_quiet_zone(self) -> Iterator[str]:
        nothing, side = "0" * QUIET, "0" * self.modules
        yield from [side] * QUIET
        yield from (f"{nothing}{row}{nothing}" for row in self.rows)
        yield from [side] * QUIET


@lru_cache(maxsize=64)  # five hundred cards show the same addresses
def code(text: str) -> Code:
    """The QR code that holds exactly this. Raises `TooLongForCode` with what to do."""
    tight = _ALPHANUMERIC.fullmatch(text) is not None
    symbol = QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=0)
    symbol.add_data(QRData(text.encode(), mode=MODE_ALPHA_NUM if tight else MODE_8BIT_BYTE))
    try:
        symbol.make()
    except (DataOverflowError, ValueError) as error:  # the library knows no version 41, and says so in two ways
        raise TooLongForCode(f"With {len(text.encode()):,} bytes this fits into no QR code.") from error
    symbol.mask_pattern = _best_mask(_written(symbol.modules), symbol.version)
    symbol.make(fit=False)
    return Code(text, tuple(_written(symbol.modules)))


def _written(modules: list[list[bool | None]]) -> list[str]:
    return ["".join("1" if module else "0" for module in row) for row in modules]


def _packed(bits: str) -> bytes:
    """One line of a PNG picture: no filter, then the pixels."""
    return b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


# -- the mask ----------------------------------------------------------------------------------------
# A whole code is one number here, a bit for each square and one bit of nothing after each row; so a question about
# all squares is a few operations. ISO/IEC 18004, section 7.8.3, says how many points a code loses for what.

_FINDER = "10111010000"  # what looks like a corner of the code, with light on one side of it


def _best_mask(rows: list[str], version: int) -> int:
    """The mask with the fewest points lost, given the code with mask 0."""
    drawn = int("0".join(rows), 2)
    masks = _masks(version)
    return min(range(8), key=lambda mask: _points_lost(drawn ^ masks[0] ^ masks[mask], len(rows)))


@cache
def _masks(version: int) -> list[int]:
    """What each of the eight masks turns over in a code of this version."""
    blank = QRCode(version=version)
    side = blank.modules_count = 4 * version + 17
    blank.modules = [[None] * side for _ in range(side)]
    for corner in ((0, 0), (side - 7, 0), (0, side - 7)):
        blank.setup_position_probe_pattern(*corner)
    blank.setup_position_adjust_pattern()
    blank.setup_timing_pattern()
    blank.setup_type_info(True, 0)
    if version >= 7:
        blank.setup_type_number(True)
    data = [[module is None for module in row] for row in blank.modules]
    return [_mask(data, number) for number in range(8)]


def _mask(data: list[list[bool]], number: int) -> int:
    turns = mask_func(number)
    lines = ("".join("01"[free and turns(y, x)] for x, free in enumerate(row)) for y, row in enumerate(data))
    return int("0".join(lines), 2)


def _points_lost(dark: int, side: int) -> int:
    down = side + 1  # bits from a square to the one below it
    light = _all(side) ^ dark
    lost = 0
    for colour in (dark, light):
        for step in (1, down):
            run = colour & colour >> step & colour >> 2 * step & colour >> 3 * step & colour >> 4 * step
            lost += run.bit_count() + 2 * (run & ~(run << step)).bit_count()
        lost += 3 * (colour & colour >> 1 & colour >> down & colour >> down + 1).bit_count()
    for pattern in (_FINDER, _FINDER[::-1]):
        for step in (1, down):
            found = _all(side)
            for place, square in enumerate(pattern):
                found &= (dark if square == "1" else light) >> place * step
            lost += 40 * found.bit_count()
    return lost + 10 * (abs(20 * dark.bit_count() - 10 * side * side) // (side * side))


@cache
def _all(side: int) -> int:
    return int("0".join(["1" * side] * side), 2)
