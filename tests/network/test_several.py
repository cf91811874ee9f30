"""Work that is done several at a time: all of it, never too much at once, and none after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from migrate.network.several import several


def test_all_is_done_and_never_too_much_at_once() -> None:
    done, now, most = [], 0, 0

    def work(number: int) -> Callable[[], Awaitable[None]]:
        async def one() -> None:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0)
            now -= 1
            done.append(number)

        return one

    asyncio.run(several([work(number) for number in range(10)], 3))
    assert (sorted(done), most) == (list(range(10)), 3)
    asyncio.run(several([], 3))


def test_a_failure_ends_the_rest() -> None:
    begun = []

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    async def waits() -> None:
        begun.append(1)
        await asyncio.Event().wait()

    with pytest.raises(ValueError, match="no"):
        asyncio.run(several([waits, fails, waits, waits], 2))
    assert len(begun) == 1
