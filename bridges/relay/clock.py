"""Time and waiting, as the relay is given them (tests turn a clock of their own), and an end to waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Protocol


class Clock(Protocol):
    """What time it is, and how to wait."""

    def now(self) -> int:
        """Milliseconds since 1970. It may jump when somebody sets the clock of the machine."""

    def steady(self) -> float:
        """Seconds since anything, which never jump: for how long something took."""

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        import time

        return time.time_ns() // 1_000_000

    def steady(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def ended(tasks: Collection[asyncio.Task[None]], seconds: float) -> None:
    """Cancel tasks, and wait until they have ended, but no longer than so many seconds, whatever they do."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
