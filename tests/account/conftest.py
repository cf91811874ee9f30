"""The stand-in network on which Alice and Bob talk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrate.standin.network import StandIn
from tests.account.people import ALICE, BOB, Device, has_contact, is_called
from tests.standin.clients import start


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with start() as network:
        yield network


@pytest.fixture
def friends(standin: StandIn) -> tuple[Device, Device]:
    """Alice and Bob, who know each other."""
    is_called(standin, ALICE, "Alice")
    is_called(standin, BOB, "Bob")
    has_contact(standin, ALICE, BOB, n="Bob", a=1, A=1)
    has_contact(standin, BOB, ALICE, n="Alice", a=1, A=1)
    return Device(standin, ALICE), Device(standin, BOB)
