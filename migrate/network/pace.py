"""How long to wait before something is tried again: twice as long each time, and never the same as everybody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

FIRST, LONGEST = 0.5, 8.0


class Pace:
    """Waits through `sleep`, so that a test can look at the time instead of spending it."""

    def __init__(self, random: Random, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._random, self._sleep = random, sleep

    async def pause(self, attempt: int) -> None:
        """Wait before the `attempt`-th repetition, from 1."""
        await self._sleep(min(LONGEST, FIRST * 2 ** (attempt - 1)) * self._random.uniform(0.5, 1.5))
