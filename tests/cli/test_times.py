"""Times as people type and read them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from migrate.cli import when, wording
from migrate.errors import WrongWords

NOW = round(datetime(2026, 3, 31, 12, 0, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture(autouse=True)
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A place that is not UTC and changes its clocks."""
    if not hasattr(time, "tzset"):
        pytest.skip("this system has one time zone for all programs")
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def utc(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("typed", "begin", "end"),
    [
        ("2024", "2024-01-01 05:00", "2025-01-01 05:00"),
        ("٢٠٢٤", "2024-01-01 05:00", "2025-01-01 05:00"),
        ("2024-05", "2024-05-01 04:00", "2024-06-01 04:00"),
        ("2024-12", "2024-12-01 05:00", "2025-01-01 05:00"),
        ("2024-02-29", "2024-02-29 05:00", "2024-03-01 05:00"),
        ("2024-03-10", "2024-03-10 05:00", "2024-03-11 04:00"),  # a day of 23 hours
        ("2024-05-01T12:30", "2024-05-01 16:30", "2024-05-01 16:31"),
        ("2024-05-01 12:30", "2024-05-01 16:30", "2024-05-01 16:31"),
        ("30d", "2026-03-01 13:00", "2026-03-01 13:00"),  # same time on the clock, before it was changed
        ("24h", "2026-03-30 12:00", "2026-03-30 12:00"),
        ("2w", "2026-03-17 12:00", "2026-03-17 12:00"),
        ("1m", "2026-02-28 13:00", "2026-02-28 13:00"),
        ("2y", "2024-03-31 12:00", "2024-03-31 12:00"),
    ],
)
def test_a_date_means_what_it_means_on_the_wall(typed: str, begin: str, end: str) -> None:
    assert utc(when.since(typed, NOW)) == begin
    assert utc(when.until(typed, NOW)) == end


@pytest.mark.parametrize(
    "typed", ["", "soon", "2024-13", "2024-02-30", "1969", "0000", "99999y", "-3d", "2024-05-01T25:00", "9999"]
)
def test_what_is_no_date_is_wrong_words(typed: str) -> None:
    with pytest.raises(WrongWords):
        when.until(typed, NOW)


def test_times_are_shown_on_the_wall_clock_too() -> None:
    assert wording.moment(NOW) == "2026-03-31 08:00"
    assert wording.day(NOW) == "2026-03-31"


@pytest.mark.parametrize("ms", [None, 10**18, -(10**18)])
def test_a_time_that_no_calendar_has_is_unknown(ms: int | None) -> None:
    assert wording.day(ms) == "unknown"
    assert wording.moment(ms) == "unknown"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (9_949, "9.9 KB"),
        (9_960, "10 KB"),
        (999_499, "999 KB"),
        (999_999, "1.0 MB"),
        (3_200_000_000, "3.2 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes_are_short(value: int, shown: str) -> None:
    assert wording.size(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.2, "1 s"), (89, "89 s"), (100, "2 min"), (5400, "1 h 30 min"), (7260, "2 h 01 min")]
)
def test_durations_are_as_exact_as_is_of_use(seconds: float, shown: str) -> None:
    assert wording.duration(seconds) == shown


def test_counts_have_their_plural() -> None:
    assert wording.count(1, "message") == "1 message"
    assert wording.count(0, "person", "people") == "0 people"
    assert wording.count(12345, "message") == "12,345 messages"
