"""The contract holds for an account of SimpleX, over the program and over the official library."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from bridges.contract import CHECKS, Check


@pytest.mark.parametrize("way", ["program", "library"])
@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_an_account_keeps_the_contract(check: Check, way: str, tmp_path: Path) -> None:
    from tests.bridges.simplex.world import over_the_library, over_the_program

    asyncio.run(check.run(partial(over_the_program if way == "program" else over_the_library, tmp_path)))
