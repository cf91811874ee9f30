"""The layer that hides a config message: encryption, zeros in front, compression.

Formats page of Session config messages, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import zstandard
from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from ..errors import BadConfig
from .allowance import Allowance

ConfigKey: TypeAlias = Callable[[int, bytes], bytes]
"""Makes the key of one message from its length and its domain: `AccountKeys.config_key`, or that of a group."""

NONCE_BYTES, TAG_BYTES = 24, 16
OVERHEAD = NONCE_BYTES + TAG_BYTES
_BITE = 256  # bytes given to zstd at a time: they can become 8 MiB, and no more
_WIDEST_WINDOW = 64 << 20


def decrypt(data: bytes, domain: bytes, keys: Sequence[ConfigKey]) -> bytes:
    """What the message hides, without the zeros in front. The nonce stands at the end."""
    size = len(data) - OVERHEAD
    if size < 0:
        raise BadConfig("decrypt", "The message is too short to hold anything.")
    for key in keys:
        plain = unseal(data[:-NONCE_BYTES], data[-NONCE_BYTES:], key(size, domain))
        if plain is not None:
            return unpad(plain)
    raise BadConfig("decrypt", "No key that we have opens the message.")


def unseal(ciphertext: bytes, nonce: bytes, key: bytes) -> bytes | None:
    """What XChaCha20-Poly1305 hides under this key; `None` if it is another key's."""
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, None, nonce, key)
    except (CryptoError, ValueError):
        return None


def unpad(plain: bytes) -> bytes:
    """Take away the zeros in front, which hide how long the content is."""
    content = plain.lstrip(b"\0")
    if not content:
        raise BadConfig("format", "The message holds nothing but padding.")
    return content


def expand(content: bytes, allowance: Allowance) -> bytes:
    """The bencoded form: `d` is it already, after `z` it is compressed."""
    if content.startswith(b"z"):
        content = inflate(content[1:], allowance)
    else:
        allowance.spend_bytes(len(content))
    if not content.startswith(b"d"):
        raise BadConfig("format", "The message is of a kind that we do not know.")
    return content


def inflate(frame: bytes, allowance: Allowance) -> bytes:
    """Decompress a zstd frame, in small bites, so that a bomb is noticed before it fills the memory."""
    inflater = zstandard.ZstdDecompressor(max_window_size=_WIDEST_WINDOW).decompressobj()
    pieces = []
    try:
        for start in range(0, len(frame), _BITE):
            piece = inflater.decompress(frame[start : start + _BITE])
            allowance.spend_bytes(len(piece))
            pieces.append(piece)
            if inflater.eof:
                break
    except zstandard.ZstdError:
        raise BadConfig("decompress", "What is compressed is damaged.") from None
    if not inflater.eof or not any(pieces):
        raise BadConfig("decompress", "What is compressed is not complete.")
    return b"".join(pieces)
