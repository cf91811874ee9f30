"""Trying again, with pauses that grow and never come at the same moment for everybody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from typing import TypeVar

from ..api import NotNow, State
from ..feed import Feed
from .calls import TokenRefused

T = TypeVar("T")
FIRST, LONGEST = 0.5, 120.0


class Trying:
    """The patience of one bridge. Whatever it waits for, the feed says so, and says when it is over."""

    def __init__(self, feed: Feed, random: Random) -> None:
        self._feed, self._random = feed, random
        self._where = State.CONNECTING

    def reached(self, state: State) -> None:
        """Note where things stand as long as nothing interrupts them."""
        self._where = state
        self._feed.change(state)

    async def insist(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What it is answered, however long that takes. Raises everything but `NotNow`, and `TokenRefused`."""
        tries = 0
        while True:
            try:
                answer = await ask()
            except TokenRefused:
                raise
            except NotNow as error:
                pause = max(min(FIRST * 2**tries, LONGEST), error.after or 0)
                self._feed.change(State.INTERRUPTED, str(error), "Nothing to do: it is tried again by itself.")
                await asyncio.sleep(pause * self._random.uniform(0.8, 1.2) if not error.after else pause)
                tries = min(tries + 1, 10)
            else:
                if tries and self._feed.health.state is State.INTERRUPTED:
                    self._feed.change(self._where)
                return answer


class UnderWay:
    """What is being sent, so that whoever stops can wait for it. After that nothing else begins: it raises `NotNow`."""

    def __init__(self) -> None:
        self._count, self._is_over = 0, False
        self._done = asyncio.Event()
        self._done.set()

    def __enter__(self) -> None:
        if self._is_over:
            raise NotNow("The bridge is stopping.")
        self._count += 1
        self._done.clear()

    def __exit__(self, *failure: object) -> None:
        self._count -= 1
        if not self._count:
            self._done.set()

    async def over(self, seconds: float) -> None:
        """Wait for the end of it, but no longer than this."""
        self._is_over = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._done.wait(), seconds)
