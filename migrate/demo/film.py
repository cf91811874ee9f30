"""A film made in code: a boat that sails across the evening, as a real MP4 that browsers play.

No encoder is at work. H.264 allows blocks of plain samples (I_PCM) and blocks that stay as they were (P_Skip); a film
of these two alone is valid Baseline H.264, and small if little moves. Facts: ITU-T H.264, sections 7.3 (syntax) and
7.4.1 (emulation prevention); ISO/IEC 14496-12 and -15 for the boxes around it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from math import sin
from random import Random

from .pictures import Canvas
from .scenes import evening_sea

BLOCK = 16
WIDTH = 320
HEIGHT = 192
FRAMES = 30
FRAMES_PER_SECOND = 10
SPEED = 6

I_PCM_IN_INTRA_SLICE = 25
I_PCM_IN_INTER_SLICE = 30
STOP_BIT = "1"

Plane = list[bytes]


@dataclass(frozen=True, slots=True)
class Film:
    """An MP4 file, its size in pixels, and its first frame as a picture."""

    mp4: bytes
    size: tuple[int, int]
    first: Canvas


@dataclass(slots=True)
class Bits:
    """Writes numbers of any bit length, and whole bytes between them."""

    done: list[bytes] = field(default_factory=list)
    open: str = ""

    def fixed(self, value: int, length: int) -> None:
        """An unsigned number of fixed length, u(n)."""
        self.open += f"{value:0{length}b}"

    def golomb(self, *values: int) -> None:
        """Unsigned numbers of the lengths they need, ue(v)."""
        for value in values:
            digits = f"{value + 1:b}"
            self.open += "0" * (len(digits) - 1) + digits

    def aligned(self, data: bytes = b"") -> None:
        """Fill up the byte with zeros, then put whole bytes."""
        if self.open:
            padded = self.open + "0" * (-len(self.open) % 8)
            self.done.append(int(padded, 2).to_bytes(len(padded) // 8))
            self.open = ""
        self.done.append(data)

    def unit(self, header: int) -> bytes:
        """Everything so far as one NAL unit; no start code can appear inside."""
        self.open += STOP_BIT
        self.aligned()
        return bytes([header]) + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", b"".join(self.done))


def sailing_boat(rng: Random) -> Film:
    """A small boat crosses the light of the setting sun."""
    sea = evening_sea(rng).smaller(3)
    top = (sea.height - HEIGHT) // 2
    backdrop = Canvas(sea.rows[top : top + HEIGHT])
    frames = []
    first = backdrop
    for number in range(FRAMES):
        picture = Canvas([bytearray(row) for row in backdrop.rows])
        _boat(picture, 40 + SPEED * number, 130 + 2 * sin(number / 3))
        first = picture if number == 0 else first
        frames.append(_blocks(picture))
    return Film(_mp4(list(_slices(frames))), (WIDTH, HEIGHT), first)


FILMS: dict[str, Callable[[Random], Film]] = {"boat": sailing_boat}


def _boat(canvas: Canvas, x: float, y: float) -> None:
    canvas.polygon([(x - 16, y), (x + 18, y), (x + 11, y + 8), (x - 11, y + 8)], (58, 28, 44))
    canvas.polygon([(x, y - 34), (x + 17, y - 3), (x, y - 3)], (255, 240, 220))
    canvas.polygon([(x - 2, y - 28), (x - 2, y - 3), (x - 13, y - 3)], (244, 206, 190))


@cache
def _share(weight: int, offset: int) -> bytes:
    """What one channel adds to a video sample; offsets keep every part positive, so that sums never overflow."""
    return bytes((weight * value + 128) // 256 + offset for value in range(256))


def _summed(row: bytearray, step: int, tables: Sequence[bytes]) -> bytes:
    channels = [row[channel :: 3 * step].translate(table) for channel, table in enumerate(tables)]
    return sum(int.from_bytes(channel) for channel in channels).to_bytes(len(channels[0]))


def _planes(canvas: Canvas) -> tuple[Plane, Plane, Plane]:
    """The picture as brightness and two colour differences, these at half the size (BT.601, studio range)."""
    luma = (_share(66, 16), _share(129, 0), _share(25, 0))
    blue = (_share(-38, 40), _share(-74, 76), _share(112, 12))
    red = (_share(112, 12), _share(-94, 96), _share(-18, 20))
    return (
        [_summed(row, 1, luma) for row in canvas.rows],
        [_summed(row, 2, blue) for row in canvas.rows[::2]],
        [_summed(row, 2, red) for row in canvas.rows[::2]],
    )


def _blocks(canvas: Canvas) -> list[bytes]:
    """The picture cut into blocks of 16 by 16 pixels, in the order and form of I_PCM samples."""
    planes = [(plane, side) for plane, side in zip(_planes(canvas), (BLOCK, BLOCK // 2, BLOCK // 2), strict=True)]
    return [
        b"".join(row[x * side : (x + 1) * side] for plane, side in planes for row in plane[y * side : (y + 1) * side])
        for y in range(HEIGHT // BLOCK)
        for x in range(WIDTH // BLOCK)
    ]


def _slices(frames: Iterable[list[bytes]]) -> Iterable[bytes]:
    """One slice for each frame: the first whole, the others only where something changed."""
    before: list[bytes] | None = None
    for number, blocks in enumerate(frames):
        yield _whole(blocks) if before is None else _changed(number, blocks, before)
        before = blocks


def _whole(blocks: list[bytes]) -> bytes:
    bits = Bits()
    bits.golomb(0, 7, 0)  # first block, slice of intra blocks, picture parameters
    bits.fixed(0, 4)  # frame number
    bits.golomb(0)  # number of this refresh
    bits.fixed(0, 2)  # nothing kept from before
    bits.golomb(0, 1)  # same quantiser, no deblocking
    for block in blocks:
        bits.golomb(I_PCM_IN_INTRA_SLICE)
        bits.aligned(block)
    return bits.unit(0x65)


def _changed(number: int, blocks: list[bytes], before: list[bytes]) -> bytes:
    bits = Bits()
    bits.golomb(0, 5, 0)  # first block, slice of inter blocks, picture parameters
    bits.fixed(number % 16, 4)  # frame number
    bits.fixed(0, 3)  # as many references as ever, in their order, none let go
    bits.golomb(0, 1)  # same quantiser, no deblocking
    skipped = 0
    for same, run in groupby(zip(blocks, before, strict=True), key=lambda pair: pair[0] == pair[1]):
        for block, _ in run:
            if same:
                skipped += 1
                continue
            bits.golomb(skipped, I_PCM_IN_INTER_SLICE)
            bits.aligned(block)
            skipped = 0
    if skipped:
        bits.golomb(skipped)
    return bits.unit(0x41)


def _sequence_parameters() -> bytes:
    bits = Bits()
    bits.aligned(bytes([66, 0xC0, 30]))  # Constrained Baseline, level 3
    bits.golomb(0, 0, 2, 1)  # id, frame numbers of 4 bits, output in order, one reference
    bits.fixed(0, 1)
    bits.golomb(WIDTH // BLOCK - 1, HEIGHT // BLOCK - 1)
    bits.fixed(0b1100, 4)  # frames only, direct 8x8, no cropping, no display hints
    return bits.unit(0x67)


def _picture_parameters() -> bytes:
    bits = Bits()
    bits.golomb(0, 0)
    bits.fixed(0, 2)  # variable-length codes
    bits.golomb(0, 0, 0)
    bits.fixed(0, 3)  # no weights
    bits.golomb(0, 0, 0)
    bits.fixed(0b100, 3)  # deblocking is said in each slice
    return bits.unit(0x68)


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


def _full(kind: bytes, *content: bytes, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags), *content)


def _numbers(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


MATRIX = _numbers(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _mp4(units: list[bytes]) -> bytes:
    """The file: its type, all frames, and the table of where each begins."""
    samples = [_numbers(len(unit)) + unit for unit in units]
    kind = _box(b"ftyp", b"isom", _numbers(512), b"isom", b"avc1", b"mp41")
    frames = _box(b"mdat", *samples)
    table = _box(
        b"stbl",
        _full(b"stsd", _numbers(1), _sample_entry()),
        _full(b"stts", _numbers(1, len(samples), 1)),
        _full(b"stss", _numbers(1, 1)),
        _full(b"stsc", _numbers(1, 1, len(samples), 1)),
        _full(b"stsz", _numbers(0, len(samples), *map(len, samples))),
        _full(b"stco", _numbers(1, len(kind) + 8)),
    )
    source = _box(b"dinf", _full(b"dref", _numbers(1), _full(b"url ", flags=1)))
    media = _box(
        b"mdia",
        _full(b"mdhd", _numbers(0, 0, FRAMES_PER_SECOND, len(samples)), struct.pack(">HH", 0x55C4, 0)),
        _full(b"hdlr", _numbers(0), b"vide", bytes(12), b"film\0"),
        _box(b"minf", _full(b"vmhd", bytes(8), flags=1), source, table),
    )
    size = _numbers(WIDTH << 16, HEIGHT << 16)
    track = _full(b"tkhd", _numbers(0, 0, 1, 0, len(samples)), bytes(16), MATRIX, size, flags=3)
    whole = _full(
        b"mvhd",
        _numbers(0, 0, FRAMES_PER_SECOND, len(samples), 0x10000),
        struct.pack(">H", 0x0100),
        bytes(10),
        MATRIX,
        bytes(24),
        _numbers(2),
    )
    return kind + frames + _box(b"moov", whole, _box(b"trak", track, media))


def _sample_entry() -> bytes:
    sequence, picture = _sequence_parameters(), _picture_parameters()
    parameters = b"\1" + sequence[1:4] + b"\xff\xe1" + struct.pack(">H", len(sequence)) + sequence
    parameters += b"\1" + struct.pack(">H", len(picture)) + picture
    return _box(
        b"avc1",
        bytes(6),
        struct.pack(">H", 1),
        bytes(16),
        struct.pack(">HH", WIDTH, HEIGHT),
        _numbers(0x480000, 0x480000, 0),
        struct.pack(">H", 1),
        bytes(32),
        struct.pack(">Hh", 24, -1),
        _box(b"avcC", parameters),
    )
