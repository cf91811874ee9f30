"""Who asks a community server: nobody in particular, or whoever signed. Formats page of communities, section 4.

Signatures are checked with another library than the one that our code signs with.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from urllib.parse import unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl import bindings as sodium

from .http import Request
from .refused import Refused

HEADERS = ("x-sogs-pubkey", "x-sogs-nonce", "x-sogs-timestamp", "x-sogs-signature")
DAY = 86_400


class Callers:
    """Remembers nonces, and knows who is banned from all of the server."""

    def __init__(self, server_key: bytes) -> None:
        self._key = server_key
        self._nonces: dict[bytes, int] = {}
        self.banned: set[str] = set()

    def who(self, request: Request, now: int, *, blinds: bool) -> str | None:
        """The id of whoever signed the request, on a server that `blinds` never a Session ID. Raises `Refused`."""
        given = [request.headers[name] for name in HEADERS if name in request.headers]
        if not given:
            return None
        if len(given) < len(HEADERS):
            missing = len(HEADERS) - len(given)
            raise Refused(400, f"Invalid authentication headers: missing {missing}/4 required X-SOGS-* headers")
        key, id = _named(given[0].lower(), blinds=blinds)
        nonce = _nonce(given[1])
        if id in self.banned:
            raise Refused(403, "Banned")
        if not re.fullmatch(r"[0-9]{1,12}", given[2]) or abs(int(given[2]) - now) > DAY:
            raise Refused(425, "Invalid authentication: X-SOGS-Timestamp is too far from current time")
        if now - self._nonces.get(nonce, -DAY) < DAY:
            raise Refused(425, "Invalid authentication: X-SOGS-Nonce cannot be reused")
        _verify(key, given[3], self._said(request, nonce, given[2]))
        self._nonces[nonce] = now
        return id

    def _said(self, request: Request, nonce: bytes, timestamp: str) -> bytes:
        path, mark, query = request.path.partition("?")
        said = self._key + nonce + timestamp.encode() + request.method.encode() + unquote_to_bytes(path)
        said += (mark + query).encode()
        return said + (hashlib.blake2b(request.body).digest() if request.body else b"")


def _named(said: str, *, blinds: bool) -> tuple[bytes, str]:
    if not re.fullmatch(r"(00|15)[0-9a-f]{64}", said):
        raise Refused(400, "Invalid authentication: X-SOGS-Pubkey must be 00- or 15- prefixed")
    key = bytes.fromhex(said[2:])
    if said.startswith("15"):
        return key, said
    if blinds:
        raise Refused(400, "Invalid authentication: this server requires the use of blinded ids")
    try:
        return key, "05" + sodium.crypto_sign_ed25519_pk_to_curve25519(key).hex()
    except RuntimeError as error:
        raise Refused(400, "Invalid authentication: X-SOGS-Pubkey is no key") from error


def _verify(key: bytes, signature: str, said: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(decoded(signature, 64), said)
    except (InvalidSignature, ValueError) as error:
        raise Refused(401, "Invalid authentication: X-SOGS-Signature verification failed") from error


def _nonce(said: str) -> bytes:
    return bytes.fromhex(said) if re.fullmatch(r"[0-9a-fA-F]{32}", said) else decoded(said, 16)


def decoded(said: object, size: int | None = None) -> bytes:
    """Bytes in base64, padded or not."""
    try:
        data = base64.b64decode(str(said) + "=" * (-len(str(said)) % 4), validate=True)
    except binascii.Error as error:
        raise Refused(400, "Invalid base64") from error
    if size is not None and len(data) != size:
        raise Refused(400, "Invalid size")
    return data
