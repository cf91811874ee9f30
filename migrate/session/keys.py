"""From a seed to the keys of an account and its Session ID. Facts: formats page of the Session network, section 1.2."""

from __future__ import annotations

from typing import NoReturn

from nacl import bindings as sodium

from ..errors import DecampError
from ..model import short_id

ACCOUNT_PREFIX = "05"
WORDS_BYTES, SEED_BYTES = 16, 32


class BadKey(DecampError):
    """These bytes are no key of a Session account."""

    exit_code = 3
    hint = "A key is 32 bytes; copy it again from where it came."


class Secret:
    """Something that is used where it is and never travels: it cannot be changed, copied, pickled or shown."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is a secret and is not written anywhere")

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()}>"


class Seed(Secret):
    """What the 13 words stand for: 16 bytes, from which everything of the account follows."""

    __slots__ = ("_bytes",)
    _bytes: bytes

    def __init__(self, data: bytes) -> None:
        if len(data) != WORDS_BYTES:
            raise BadKey(f"A seed has {WORDS_BYTES} bytes, and this has {len(data)}.")
        object.__setattr__(self, "_bytes", bytes(data))

    def __bytes__(self) -> bytes:
        return self._bytes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seed) and sodium.sodium_memcmp(self._bytes, other._bytes)

    def __hash__(self) -> int:
        return hash((Seed, self._bytes))


class AccountKeys(Secret):
    """The keys of one account: who it is, for everybody, and the power to sign as it."""

    __slots__ = ("_secret", "ed25519_public", "session_id", "x25519_public")
    _secret: bytes
    ed25519_public: bytes
    x25519_public: bytes
    session_id: str

    def __init__(self, ed25519_seed: bytes) -> None:
        """The keys of a 32-byte Ed25519 seed. `from_seed` is for the seed that the words hold."""
        if len(ed25519_seed) != SEED_BYTES:
            raise BadKey(f"An Ed25519 seed has {SEED_BYTES} bytes, and this has {len(ed25519_seed)}.")
        public, secret = sodium.crypto_sign_seed_keypair(bytes(ed25519_seed))
        session_id = session_id_of(public)
        object.__setattr__(self, "_secret", secret)
        object.__setattr__(self, "ed25519_public", public)
        object.__setattr__(self, "x25519_public", bytes.fromhex(session_id[2:]))
        object.__setattr__(self, "session_id", session_id)

    @classmethod
    def from_seed(cls, seed: Seed) -> AccountKeys:
        """The keys of the account that the words stand for: their 16 bytes and 16 zero bytes are its Ed25519 seed."""
        return cls(bytes(seed).ljust(SEED_BYTES, b"\0"))

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of the Ed25519 signature of `data`."""
        return sodium.crypto_sign(data, self._secret)[: sodium.crypto_sign_BYTES]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccountKeys) and self.ed25519_public == other.ed25519_public

    def __hash__(self) -> int:
        return hash((AccountKeys, self.ed25519_public))

    def __repr__(self) -> str:
        return f"<keys of {short_id(self.session_id)}>"


def session_id_of(ed25519_public: bytes) -> str:
    """The Session ID that belongs to an Ed25519 key: 05 and the X25519 key that it converts to, in hex.

    Raises `BadKey` for bytes that are no point, not the one way to write it, or a point that anybody can sign for:
    two keys that convert to the same Session ID must not exist, apart from the sign that the conversion forgets.
    """
    if len(ed25519_public) != SEED_BYTES or not sodium.crypto_core_ed25519_is_valid_point(ed25519_public):
        raise BadKey
    return ACCOUNT_PREFIX + sodium.crypto_sign_ed25519_pk_to_curve25519(ed25519_public).hex()
