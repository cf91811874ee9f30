r"""Reads the conversations of the demo, which are written as plain text like a play.

    @ -612 18:05                days before now, and the time of day
    Mara: Who is in for Saturday?
      react 👍 Joon, Robin      things about the line above are indented
    Joon: Me!
      reply Mara                the last line that Mara said
    * Mara added Elin           what happened rather than what was said
    # a comment

`\n` in a line is a line break, `@Mara` mentions her. Which words follow an indentation or a star, `stage` knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


class ScriptError(ValueError):
    """A line of a script that nobody can play: a mistake in this package, not of a person using it."""


@dataclass(slots=True)
class Line:
    """One thing said or done: by whom, what, when (days before now and minute of the day), and what belongs to it."""

    day: int
    minute: int
    who: str
    text: str = ""
    event: str = ""
    extras: list[tuple[str, str]] = field(default_factory=list)


def read_script(text: str) -> Iterator[Line]:
    """The lines of a script in their order; a line without a moment of its own keeps that of the one before."""
    moment: tuple[int, int] | None = None
    line: Line | None = None
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip() or raw.startswith("#"):
            continue
        if raw.startswith("  ") and line is not None:
            word, _, rest = raw.strip().partition(" ")
            line.extras.append((word, rest.strip()))
            continue
        if line is not None:
            yield line
            line = None
        if raw.startswith("@ "):
            moment = _moment(raw[2:])
            continue
        if moment is None:
            raise ScriptError(f"line {number} comes before any moment")
        line = _line(moment, raw)
    if line is not None:
        yield line


def _moment(text: str) -> tuple[int, int]:
    day, clock = text.split()
    hour, minute = clock.split(":")
    return int(day), int(hour) * 60 + int(minute)


def _line(moment: tuple[int, int], raw: str) -> Line:
    if raw.startswith("* "):
        who, _, event = raw[2:].partition(" ")
        return Line(*moment, who=who, event=event)
    who, colon, text = raw.partition(":")
    if not colon or " " in who:
        raise ScriptError(f"nobody says: {raw}")
    return Line(*moment, who=who, text=text.strip().replace("\\n", "\n"))
