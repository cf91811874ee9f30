"""The one question of mathematics: did the key of this Session ID sign these bytes? docs/statement.md, section 6."""

from __future__ import annotations

import base64
import binascii
import re

from nacl import bindings
from nacl.exceptions import BadSignatureError

from ..session.keys import BadKey, session_id_of

DOMAIN = b"decamp move statement 1\0"
KEY_BYTES, SIGNATURE_BYTES = 32, 64
_KEY = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[A-Za-z0-9_-]{86}")


def read_key(text: str) -> bytes:
    """The 32 bytes of a `Key` line. Raises ValueError."""
    if not _KEY.fullmatch(text):
        raise ValueError("The key is not 64 digits or small letters a to f.")
    return bytes.fromhex(text)


def read_signature(text: str) -> bytes:
    """The 64 bytes of a `Signature` line; each signature has one spelling only. Raises ValueError."""
    if not _SIGNATURE.fullmatch(text):
        raise ValueError("The signature is not 86 characters of URL-safe base64.")
    signature = base64.urlsafe_b64decode(text + "==")
    if written_signature(signature) != text:
        raise ValueError("The signature has bits where none belong.")
    return signature


def written_signature(signature: bytes) -> str:
    """A signature as it stands in its line."""
    return binascii.b2a_base64(signature, newline=False).decode().translate({43: "-", 47: "_", 61: None})


def signed_bytes(covered: str) -> bytes:
    """What is signed for this text. It begins as nothing that Session ever signs: docs/statement.md, section 10."""
    return DOMAIN + covered.encode()


def owner(key: bytes) -> str | None:
    """The Session ID that a key belongs to; None for bytes that are no key."""
    try:
        return session_id_of(key)
    except BadKey:
        return None


def why_not(session_id: str, key: bytes, covered: str, signature: bytes) -> str | None:
    """None if the signature is the key's and the key is the Session ID's; else a sentence that says what is wrong.

    The key and the first half of the signature have to be points of the prime-order group in their one encoding.
    Then it makes no difference whether a program checks with the cofactor, as libsodium does, or without, as browsers
    do: all programs agree about every signature, also about those that somebody made in order that they would not.
    """
    belongs_to = owner(key)
    if belongs_to is None:
        return "The key is not one that anybody can sign with."
    if belongs_to != session_id:
        return "The key does not belong to the Session ID."
    if not bindings.crypto_core_ed25519_is_valid_point(signature[:32]):
        return "The signature is not one that a key can make."
    try:
        bindings.crypto_sign_open(signature + signed_bytes(covered), key)  # refuses an S that is not below the order
    except BadSignatureError:
        return "The signature does not fit the text: something was changed, or another key signed it."
    return None
