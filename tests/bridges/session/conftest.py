"""Short pauses, so that tests wait for things that happen and not for politeness."""

from __future__ import annotations

import pytest


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network asks as often as ever, with pauses a fiftieth as long."""
    monkeypatch.setattr("migrate.network.pace.FIRST", 0.01)
    monkeypatch.setattr("migrate.network.pace.LONGEST", 0.16)
