"""Sounds made in code: little bell melodies, as the voice messages of the demo."""

from __future__ import annotations

import struct
from array import array
from functools import cache
from math import cos, exp, pi, sin

RATE = 16_000
PARTIALS = ((1.0, 1.0), (2.0, 0.45), (3.01, 0.22), (4.2, 0.1))
# Four bells that ring into each other stay just below the 32,767 of a 16-bit sample.
LOUDNESS = 8000

MELODIES: dict[str, tuple[int, ...]] = {
    "bells": (67, 71, 74, 79, 74, 71),
    "lullaby": (64, 67, 72, 71, 67, 69),
    "hello": (72, 76, 79),
}
"""Each melody as numbers of piano keys, 60 being the middle C."""


@cache
def melody(notes: tuple[int, ...], beat: float = 0.34) -> bytes:
    """A WAV file in which bells play these notes one after the other."""
    step = int(RATE * beat)
    ring = int(RATE * 1.1)
    samples = array("h", bytes(2 * (step * len(notes) + ring)))
    for number, note in enumerate(notes):
        for offset, value in enumerate(_bell(note, ring), start=number * step):
            samples[offset] += value
    data = struct.pack(f"<{len(samples)}h", *samples)
    form = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    body = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"data", data)
    return _chunk(b"RIFF", body)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data


@cache
def _bell(note: int, length: int) -> list[int]:
    """One stroke of a bell: partials that fade, the high ones first."""
    frequency = 440 * 2 ** ((note - 69) / 12)
    tone = [0.0] * length
    for multiple, share in PARTIALS:
        turn = 2 * pi * frequency * multiple / RATE
        # A sine that fades follows from its last two values; that is several times faster than calling sin.
        fade = exp(-(3.2 + 1.6 * multiple) / RATE)
        grow, shrink = 2 * fade * cos(turn), fade * fade
        last, value = 0.0, sin(turn) * share
        for index in range(length):
            tone[index] += value
            last, value = value, grow * value - shrink * last
    return [int(LOUDNESS * value / 1.8) for value in tone]
