"""Reads the times that people type: 2024, 2024-05, 2024-05-01, 2024-05-01T12:00, or 30d for thirty days ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from ..errors import WrongWords

_STAMP = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2}):(\d{2}))?)?)?")
_AGO = re.compile(r"(\d{1,5})\s*([hdwmy])")
_HINT = "Write it as 2024, 2024-05, 2024-05-01, 2024-05-01T12:00, or 30d, 8w, 6m, 2y for so long ago."


def since(text: str, now: int) -> int:
    """The first millisecond that `--since` lets in."""
    return _stretch("--since", text, now)[0]


def until(text: str, now: int) -> int:
    """The first millisecond that `--until` leaves out: the named day, month or year still counts."""
    return _stretch("--until", text, now)[1]


def _stretch(option: str, text: str, now: int) -> tuple[int, int]:
    """Begin and end of what was named, in milliseconds UTC; read in the time zone of this machine."""
    wrong = WrongWords(f"{option} does not understand {text!r}.", _HINT)
    ago = _AGO.fullmatch(text.strip().lower())
    try:
        if ago:
            here = datetime.fromtimestamp(now / 1000)  # noqa: DTZ006  people mean the clock on their wall
            moment = _ms(_ago(here, int(ago.group(1)), ago.group(2)))
            return moment, moment
        stamp = _STAMP.fullmatch(text.strip())
        if not stamp:
            raise wrong
        year, month, day, hour, minute = (int(part) if part else None for part in stamp.groups())
        begin = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0)  # noqa: DTZ001  the same
        return _ms(begin), _ms(_end(begin, month, day, hour))
    except (ValueError, OverflowError, OSError) as error:
        raise wrong from error


def _end(begin: datetime, month: int | None, day: int | None, hour: int | None) -> datetime:
    if hour is not None:
        return begin + timedelta(minutes=1)
    if day is not None:
        return begin + timedelta(days=1)
    if month is not None:
        return (begin + timedelta(days=31)).replace(day=1)
    return begin.replace(year=begin.year + 1)


def _ago(now: datetime, many: int, unit: str) -> datetime:
    if unit in "my":
        months = now.year * 12 + now.month - 1 - many * (12 if unit == "y" else 1)
        first = now.replace(year=months // 12, month=months % 12 + 1, day=1)
        longest = ((first + timedelta(days=31)).replace(day=1) - timedelta(days=1)).day
        return first.replace(day=min(now.day, longest))
    return now - many * {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}[unit]


def _ms(local: datetime) -> int:
    """A time of this machine's calendar as milliseconds UTC; Session began long after 1970."""
    if local.year < 1970:
        raise ValueError("before 1970")
    return round(local.timestamp() * 1000)
