"""The double of SimpleX speaks in the official types: without their package its tests cannot run."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import NoReturn

import pytest


@pytest.fixture(autouse=True)
def official_types(absent: Callable[[str], NoReturn]) -> None:
    if importlib.util.find_spec("simplex_chat") is None:
        absent("the package simplex-chat, which has the official types, is not installed")


@pytest.fixture(params=["program", "library"])
def way(request: pytest.FixtureRequest) -> str:
    """How the bridge speaks with SimpleX: both have to look the same to everybody."""
    return str(request.param)
