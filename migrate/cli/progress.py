"""How far a long job is: a bar for a terminal, and lines for everything that is none."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from .wording import duration, number, size

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import Task

_REDRAW = 0.1  # seconds between two drawings of the bar
_EVERY = 10.0  # seconds between two lines


def _amount(count: float, unit: str) -> str:
    return size(int(count)) if unit == "bytes" else number(int(count))


def _state(done: float, total: float | None, unit: str, speed: float | None) -> str:
    """`12,000 of 100,000 messages · 5,400/s · 16 s left`."""
    if total is None:
        parts = [_amount(done, unit)]
    elif unit == "bytes":
        parts = [f"{_amount(done, unit)} of {_amount(total, unit)}"]
    else:
        parts = [f"{_amount(done, unit)} of {_amount(total, unit)} {unit}".rstrip()]
    if speed:
        parts.append(f"{_amount(speed, unit)}/s")
        if total is not None and done < total:
            parts.append(f"{duration((total - done) / speed)} left")
    return " · ".join(parts)


class Bar:
    """Draws a bar with count, rate and time left. It goes away when the work is done."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, ProgressColumn, TextColumn
        from rich.progress import Progress as RichProgress
        from rich.text import Text

        class State(ProgressColumn):
            def render(self, task: Task) -> Text:
                return Text(
                    _state(task.completed, task.total, str(task.fields["unit"]), task.speed),
                    no_wrap=True,
                    overflow="ellipsis",
                )

        self._progress: RichProgress = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=14),
            State(),
            console=console,
            transient=True,
            refresh_per_second=8,
        )
        self._pending = 0
        self._drawn = 0.0

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._progress.stop()

    def stage(self, name: str, total: int | None, unit: str) -> None:
        self._flush()
        for task in self._progress.task_ids:
            self._progress.remove_task(task)
        # "Reading messages … 12 of 80 messages" would say it twice, and lines are short.
        self._progress.add_task(name, total=total, unit="" if name.endswith(unit) else unit)

    def advance(self, count: int) -> None:
        self._pending += count
        now = time.monotonic()
        if now - self._drawn >= _REDRAW:
            self._drawn = now
            self._flush()

    def _flush(self) -> None:
        for task in self._progress.task_ids:
            self._progress.advance(task, self._pending)
        self._pending = 0


class Lines:
    """Says every ten seconds how far the work is."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._said = clock()
        self._name, self._unit = "", ""
        self._total: int | None = None
        self._begun, self._done = self._said, 0

    def stage(self, name: str, total: int | None, unit: str) -> None:
        self._name, self._total, self._unit = name, total, "" if name.endswith(unit) else unit
        self._begun, self._done = self._clock(), 0

    def advance(self, count: int) -> None:
        self._done += count
        now = self._clock()
        if now - self._said >= _EVERY:
            self._said = now
            speed = self._done / (now - self._begun) if now > self._begun else None
            self._say(f"{self._name}: {_state(self._done, self._total, self._unit, speed)}")
