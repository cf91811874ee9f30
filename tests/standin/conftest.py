from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrate.standin.network import StandIn
from tests.standin.clients import Person, start


@pytest.fixture
def network() -> Iterator[StandIn]:
    with start() as network:
        yield network


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def vectors(samples: Path) -> Any:
    return json.loads((samples / "session-network" / "vectors.json").read_bytes())
