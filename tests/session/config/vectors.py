"""The config vectors: made with the library that the apps use, read in place."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from migrate.session.config.message import Leaf, Tree
from migrate.session.config.stored import StoredMessage
from migrate.session.keys import AccountKeys

FOLDER = "session-config"

BROKEN = tuple(f"bad-{name}" for name in (
    "01-bit-flip", "02-bit-flip-wrapped", "03-truncated", "04-too-short", "05-wrong-key", "06-wrong-domain",
    "07-bad-zstd", "08-unknown-type", "09-unsorted-keys", "10-empty-subdict", "11-no-seqno", "12-all-padding",
    "13-key-after-signature", "15-missing-diff-key",
))  # fmt: skip
READABLE = (
    "bad-14-mixed-with-good",
    *(f"contacts-{name}" for name in (
        "01-wrapped", "02-raw", "03-double-wrapped", "04-tiny", "05-conflict-merge", "06-conflict-merge-reordered",
        "07-erase-versus-edit", "08-too-old-ignored", "09-within-lag-merged", "10-superseded-chain", "11-tie-by-hash",
        "12-multipart", "13-multipart-part-missing", "14-newer-fields", "15-edit-beats-erase",
    )),
    "convo-01-volatile",
    "edge-01-trailing-garbage",
    "edge-02-unknown-top-level-keys",
    "groups-01-user-groups",
    "groups-02-conflict-sets",
    *(f"profile-{name}" for name in (
        "01-basic", "02-no-name", "03-newer-fields", "04-conflict", "05-uncompressed",
    )),
)  # fmt: skip
GROUP = tuple(f"group-{name}" for name in (
    "01-admin-view", "02-member-view", "03-second-admin-view", "04-outsider", "05-supplement-view",
    "06-removed-member-view", "07-remaining-member-view", "08-conflict-member-view", "09-conflict-admin-view",
    "10-forged",
))  # fmt: skip
MEMBER_AUTHENTICATION = "group-11-subaccount"

Vector = dict[str, Any]


def load(samples: Path, name: str) -> Vector:
    found: Vector = json.loads((samples / FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def stored(messages: list[Vector]) -> list[StoredMessage]:
    return [
        StoredMessage(hash=one["hash"], timestamp=one["timestamp"], data=bytes.fromhex(one["data_hex"]))
        for one in messages
    ]


def keys_of(account: Vector) -> AccountKeys:
    return AccountKeys(bytes.fromhex(account["ed25519_seed32"]))


def as_json(tree: Tree) -> Any:
    """The tree in the notation of the vectors: strings in hex, sets as lists, keys as text where they are text."""
    return {_key(key): _value(tree[key]) for key in sorted(tree)}


def digest(tree: Tree) -> str:
    compact = json.dumps(as_json(tree), separators=(",", ":"))
    return hashlib.blake2b(compact.encode(), digest_size=32).hexdigest()


def _key(key: bytes) -> str:
    return key.decode() if all(0x20 <= byte <= 0x7E for byte in key) else f"hex:{key.hex()}"


def _value(value: Leaf | Tree) -> Any:
    if isinstance(value, dict):
        return as_json(value)
    if isinstance(value, frozenset):
        numbers = sorted(member for member in value if isinstance(member, int))
        return [*numbers, *(_value(member) for member in sorted(m for m in value if isinstance(m, bytes)))]
    return f"hex:{value.hex()}" if isinstance(value, bytes) else value
