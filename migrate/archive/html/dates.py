"""Times as the pages show them: UTC in the file, turned into the reader's own time by the browser.

So the same archive makes the same bytes anywhere, and people see the hours they remember.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

DAY = 86_400_000
_DAYS = 1 << 14  # to remember: the days of forty years
_EPOCH = date(1970, 1, 1)
_LAST = 253_402_300_800_000  # the year 10000
_MINUTES = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def is_known(at: int | None) -> bool:
    """Whether a time can be shown; senders claim what they like."""
    return at is not None and 0 < at < _LAST


def day_of(at: int) -> int:
    """The number of the day since 1970; 0 for a time that cannot be shown."""
    return at // DAY if is_known(at) else 0


@lru_cache(maxsize=_DAYS)
def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)


@lru_cache(maxsize=_DAYS)
def _iso(day: int) -> str:
    return _date(day).isoformat()


@lru_cache(maxsize=_DAYS)
def day_heading(day: int) -> str:
    """A day as the heading above its messages."""
    if not day:
        return "Date unknown"
    at = _date(day)
    return f'<time datetime="{_iso(day)}">{_WEEKDAYS[at.weekday()]}, {at.day} {MONTHS[at.month - 1]} {at.year}</time>'


def clock(at: int) -> str:
    """The time of day of a message, with all of the time for machines."""
    if not 0 < at < _LAST:
        return "<time>time unknown</time>"
    day, second = divmod(at // 1000, 86_400)
    minute = _MINUTES[second // 60]
    return f'<time datetime="{_iso(day)}T{minute}:{second % 60:02}Z">{minute}</time>'


def short_date(at: int | None) -> str:
    """A date where there is little room."""
    if at is None or not is_known(at):
        return ""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    day = f"{moment.day} {MONTHS[moment.month - 1][:3]} {moment.year}"
    return f'<time datetime="{moment:%Y-%m-%dT%H:%M:%S}Z" data-as="date">{day}</time>'


def month_of(at: int) -> tuple[int, int] | None:
    """Year and month, for jumping."""
    if not is_known(at):
        return None
    day = _date(at // DAY)
    return day.year, day.month


def duration(seconds: int | None) -> str:
    """A length of time in the largest unit that fits it whole."""
    if not seconds or seconds < 0:
        return "some time"
    for size, unit in ((604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            return f"{seconds // size:,} {unit}{'s' if seconds != size else ''}"
    return f"{seconds:,} second{'s' if seconds != 1 else ''}"


def end_of_month(year: int, month: int) -> int:
    """The first moment after a month."""
    if (year, month) >= (9999, 12):
        return _LAST
    return (date(year + month // 12, month % 12 + 1, 1) - _EPOCH).days * DAY
