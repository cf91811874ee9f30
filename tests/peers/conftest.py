"""A network of this moment, and two independent clients on it, which live as long as a file of tests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from migrate.standin.network import StandIn

from .peer import Peer


def this_moment() -> int:
    """Peers have no clock but the one of the machine."""
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def network() -> Iterator[StandIn]:
    """File ids are of the old kind: the direct peer knows no others."""
    with StandIn(this_moment, os.urandom) as running:
        running.faults.numeric_file_ids = True
        yield running


@pytest.fixture(scope="module")
def direct(network: StandIn, absent: Callable[[str], NoReturn]) -> Iterator[Peer]:
    with Peer.started("direct", network, "Dora Direct", absent) as peer:
        yield peer


@pytest.fixture(scope="module")
def onion(network: StandIn, absent: Callable[[str], NoReturn]) -> Iterator[Peer]:
    with Peer.started("onion", network, "Olaf Onion ☃", absent) as peer:
        yield peer
