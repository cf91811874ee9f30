"""The keys of a made-up account, and how Session Desktop writes them down.

Facts: formats page of Session Desktop, sections 2 and 8.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from random import Random

from nacl import bindings as nacl

SEED_SECRET_BYTES = 16


@dataclass(frozen=True, slots=True, repr=False)
class AccountKeys:
    """A whole account: what the 13 words stand for, and the two key pairs that follow from it."""

    seed: bytes
    ed25519_public: bytes
    ed25519_secret: bytes
    x25519_public: bytes
    x25519_secret: bytes

    @classmethod
    def from_seed(cls, seed: bytes) -> AccountKeys:
        """The account of a seed: the 16 bytes that words hold, or those and the 16 zero bytes that follow."""
        full = seed.ljust(2 * SEED_SECRET_BYTES, b"\0")
        public, secret = nacl.crypto_sign_seed_keypair(full)
        return cls(
            seed=full,
            ed25519_public=public,
            ed25519_secret=secret,
            x25519_public=nacl.crypto_sign_ed25519_pk_to_curve25519(public),
            x25519_secret=nacl.crypto_sign_ed25519_sk_to_curve25519(secret),
        )

    @classmethod
    def made_up(cls, rng: Random) -> AccountKeys:
        """A new account nobody has."""
        return cls.from_seed(rng.randbytes(SEED_SECRET_BYTES))

    @property
    def id(self) -> str:
        """The Session ID: 05 and the X25519 public key."""
        return "05" + self.x25519_public.hex()

    def __repr__(self) -> str:
        return f"<account {self.id[:6]}…>"

    def identity_item(self) -> dict[str, object]:
        """The value of item `identityKey`; byte arrays become objects with numbered fields, as JSON made of them."""
        return {
            "pubKey": b64encode(bytes.fromhex(self.id)).decode(),
            "privKey": b64encode(self.x25519_secret).decode(),
            "ed25519KeyPair": {
                "publicKey": _numbered(self.ed25519_public),
                "privateKey": _numbered(self.ed25519_secret),
                "keyType": "ed25519",
            },
        }


def _numbered(data: bytes) -> dict[str, int]:
    return {str(index): byte for index, byte in enumerate(data)}


def key_statement(key: str) -> str:
    """The statement with which the app unlocks its database: hex digits only are always written as a raw key."""
    if re.search(r"[^0-9A-Fa-f]", key):
        return "PRAGMA key = '" + key.replace("'", "''") + "'"
    return f"PRAGMA key = \"x'{key}'\""
