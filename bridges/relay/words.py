"""Texts that have to fit: counted as a network counts, cut where people would cut."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from ..about import Limits

LATEST = 253_402_300_799_000  # milliseconds; the year 9999 ends, and with it the times that can be written
MARK_ROOM = len(" (1000/1000)")
_SMALLEST = 40  # a limit below this could not hold a mark and a word


def fits(text: str, limits: Limits) -> bool:
    """Whether a text may go out as one."""
    if limits.text_characters is not None and len(text) > limits.text_characters:
        return False
    return limits.text_bytes is None or len(text.encode("utf-8", "replace")) <= limits.text_bytes


def split(text: str, limits: Limits) -> list[str]:
    """A text in parts that fit, each with a mark such as (2/3); joined without the marks they are the text again."""
    if fits(text, limits):
        return [text]
    parts: list[str] = []
    rest = text
    while rest:
        end = _end(rest, limits)
        parts.append(rest[:end])
        rest = rest[end:]
    return [f"{part} ({number}/{len(parts)})" for number, part in enumerate(parts, 1)]


def _end(text: str, limits: Limits) -> int:
    """Where the next part ends: after a line, else after a word, if that leaves more than half of it."""
    most = _longest(text, limits)
    if most >= len(text):
        return len(text)
    for blank in ("\n", " "):
        at = text.rfind(blank, 0, most)
        if at >= most // 2:
            return at + 1
    return most


def _longest(text: str, limits: Limits) -> int:
    """How many characters fit beside a mark."""
    most = len(text)
    if limits.text_characters is not None:
        most = min(most, max(limits.text_characters, _SMALLEST) - MARK_ROOM)
    if limits.text_bytes is not None:
        room = max(limits.text_bytes, _SMALLEST) - MARK_ROOM
        most = min(most, len(text[:room].encode("utf-8", "replace")[:room].decode("utf-8", "ignore")))
    return max(most, 1)


def when(sent_at: int) -> str:
    """A time as a prefix, for where a network cannot show it."""
    return datetime.fromtimestamp(min(max(sent_at, 0), LATEST) // 1000, UTC).strftime("[%Y-%m-%d %H:%M] ")


def digest(text: str) -> int:
    """What tells a text from others, and nothing of what it says; never 0."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=7).digest()) | 1


def size(count: int) -> str:
    """So many bytes, for people."""
    if count < 1000:
        return f"{count} byte{'' if count == 1 else 's'}"
    return f"{count / 1_000_000:.1f} MB" if count >= 100_000 else f"{count / 1000:.1f} kB"


def seconds(count: int) -> str:
    """So long, for people."""
    for length, name in ((604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if count >= length and count % length == 0:
            number = count // length
            return f"{number} {name}{'' if number == 1 else 's'}"
    return f"{count} seconds"


def name(text: str, most: int = 80) -> str:
    """A name in one line, without what turns the direction of a text or shows nothing; perhaps nothing is left."""
    if not text.isprintable():  # most are, and every message asks
        text = "".join(one for one in text if one.isprintable() or one in " \t\n\u200d")
    tidy = " ".join(text.split())
    return tidy[:most].strip("\u200d ")


def one_line(text: str, most: int = 60) -> str:
    """The beginning of a text."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
