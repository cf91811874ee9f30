"""The checks, in the order in which a bridge is best written. Each has one sentence that a bridge must make true."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from . import abilities, basics, files, messages, people, signals
from .world import World

Body = Callable[[World], Awaitable[None]]
Worlds = Callable[[], AbstractAsyncContextManager[World]]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a bridge must do. `run` makes a world of its own for it."""

    name: str
    body: Body

    def __str__(self) -> str:
        return self.name

    async def run(self, worlds: Worlds) -> None:
        """Raises `AssertionError` where the bridge does something else."""
        async with worlds() as world:
            await self.body(world)


MODULES = basics, messages, files, signals, people, abilities
CHECKS: tuple[Check, ...] = tuple(Check(body.__name__, body) for module in MODULES for body in module.CHECKS)
