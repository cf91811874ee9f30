"""Somebody who has moved: over a street of mailboxes everybody is told, and into a garden they come."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from bridges import registry
from migrate.settings import Settings
from tests.announce.street import street
from tests.cli.conftest import HOSTILE, Decamp, said

BRIDGES = {"street": "StreetBridge", "garden": "GardenBridge", "forgetful": "ForgetfulBridge", "broken": "BrokenBridge"}
NOTICE = ("announce", "plan")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the street and the garden lie; both are installed."""
    points = [
        importlib.metadata.EntryPoint(name, f"tests.announce.street:{bridge}", registry.GROUP)
        for name, bridge in BRIDGES.items()
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    return tmp_path


@pytest.fixture
def mine(places: Path, decamp: Decamp) -> Callable[..., Result]:
    """decamp of somebody who has moved, with street and garden set up, and mailboxes for Alice, Bob and the hikers."""
    home = Settings(places / "settings")
    for name in ("street", "garden"):
        home.set(f"bridge.{name}", "place", str(places / f"{name}.sqlite"))
    boxes = street(places / "street.sqlite")
    rows = [("alice", "Alice"), ("bob", "Bob"), ("mallory", HOSTILE), ("group 1", "Hikers"), ("me", "Robin")]
    boxes.executemany("INSERT INTO boxes VALUES (?, ?)", rows)
    boxes.close()
    assert decamp("handle", "add", "xmpp:robin@example.org").exit_code == 0
    return decamp


@pytest.fixture
def told(mine: Decamp, exported: Path, profile: Path) -> Decamp:
    """The same, after everybody was told."""
    assert mine(*NOTICE, exported, "--via", "street").exit_code == 0
    done = mine("announce", "send", "--yes", "--pace", "0", "--profile", profile)
    assert done.exit_code == 0, done.output
    return mine


def shown(places: Path) -> dict[str, list[str]]:
    db = street(places / "street.sqlite")
    texts: dict[str, list[str]] = {}
    for box, text in db.execute("SELECT box, text FROM shown ORDER BY number").fetchall():
        texts.setdefault(box, []).append(text)
    db.close()
    return texts


def status(decamp: Decamp) -> dict[str, Any]:
    return said(decamp("announce", "status", "--json"))
