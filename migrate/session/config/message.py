"""One config message: its data, what it changed, and what it knows of changes before it."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TypeAlias

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from ...model import Noun
from ..errors import BadConfig
from .allowance import Allowance
from .bencode import Reader, Value

Scalar: TypeAlias = "int | bytes"
Leaf: TypeAlias = "Scalar | frozenset[Scalar]"
Tree: TypeAlias = "dict[bytes, Leaf | Tree]"
Diff: TypeAlias = "dict[bytes, Value]"
"""Names what changed: "" set, "-" removed, [added, removed] for a set, a dict for what lies deeper."""
Id: TypeAlias = "tuple[int, bytes]"
"""Number and hash: the higher one is newer, and wins."""

LAG = 5  # a change that is this many numbers old is no longer merged
HASH_BYTES, SIGNATURE_BYTES = 32, 64


class ConfigMessage(Noun, frozen=True, kw_only=True):
    """One state of a config, as one device saw it. `stored` are the hashes of the messages it came in."""

    id: Id
    data: Tree
    diff: Diff
    lagged: tuple[tuple[Id, Diff], ...]
    stored: tuple[str, ...]


def parse(data: bytes, stored: tuple[str, ...], allowance: Allowance, signer: bytes | None = None) -> ConfigMessage:
    """Read the bencoded form of a message; with `signer`, only if that Ed25519 key has signed it.

    Formats page of Session config messages, section 5: `#` is first and `~` last, unknown keys may stand between,
    bytes after the end are nobody's business.
    """
    outer: dict[bytes, Value] = {}
    signature_at = 0
    for position, key, value in Reader(data, allowance).items():
        if not outer and key != b"#":
            raise BadConfig("format", "The message does not begin with its number.")
        if b"~" in outer:
            raise BadConfig("format", "Something follows the signature.")
        if key == b"~":
            signature_at = position
        outer[key] = value
    if signer is not None:
        check_signature(data[:signature_at], outer.get(b"~"), signer)
    seqno, tree, lagged, diff = (outer.get(key) for key in (b"#", b"&", b"<", b"="))
    if not (isinstance(seqno, int) and isinstance(tree, dict) and isinstance(lagged, list) and isinstance(diff, dict)):
        raise BadConfig("format", "The message lacks one of its four parts.")
    _check_diff(diff)
    return ConfigMessage(
        id=(seqno, hashlib.blake2b(data, digest_size=HASH_BYTES).digest()),
        data=_tree(tree),
        diff=diff,
        lagged=tuple(_recent(lagged, seqno)),
        stored=stored,
    )


def check_signature(signed: bytes, signature: Value | None, signer: bytes) -> None:
    """Raise `BadConfig` unless `signature` is what the key `signer` makes of the bytes."""
    if not isinstance(signature, bytes) or len(signature) != SIGNATURE_BYTES:
        raise BadConfig("signature", "The message is not signed.")
    try:
        sodium.crypto_sign_open(signature + signed, signer)
    except (CryptoError, ValueError):
        raise BadConfig("signature", "The signature is not that of the group.") from None


def _recent(rows: list[Value], seqno: int) -> list[tuple[Id, Diff]]:
    """The changes of earlier messages that still count; all of them must be written as they should be."""
    found: list[tuple[Id, Diff]] = []
    for row in rows:
        match row:
            case [int(number), bytes(digest), dict(diff)] if number < seqno and len(digest) == HASH_BYTES:
                _check_diff(diff)
                found.append(((number, digest), diff))
            case _:
                raise BadConfig("format", "An earlier change is not written as one.")
    if any(one[0] >= other[0] for one, other in pairwise(found)):
        raise BadConfig("format", "Earlier changes are not in order.")
    return [row for row in found if row[0][0] > seqno - LAG]


def _check_diff(diff: Diff) -> None:
    for change in diff.values():
        match change:
            case b"" | b"-":
                pass
            case dict():
                _check_diff(change)
            case [added, removed]:
                members_of(added), members_of(removed)
            case _:
                raise BadConfig("format", "A change is not written as one.")


def _tree(values: dict[bytes, Value]) -> Tree:
    return {key: _branch(value) for key, value in values.items()}


def _branch(value: Value) -> Leaf | Tree:
    """A value of the data. Writers prune what is empty, so an empty dict or set is a fault (section 5)."""
    if isinstance(value, (int, bytes)):
        return value
    if not value:
        raise BadConfig("format", "There is an empty dict or set in the data.")
    return _tree(value) if isinstance(value, dict) else members_of(value)


def members_of(value: Value) -> frozenset[Scalar]:
    """The members of a set, which is written as a list."""
    if not isinstance(value, list):
        raise BadConfig("format", "There is no set where one belongs.")
    members = frozenset(member for member in value if isinstance(member, (int, bytes)))
    if len(members) != len(value):
        raise BadConfig("format", "A set holds something twice, or something that cannot be in one.")
    return members
