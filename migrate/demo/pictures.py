"""Pictures made in code: a canvas of rows, a few brushes, and PNG.

Drawing goes row by row on whole byte strings, never pixel by pixel: a photo of 960 by 640 takes some 50 ms.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

Colour = tuple[int, int, int]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """A colour between two others: 0 is the first, 1 the second."""
    share = min(max(share, 0.0), 1.0)
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def gradient(stops: Sequence[tuple[float, Colour]], place: float) -> Colour:
    """The colour at `place` (0 to 1) of a gradient with these stops."""
    for (start, first), (end, second) in pairwise(stops):
        if place <= end:
            return mix(first, second, (place - start) / (end - start))
    return stops[-1][1]


@dataclass(frozen=True, slots=True)
class Ridge:
    """A skyline: for each column the row where it begins, three times over so that it fits rows of RGB."""

    top: int
    drops: bytes

    @classmethod
    def of(cls, heights: Sequence[float]) -> Ridge:
        """The skyline through these rows; it may be at most 255 rows high."""
        top = int(min(heights))
        return cls(top, b"".join(bytes([min(int(height) - top, 255)]) * 3 for height in heights))

    def mask(self, row: int) -> bytes:
        """255 for each byte of a row that lies below the skyline, 0 for the rest."""
        depth = row - self.top
        if depth < 0:
            return bytes(len(self.drops))
        reached = min(depth + 1, 256)
        return self.drops.translate(b"\xff" * reached + bytes(256 - reached))


class Canvas:
    """A picture in the making: rows of RGB pixels, three bytes each."""

    def __init__(self, rows: list[bytearray]) -> None:
        self.rows = rows
        self.width = len(rows[0]) // 3
        self.height = len(rows)

    @classmethod
    def painted(cls, width: int, height: int, paint: Callable[[float], Colour]) -> Canvas:
        """A picture whose rows have one colour each; `paint` is asked with 0 for the top to 1 for the bottom."""
        return cls([bytearray(bytes(paint(y / height)) * width) for y in range(height)])

    def span(self, y: int, left: float, right: float, colour: Colour) -> None:
        """Paint part of one row; what lies outside of the picture is cut off."""
        start, end = max(round(left), 0), min(round(right), self.width)
        if 0 <= y < self.height and start < end:
            self.rows[y][3 * start : 3 * end] = bytes(colour) * (end - start)

    def ellipse(self, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        """Paint an ellipse around a point, given its two radii."""
        for row in range(int(y - down), int(y + down) + 1):
            rest = 1 - ((row + 0.5 - y) / down) ** 2
            if rest > 0:
                half = across * sqrt(rest)
                self.span(row, x - half, x + half, colour)

    def polygon(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        """Paint the inside of a closed line."""
        edges = list(zip(points, [*points[1:], points[0]], strict=True))
        for row in range(int(min(y for _, y in points)), int(max(y for _, y in points)) + 1):
            level = row + 0.5
            crossings = sorted(
                x1 + (level - y1) * (x2 - x1) / (y2 - y1)
                for (x1, y1), (x2, y2) in edges
                if (y1 <= level) != (y2 <= level)
            )
            for left, right in zip(crossings[::2], crossings[1::2], strict=False):
                self.span(row, left, right, colour)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float = 1.0, rings: int = 48) -> None:
        """Brighten softly around a point, as air does around the sun; only on rows of one colour."""
        light = [strength * (ring / rings) ** 2 for ring in range(rings)]
        reaches = [(radius * (1 - ring / rings)) ** 2 for ring in range(rings)]
        for row in range(max(int(y - radius), 0), min(int(y + radius), self.height)):
            pixels = self.rows[row]
            red, green, blue = pixels[:3]
            more_red, more_green, more_blue = colour[0] - red, colour[1] - green, colour[2] - blue
            away = (row + 0.5 - y) ** 2
            for reach, share in zip(reaches, light, strict=True):
                if reach <= away:
                    break
                half = int(sqrt(reach - away))
                left, right = max(int(x) - half, 0), min(int(x) + half, self.width)
                pixel = bytes(
                    (red + int(more_red * share), green + int(more_green * share), blue + int(more_blue * share))
                )
                pixels[3 * left : 3 * right] = pixel * (right - left)

    def fill_below(self, ridge: Ridge, paint: Callable[[int], Colour]) -> None:
        """Paint everything below a skyline; `paint` gives the colour of each row."""
        deepest = ridge.top + max(ridge.drops)
        for y in range(max(ridge.top, 0), self.height):
            row = bytes(paint(y)) * self.width
            if y < deepest:
                mask, colour = int.from_bytes(ridge.mask(y)), int.from_bytes(row)
                behind = int.from_bytes(self.rows[y])
                row = (behind ^ ((behind ^ colour) & mask)).to_bytes(3 * self.width)
            self.rows[y] = bytearray(row)

    def mirror(self, horizon: int, tint: Colour, ripple: Callable[[int], int]) -> None:
        """Turn everything below the horizon into water that reflects what is above it."""
        darker = bytes(round(value * 0.78) for value in range(256))
        for y in range(horizon, self.height):
            depth = y - horizon
            source = self.rows[max(horizon - 1 - round(depth * 1.1), 0)].translate(darker)
            shift = 3 * (ripple(depth) % self.width)
            shifted = source[shift:] + source[:shift]
            veil = int.from_bytes(bytes(channel // 6 for channel in tint) * self.width)
            # No channel overflows into the next one: at most 0.78 * 255 plus a sixth of 255.
            self.rows[y] = bytearray((int.from_bytes(shifted) + veil).to_bytes(3 * self.width))

    def smaller(self, step: int) -> Canvas:
        """The picture with only each `step`-th row and column."""
        rows = []
        for row in self.rows[::step]:
            thin = bytearray(3 * -(-self.width // step))
            for channel in range(3):
                thin[channel::3] = row[channel :: 3 * step]
            rows.append(thin)
        return Canvas(rows)

    def square(self) -> Canvas:
        """The middle of the picture, as wide as high."""
        side = min(self.width, self.height)
        left, top = (self.width - side) // 2, (self.height - side) // 2
        return Canvas([row[3 * left : 3 * (left + side)] for row in self.rows[top : top + side]])

    def png(self) -> bytes:
        """The picture as a PNG file."""
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        pixels = b"".join(b"\0" + row for row in self.rows)
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels, 6)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
