"""Writes config messages as the apps do, so that made-up accounts and groups can be read like real ones.

Formats page of Session config messages, sections 3 and 5. Equal content makes equal bytes: nothing here is random.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import zstandard
from nacl import bindings as sodium

from ..envelope import ONE_TO_ONE, Envelope, sealed_box
from ..envelope import wrap as in_request
from ..keys import AccountKeys
from ..wire import delimited, varint
from .bencode import Value, Writable, encode
from .crypt import NONCE_BYTES, OVERHEAD, ConfigKey
from .message import Diff, Id, Leaf, Tree
from .namespaces import Namespace

_LEVEL = 1
_NONCE_LABEL = b"libsessionutil-config-encrypted-"
_SEAL_LABEL = b"SessionBoxEphemeralHashKey"
_NO_TIME = 1  # written where an envelope has its time, always the same
_STEPS = ((5_120, 256), (20_480, 1_024), (40_960, 2_048))
_LARGEST_STEP = 5_120

NOTHING_YET: Id = (0, bytes.fromhex("ea173b57beca8af18c3519a7bbf69c3e7a05d1c049fa9558341d8ebb48b0c965"))
"""The empty state that every config begins with."""


def write_message(
    data: Tree,
    *,
    seqno: int = 1,
    diff: Diff | None = None,
    lagged: Sequence[tuple[Id, Diff]] = ((NOTHING_YET, {}),),
    sign: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """The bencoded form of a state; without `diff`, everything in it is new. A group's `sign` signs as the group."""
    rows: list[Writable] = [[number, digest, earlier] for (number, digest), earlier in lagged]
    change = all_new(data) if diff is None else diff
    plain = encode({b"#": seqno, b"&": _in_order(data), b"<": rows, b"=": change})
    return plain[:-1] + b"1:~" + encode(sign(plain[:-1])) + b"e" if sign else plain


def hide(plain: bytes, domain: bytes, key: ConfigKey) -> bytes:
    """Compress the bencoded form where that helps, pad it and encrypt it."""
    compressed = b"z" + zstandard.ZstdCompressor(level=_LEVEL).compress(plain)
    content = min(compressed, plain, key=len)
    return encrypt(content.rjust(_padded(len(content) + OVERHEAD) - OVERHEAD, b"\0"), domain, key)


def write_config(namespace: Namespace, data: Tree, keys: AccountKeys, seqno: int = 1) -> bytes:
    """What an account's device stores to say that all is as in `data`."""
    return wrap(hide(write_message(data, seqno=seqno), namespace.domain, keys.config_key), namespace, keys, seqno)


def wrap(hidden: bytes, namespace: Namespace, keys: AccountKeys, seqno: int) -> bytes:
    """The encrypted config as a message of the account to itself (section 2).

    The throwaway key of the sealed box is made of the content, so that two devices that say the same store the same.
    """
    kind = varint(1 << 3) + varint(namespace.kind or 0) + varint(2 << 3) + varint(seqno)
    padded = delimited(11, kind + delimited(3, hidden)) + b"\x80"
    to, sender = keys.x25519_public, keys.ed25519_public
    box = sealed_box(padded + sender + keys.sign(padded + sender + to), to, keys.derived(_SEAL_LABEL, to + padded))
    return in_request(Envelope(type=ONE_TO_ONE, sent_at=_NO_TIME, device=None, content=box))


def encrypt(padded: bytes, domain: bytes, key: ConfigKey) -> bytes:
    """Ciphertext and nonce; the nonce is made of the content, so that equal content stays equal."""
    nonce = hashlib.blake2b(padded, digest_size=NONCE_BYTES, key=_NONCE_LABEL + domain).digest()
    message_key = key(len(padded), domain)
    return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(padded, None, nonce, message_key) + nonce


def all_new(data: Tree) -> Diff:
    """The diff that names everything in a tree as set."""
    return {key: _new(value) for key, value in data.items()}


def _new(value: Leaf | Tree) -> Value:
    if isinstance(value, dict):
        return all_new(value)
    return [_sorted(value), []] if isinstance(value, frozenset) else b""


def _in_order(data: Tree) -> dict[bytes, Writable]:
    return {key: _writable(value) for key, value in data.items()}


def _writable(value: Leaf | Tree) -> Writable:
    if isinstance(value, dict):
        return _in_order(value)
    return _sorted(value) if isinstance(value, frozenset) else value


def _sorted(members: frozenset[int | bytes]) -> list[Value]:
    """A set as it is written: numbers first, then strings."""
    numbers: list[Value] = [*sorted(member for member in members if isinstance(member, int))]
    return [*numbers, *sorted(member for member in members if isinstance(member, bytes))]


def _padded(size: int) -> int:
    step = next((step for below, step in _STEPS if size < below), _LARGEST_STEP)
    return -(-size // step) * step
