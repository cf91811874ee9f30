"""Who may ask for what: formats page of the Session network, section 3, and 6.1 for members of groups.

Signatures are checked with another library than the one that our code signs with.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl import bindings as sodium

from .params import Params
from .refused import Refused

READ, WRITE, DELETE, ANY_PREFIX = 1, 2, 4, 8
NEEDED = {
    "retrieve": READ, "get_expiries": READ, "store": WRITE, "expire": WRITE, "expire_all": WRITE,
    "delete": DELETE, "delete_all": DELETE, "delete_before": DELETE,
}  # fmt: skip


def check(method: str, params: Params, said: bytes, revoked: frozenset[bytes]) -> None:
    """Raise `Refused` with 401 unless `said` is signed by whom `pubkey` names, or by somebody that they let in."""
    account = _account_key(params)
    signature = _decoded(params, "signature", 64)
    if not params.has("subaccount"):
        _verify(account, signature, said)
        return
    token = _token(params.text("subaccount"))
    flags, needed = token[1], NEEDED.get(method)
    if token[0] != int(params.pubkey()[:2], 16) and not flags & ANY_PREFIX:
        raise Refused(401, "subaccount is for another kind of account")
    if needed is None or not flags & needed:
        raise Refused(401, "subaccount may not do this")
    _verify(account, _decoded(params, "subaccount_sig", 64), token)
    if token in revoked:
        raise Refused(401, "subaccount is revoked")
    _verify(token[4:], signature, said)


def read_token(text: str) -> bytes:
    """A subaccount's token, in hex or base64."""
    return _token(text)


def _account_key(params: Params) -> bytes:
    pubkey = bytes.fromhex(params.pubkey())
    if pubkey[0] != 5:
        if params.has("pubkey_ed25519"):
            raise Refused(400, "invalid request: pubkey_ed25519 is only for 05 accounts")
        return pubkey[1:]
    try:
        key = bytes.fromhex(params.text("pubkey_ed25519")) if params.has("pubkey_ed25519") else b""
        if len(key) == 32 and sodium.crypto_sign_ed25519_pk_to_curve25519(key) == pubkey[1:]:
            return key
    except (ValueError, RuntimeError) as error:
        raise Refused(401, "retrieve signature verification failed") from error
    raise Refused(401, "pubkey_ed25519 does not belong to pubkey")


def _verify(key: bytes, signature: bytes, said: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, said)
    except (InvalidSignature, ValueError) as error:
        raise Refused(401, "signature verification failed") from error


def _decoded(params: Params, name: str, size: int) -> bytes:
    if not params.has(name):
        raise Refused(401, f"{name} is missing")
    text = params.text(name)
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise Refused(400, f"invalid request: {name} is not base64") from error
    if len(data) != size:
        raise Refused(400, f"invalid request: {name} has the wrong size")
    return data


def _token(text: str) -> bytes:
    try:
        token = bytes.fromhex(text) if len(text) == 72 else base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Refused(400, "invalid request: bad subaccount token") from error
    if len(token) != 36:
        raise Refused(400, "invalid request: bad subaccount token")
    return token
