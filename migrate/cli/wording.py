"""Numbers, sizes, times and spans of time as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number(value: int) -> str:
    """12345 -> 12,345."""
    return f"{value:,}"


def count(value: int, one: str, many: str | None = None) -> str:
    """1 -> `1 message`, 2000 -> `2,000 messages`."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def size(value: int) -> str:
    """Bytes as people read them: 1 KB is 1000 bytes."""
    if value < 1000:
        return f"{value} B"
    amount = value / 1000
    units = ["KB", "MB", "GB", "TB"]
    while amount >= 999.5 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    unit = units[0]
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"


def duration(seconds: float) -> str:
    """A stretch of time, as exact as it is of use: `8 s`, `3 min`, `2 h 10 min`."""
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02} min"


def _local(ms: int) -> datetime | None:
    """The local time, or None for times that no calendar has."""
    try:
        return (_EPOCH + timedelta(milliseconds=ms)).astimezone()
    except (OverflowError, ValueError, OSError):
        return None


def day(ms: int | None) -> str:
    """A day, in the time zone of this machine."""
    when = _local(ms) if ms is not None else None
    return f"{when:%Y-%m-%d}" if when else "unknown"


def moment(ms: int | None) -> str:
    """A time to the minute, in the time zone of this machine."""
    when = _local(ms) if ms is not None else None
    return f"{when:%Y-%m-%d %H:%M}" if when else "unknown"
