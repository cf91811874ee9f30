"""Several things at once on the network, but never more than is polite."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence


async def several(work: Sequence[Callable[[], Awaitable[None]]], at_once: int) -> None:
    """Do all of the work, so much of it at a time. The first failure ends the rest."""
    waiting = list(reversed(work))

    async def one_after_the_other() -> None:
        while waiting:
            await waiting.pop()()

    tasks = [asyncio.create_task(one_after_the_other()) for _ in range(min(at_once, len(work)))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
