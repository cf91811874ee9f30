"""The list of nodes that Session Desktop keeps, for the day on which no seed answers.

Source: the app keeps it in `items` as a text that holds JSON, under the id below. It has no date.
"""

from __future__ import annotations

from pathlib import Path

from ...errors import UnreadableSource
from ...network.saved import nodes_of
from ...session.nodes import MOST_NODES, NodeList
from .config import read_config
from .database import DamagedPage, open_database
from .locate import Profile
from .snapshot import take_snapshot
from .values import loads

_ITEM = "SNODE_POOL_ITEM_ID"


def nodes_in(profile: Profile, work: Path) -> NodeList:
    """The nodes that a profile knows, read from a copy in the folder `work`. A profile with a password stays closed."""
    database = open_database(take_snapshot(profile, work), read_config(profile.config), None)
    try:
        rows = [
            json for (json,) in database.rows("SELECT json FROM items WHERE id = ?", _ITEM) if isinstance(json, bytes)
        ]
    except DamagedPage:
        rows = []
    finally:
        database.close()
    try:
        item = loads(rows[0]) if rows else None
        kept = item.get("value") if isinstance(item, dict) else None
        states = loads(kept.encode()) if isinstance(kept, str) else None
    except ValueError:  # no JSON
        states = None
    if not isinstance(states, list) or len(states) > MOST_NODES:
        raise UnreadableSource("This profile holds no list of nodes.", "Name a list with --nodes.")
    return nodes_of(state for state in states if isinstance(state, dict))
