"""The layers of an onion as a node opens them: formats page of the Session network, section 4.1.

Written from that page alone, so that what `migrate.session.onion` closes is opened by somebody else.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from .refused import Refused

Random = Callable[[int], bytes]
XCHACHA20 = {"xchacha20", "xchacha20-poly1305"}


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The X25519 pair of a node or a server."""

    secret: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        return X25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class Sealing:
    """How one layer is closed, and its answer too."""

    key: bytes = field(repr=False)
    xchacha20: bool

    @classmethod
    def between(cls, own: KeyPair, ephemeral: object, cipher: object) -> Sealing:
        """What a node shares with whoever made the layer for it. Raises `Refused` for a key that is none."""
        try:
            theirs = bytes.fromhex(str(ephemeral))
            shared = X25519PrivateKey.from_private_bytes(own.secret).exchange(X25519PublicKey.from_public_bytes(theirs))
        except ValueError as error:
            raise Refused(400, "Invalid ephemeral key") from error
        if cipher in XCHACHA20:
            return cls(hashlib.blake2b(shared + theirs + own.public, digest_size=32).digest(), True)
        if cipher in {None, "aes-gcm", "gcm"}:
            return cls(hmac.new(b"LOKI", shared, hashlib.sha256).digest(), False)
        raise Refused(400, "Invalid enc_type")

    def open(self, sealed: bytes) -> bytes:
        size = 24 if self.xchacha20 else 12
        nonce, rest = sealed[:size], sealed[size:]
        try:
            if len(rest) < 16:
                raise Refused(400, "Decryption failed")
            if self.xchacha20:
                return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(rest, None, nonce, self.key)
            return AESGCM(self.key).decrypt(nonce, rest, None)
        except (InvalidTag, CryptoError) as error:
            raise Refused(400, "Decryption failed") from error

    def close(self, plain: bytes, random: Random) -> bytes:
        nonce = random(24 if self.xchacha20 else 12)
        if self.xchacha20:
            return nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, None, nonce, self.key)
        return nonce + AESGCM(self.key).encrypt(nonce, plain, None)


def split(frame: bytes) -> tuple[bytes, dict[str, object]]:
    """A frame: the length of what is sealed, what is sealed, and JSON about it."""
    end = 4 + int.from_bytes(frame[:4], "little")
    if len(frame) < 4 or end > len(frame):
        raise Refused(400, "Invalid onion frame")
    try:
        said = json.loads(frame[end:])
    except (ValueError, RecursionError) as error:
        raise Refused(400, "Invalid onion frame") from error
    if not isinstance(said, dict):
        raise Refused(400, "Invalid onion frame")
    return frame[4:end], said
