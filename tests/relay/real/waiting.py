"""Waiting for what happens on servers and in other processes, and nobody tells."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.patience import PATIENCE


async def soon(true: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  nobody tells us
            await asyncio.sleep(0.02)
