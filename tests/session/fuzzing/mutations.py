"""Damages bytes in the ways that accidents and enemies do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

import zstandard

INTERESTING = (b"\0", b"\x80", b"\xff", b"\x7f", b"\0" * 64, b"\xff" * 9, b"\xff" * 10, b"\xff\xff\xff\xff\x0f")
LARGEST = 200_000  # bytes that a mutation may grow to
BOMB = zstandard.ZstdCompressor(level=1).compress(bytes(200 << 20))
CUT_BOMB = BOMB[: len(BOMB) // 2]


def mutated(seeds: Sequence[bytes], random: Random) -> bytes:
    """One of the seeds with one to four things wrong with it."""
    data = random.choice(seeds)
    for _ in range(random.choice((1, 1, 2, 3, 4))):
        data = random.choice(_WAYS)(data, seeds, random)[:LARGEST]
    return data


def _flip(data: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    """A few bits are the other way round."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4) if data else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(data: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    """Something is missing: the end, the beginning, or a piece between."""
    start, end = sorted(random.choices(range(len(data) + 1), k=2))
    return random.choice((data[:start], data[start:], data[:start] + data[end:]))


def _splice(data: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    """It goes on as another one does."""
    other = random.choice(seeds)
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


def _repeat(data: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    """A piece comes again and again."""
    start, end = sorted(random.choices(range(len(data) + 1), k=2))
    end = min(end, start + 200)
    return data[:start] + data[start:end] * random.choice((2, 3, 30, 1000)) + data[end:]


def _insert(data: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    """Something stands there that means trouble to many."""
    at = random.randint(0, len(data))
    return data[:at] + random.choice((*INTERESTING, random.randbytes(random.randint(1, 40)))) + data[at:]


def _overwrite(data: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    """The same in the place of what was there."""
    at, new = random.randint(0, len(data)), random.choice(INTERESTING)
    return data[:at] + new + data[at + len(new) :]


def _lengthen(data: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    """A number says that there is very much more, or less than nothing."""
    numbers = [found.span() for found in re.finditer(rb"[0-9]+", data[:50_000])]
    if not numbers:
        return _insert(data, seeds, random)
    start, end = random.choice(numbers)
    new = random.choice((b"999999999", b"0", b"-1", b"4294967296", b"9" * 30, b"18446744073709551616", b"1e999"))
    return data[:start] + new + data[end:]


def _nest(data: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    """It goes deeper and deeper."""
    at, depth = random.randint(0, len(data)), random.choice((50, 1_000, 30_000))
    opening, closing = random.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"l", b"e"), (b"d1:a", b"e")))
    return data[:at] + opening * depth + random.choice((b"", closing * depth)) + data[at:]


def _bomb(data: bytes, seeds: Sequence[bytes], random: Random) -> bytes:
    """A few kilobytes that become 200 megabytes."""
    at = random.choice((0, data.find(b"\x28\xb5\x2f\xfd"), random.randint(0, len(data))))
    return data[: max(at, 0)] + random.choice((BOMB, CUT_BOMB))


_WAYS: tuple[Callable[[bytes, Sequence[bytes], Random], bytes], ...] = (
    _flip, _flip, _flip, _cut, _cut, _splice, _splice, _repeat, _insert, _overwrite, _lengthen, _lengthen, _nest, _bomb,
)  # fmt: skip
