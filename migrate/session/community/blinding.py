"""Who is who on a community server: ids that are made of a Session ID and the server's key, and lead back to neither.

Facts: formats page of communities, section 1.1. An id that begins with 15 or 25 is an Ed25519 key under which its owner
signs. It can only be recognised, by making the id of everybody whom one knows.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b

from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError

from ..envelope import x25519_of
from ..keys import ACCOUNT_PREFIX, AccountKeys, BadKey

BLINDED, NEWER, PLAIN = "15", "25", "00"
_ID = re.compile(r"(05|15|25)[0-9a-f]{64}", re.ASCII)
_P = 2**255 - 19


@lru_cache(maxsize=256)
def factor_of(server_key: bytes) -> bytes:
    """What a server multiplies the keys of everybody with."""
    return sodium.crypto_core_ed25519_scalar_reduce(blake2b(server_key).digest())


def ed25519_of(x25519: bytes) -> bytes:
    """The Ed25519 key behind an X25519 key, apart from its sign, which that has forgotten. Raises `BadKey`."""
    u = int.from_bytes(x25519, "little") & (1 << 255) - 1
    if (u + 1) % _P == 0:
        raise BadKey("No Ed25519 key belongs to this Session ID.")
    return ((u - 1) * pow(u + 1, -1, _P) % _P).to_bytes(32, "little")


@lru_cache(maxsize=4096)
def candidates(session_id: str, server_key: bytes) -> frozenset[str]:
    """The three ids that an account may have on a server: two of the kind in use, one of the newer. Raises `BadKey`."""
    x25519 = x25519_of(session_id)
    point = ed25519_of(x25519)
    newer = sodium.crypto_core_ed25519_scalar_reduce(
        blake2b(bytes([int(ACCOUNT_PREFIX, 16)]) + x25519 + server_key).digest()
    )
    one, other = _times(factor_of(server_key), point), _times(newer, point)
    flipped = one[:-1] + bytes([one[-1] ^ 0x80])
    return frozenset({BLINDED + one.hex(), BLINDED + flipped.hex(), NEWER + other.hex()})


def is_on_server(id: str, session_id: str, server_key: bytes) -> bool:
    """Whether somebody whom a server calls `id` is this account."""
    try:
        return id == session_id or (is_id(id) and id in candidates(session_id, server_key))
    except BadKey:
        return False


def is_id(id: str) -> bool:
    """Whether a server may call somebody so."""
    return _ID.fullmatch(id) is not None


def has_signed(id: str, data: bytes, signature: bytes) -> bool:
    """Whether whoever has this id signed the data. Servers do not look: formats page of communities, section 6.2."""
    if len(signature) != sodium.crypto_sign_BYTES or not is_id(id):
        return False
    key = bytes.fromhex(id[2:])
    try:
        sodium.crypto_sign_open(signature + data, ed25519_of(key) if id.startswith(ACCOUNT_PREFIX) else key)
    except (BadSignatureError, BadKey, ValueError):
        return False
    return True


class Blinded:
    """An account as one server knows it."""

    def __init__(self, keys: AccountKeys, server_key: bytes) -> None:
        self._keys, self._factor = keys, factor_of(server_key)
        self.id = BLINDED + keys.blinded(self._factor).hex()
        self.key_header = self.id

    def sign_request(self, data: bytes) -> bytes:
        return self._keys.sign_blinded(self._factor, data)

    def sign_message(self, data: bytes) -> bytes:
        return self._keys.sign_blinded(self._factor, data)


class Plain:
    """The same on an old server, which knows people by their Session ID."""

    def __init__(self, keys: AccountKeys) -> None:
        self._keys = keys
        self.id = keys.session_id
        self.key_header = PLAIN + keys.ed25519_public.hex()

    def sign_request(self, data: bytes) -> bytes:
        return self._keys.sign(data)

    def sign_message(self, data: bytes) -> bytes:
        """A signature that is good under the key which everybody can make of the Session ID."""
        return self._keys.sign_multiplied(_ONE, data)


Member = Blinded | Plain
_ONE = (1).to_bytes(32, "little")


def _times(factor: bytes, point: bytes) -> bytes:
    try:
        return sodium.crypto_scalarmult_ed25519_noclamp(factor, point)
    except (RuntimeError, TypeError, ValueError) as error:
        raise BadKey from error
