"""How slow this machine is right now, so that a limit of time is about the program and not about the machine."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

USUAL = 0.035  # seconds of CPU for the work below, where the limits of the tests were set


def slowness() -> float:
    """How many times as long the same work takes here and now as where the limits were set, and at least 1."""
    return max(1.0, min(_work() for _ in range(5)) / USUAL)


def _work() -> float:
    began = time.process_time()
    words = {str(number * 7919 % 100_003): number for number in range(60_000)}
    assert sum(words[word] for word in sorted(words)) == 60_000 * 59_999 // 2
    return time.process_time() - began


async def is_within(seconds: float, happens: Callable[[str], Awaitable[object]]) -> bool:
    """Whether something takes no longer when nothing comes between: it may be tried three times, under other names."""
    for name in ("at once", "again", "the third time"):
        began = time.monotonic()
        await happens(name)
        if time.monotonic() - began < seconds:
            return True
    return False
