"""A network of this moment, and two independent clients on it, which live as long as a file of tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from migrate.standin.network import StandIn

from .clocks import this_moment
from .peer import Peer


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
