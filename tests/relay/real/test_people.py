"""A friend who stayed on Session and the owner who left talk with each other, on real servers."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from .conversation import Conversation, scene
from .far import FARS, MORE

STEPS, WITHIN = 8, 2000.0
"""How many things the two do, and the milliseconds within which each is there, on a machine that does nothing else."""


@pytest.mark.peers
@pytest.mark.parametrize("network", [*FARS, *(pytest.param(name, marks=pytest.mark.long) for name in MORE)])
def test_the_friend_who_stayed_and_the_owner_talk_and_nothing_takes_two_seconds(
    network: str, tmp_path: Path, absent: Callable[[str], NoReturn]
) -> None:
    others = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))  # with whom we share the machine

    async def talk() -> None:
        async with scene((FARS | MORE)[network], tmp_path, absent) as there:
            steps = await Conversation(there).whole()
            sys.stdout.writelines(f"{step.ms:6.0f} ms  {step.who}: {step.did}  ->  {step.saw}\n" for step in steps)
            assert len(steps) == STEPS
            assert not [step for step in steps if step.ms > WITHIN * others]

    asyncio.run(talk())
