from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrate.standin.network import StandIn
from tests.network.connected import NODES
from tests.standin.clients import start


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with start(nodes=NODES) as network:
        yield network
