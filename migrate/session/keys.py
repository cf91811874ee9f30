"""From a seed to the keys of an account and its Session ID. Facts: formats page of the Session network, section 1.2."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b, sha512
from typing import NoReturn

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from ..errors import DecampError
from ..model import short_id
from .errors import BadMessage

ACCOUNT_PREFIX, GROUP_PREFIX = "05", "03"
WORDS_BYTES, SEED_BYTES = 16, 32
_GROUP = re.compile(f"{GROUP_PREFIX}[0-9a-f]{{64}}")


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

    def multiplied(self, factor: bytes) -> bytes:
        """The public key times `factor`: the name under which a member of a group asks, section 6.1.

        The sign bit is cleared first: the group's admin made it from a Session ID, which has forgotten the sign.
        """
        point = self.ed25519_public[:-1] + bytes([self.ed25519_public[-1] & 0x7F])
        try:
            return sodium.crypto_scalarmult_ed25519_noclamp(factor, point)
        except (RuntimeError, TypeError, ValueError) as error:
            raise BadKey from error

    def sign_multiplied(self, factor: bytes, data: bytes) -> bytes:
        """A signature of `data` that is good under `multiplied(factor)`, as any Ed25519 signature is."""
        public = self.multiplied(factor)
        scalar = sodium.crypto_sign_ed25519_sk_to_curve25519(self._secret)
        if self.ed25519_public[-1] & 0x80:
            scalar = sodium.crypto_core_ed25519_scalar_negate(scalar)
        hidden = blake2b(self._secret[:SEED_BYTES], digest_size=32, key=b"SubaccountSeed").digest()
        once = blake2b(hidden + public + data, key=b"SubaccountSig").digest()
        return _signature(sodium.crypto_core_ed25519_scalar_mul(factor, scalar), public, once, data)

    def blinded(self, factor: bytes) -> bytes:
        """The public key times `factor`, with its sign: the name under which a community knows this account."""
        try:
            return sodium.crypto_scalarmult_ed25519_noclamp(factor, self.ed25519_public)
        except (RuntimeError, TypeError, ValueError) as error:
            raise BadKey from error

    def sign_blinded(self, factor: bytes, data: bytes) -> bytes:
        """A signature of `data` that is good under `blinded(factor)`: formats page of communities, section 4."""
        public, scalar = self.blinded(factor), sodium.crypto_sign_ed25519_sk_to_curve25519(self._secret)
        once = sha512(sha512(self._secret[:SEED_BYTES]).digest()[SEED_BYTES:] + public + data).digest()
        return _signature(sodium.crypto_core_ed25519_scalar_mul(factor, scalar), public, once, data)

    def open_sealed(self, sealed: bytes) -> bytes:
        """What somebody sealed to this account. Raises `BadMessage` for what is not for us, or damaged."""
        own_secret = sodium.crypto_sign_ed25519_sk_to_curve25519(self._secret)
        try:
            return sodium.crypto_box_seal_open(sealed, self.x25519_public, own_secret)
        except (CryptoError, TypeError, ValueError):
            raise BadMessage("decrypt", "A sealed message does not open with the keys of this account.") from None

    def derived(self, label: bytes, data: bytes) -> bytes:
        """32 bytes that only this account can make of `data`, and that are the same each time."""
        return blake2b(self._secret[:SEED_BYTES] + data, digest_size=SEED_BYTES, key=label).digest()

    def config_key(self, size: int, domain: bytes) -> bytes:
        """The key of one config message of this account that hides `size` bytes: see `config_key` below."""
        return config_key(self._secret[:SEED_BYTES], size, domain)

    def file_key(self, data: bytes, purpose: bytes, size: int) -> bytes:
        """Key material for one file of this account: the same again for the same bytes, section 7.2."""
        return blake2b(data, digest_size=size, key=self._secret[:SEED_BYTES], person=purpose).digest()

    def group_member_key(self, group_x25519: bytes) -> bytes:
        """The key under which a group hands its own keys to this account.

        Formats page of Session config messages, section 7.3.
        """
        return self._member_key(group_x25519, group_x25519 + self.x25519_public)

    def key_for_member(self, member_x25519: bytes) -> bytes:
        """The same key, as the group finds it whose keys these are."""
        return self._member_key(member_x25519, self.x25519_public + member_x25519)

    def _member_key(self, other: bytes, both: bytes) -> bytes:
        try:
            shared = sodium.crypto_scalarmult(sodium.crypto_sign_ed25519_sk_to_curve25519(self._secret), other)
        except CryptoError:
            raise BadKey("This key is one that anybody can use.") from None
        return blake2b(shared + both, digest_size=SEED_BYTES, key=b"SessionGroupKeyMemberKey").digest()

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


def _signature(scalar: bytes, public: bytes, once: bytes, data: bytes) -> bytes:
    """An Ed25519 signature with a scalar in the place of a seed. `once` are 64 bytes that no other message has."""
    once = sodium.crypto_core_ed25519_scalar_reduce(once)
    point = sodium.crypto_scalarmult_ed25519_base_noclamp(once)
    asked = sodium.crypto_core_ed25519_scalar_reduce(sha512(point + public + data).digest())
    answer = sodium.crypto_core_ed25519_scalar_mul(asked, scalar)
    return point + sodium.crypto_core_ed25519_scalar_add(once, answer)


@lru_cache(maxsize=1024)
def group_key_of(group: str) -> bytes:
    """The Ed25519 key that a group's id is made of, and that signs for it. Raises `BadKey` if this is no such id."""
    if not _GROUP.fullmatch(group):
        raise BadKey(f"A group begins with {GROUP_PREFIX} and has 66 characters.")
    key = bytes.fromhex(group[len(GROUP_PREFIX) :])
    session_id_of(key)
    return key


def config_key(base_key: bytes, size: int, domain: bytes) -> bytes:
    """The key of one config message: each hides under its own, made of its length and what it is about.

    Formats page of Session config messages, section 3. The base is an account's seed or a group's key.
    """
    return blake2b(base_key + size.to_bytes(8, "big") + domain, digest_size=SEED_BYTES).digest()
