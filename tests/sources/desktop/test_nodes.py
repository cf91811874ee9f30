"""The list of nodes in a profile of Session Desktop, for the day on which no seed answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrate.demo.profile import ProfileBuilder
from migrate.errors import PasswordNeeded, UnreadableSource
from migrate.sources.desktop.locate import Profile, recognise
from migrate.sources.desktop.nodes import nodes_in
from tests.standin.clients import start

ITEM = "SNODE_POOL_ITEM_ID"


def profile_with(folder: Path, value: object, password: str | None = None) -> Profile:
    with ProfileBuilder(folder, password=password) as builder:
        builder.item(ITEM, value)
    found = recognise(folder)
    assert found is not None
    return found


def test_a_profile_knows_the_nodes_that_session_talked_to(tmp_path: Path) -> None:
    with start(nodes=3) as network:
        known = [
            {"ip": f"1.2.3.{node.index}", "port": 22021, "pubkey_x25519": node.x25519.hex(), "pubkey_ed25519": node.key}
            for node in network.nodes
        ]
    profile = profile_with(tmp_path / "Session", json.dumps([*known, {"ip": "127.0.0.1"}, "damaged"]))
    (tmp_path / "work").mkdir()
    before = {path: path.read_bytes() for path in profile.folder.rglob("*") if path.is_file()}
    nodes = nodes_in(profile, tmp_path / "work")
    assert [node.key for node in nodes.nodes] == [one["pubkey_ed25519"] for one in known]
    assert nodes.dropped == 1
    assert {path: path.read_bytes() for path in profile.folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("value", [None, 7, "", "{}", "junk", ["not in a text"], "[" * 9999])
def test_a_profile_without_a_list_says_so(tmp_path: Path, value: object) -> None:
    with pytest.raises(UnreadableSource, match="holds no list of nodes"):
        nodes_in(profile_with(tmp_path / "Session", value), tmp_path)


def test_a_profile_with_a_password_stays_closed(tmp_path: Path) -> None:
    with pytest.raises(PasswordNeeded):
        nodes_in(profile_with(tmp_path / "Session", "[]", "a password"), tmp_path)
