"""One message in a group: signed by its sender, compressed if that helps, sealed with the key of the group.

Facts: formats page of the Session network, section 6.2. The signature covers the body and the group's own key, so that
a message cannot be carried from one group into another.
"""

from __future__ import annotations

from collections.abc import Iterable

import zstandard
from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from . import content as contents
from .config.bencode import Reader, encode
from .content import Content
from .envelope import ENVELOPE, IN_GROUP, Envelope, Incoming, Randomness, checked, verified
from .errors import BadConfig, BadMessage
from .keys import AccountKeys, group_key_of

NONCE_BYTES, TAG_BYTES = 24, 16
MOST_PLAIN = 1_000_000
_BLOCK = 256
_BITE = 64  # bytes given to zstd at a time: they can become 2 MiB, and no more
_LARGEST_SEALED = 1 << 20
_VERSION = 1


def seal_for_group(content: Content, sender: AccountKeys, group: str, key: bytes, randomness: Randomness) -> bytes:
    """The bytes to store in namespace 11 of the group. `randomness.ephemeral` is the nonce, 24 bytes."""
    envelope = Envelope(
        type=IN_GROUP, sent_at=content.sent_at, content=contents.write(content), pro_signature=randomness.decoy or None
    )
    plain = ENVELOPE.write(envelope)
    packed = zstandard.ZstdCompressor().compress(plain)
    body, name = (packed, b"z") if len(packed) < len(plain) else (plain, b"d")
    signature = sender.sign(body + group_key_of(group))
    data = encode({b"": _VERSION, b"a": sender.ed25519_public, b"s": signature, name: body})
    padded = data.ljust(-(-(len(data) + NONCE_BYTES + TAG_BYTES) // _BLOCK) * _BLOCK - NONCE_BYTES - TAG_BYTES, b"\0")
    nonce = randomness.ephemeral
    return nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(padded, None, nonce, key)


def open_in_group(data: bytes, group: str, keys: Iterable[bytes], account: AccountKeys) -> Incoming:
    """What somebody wrote in a group. `keys` are all that the group ever had, as far as we know, newest first.

    Raises `BadMessage`; its code is "decrypt" if none of the keys opens it.
    """
    sender, key, plain = open_body(data, group, keys)
    envelope = ENVELOPE.read(plain)
    return checked(envelope, envelope.content or b"", sender, key, account=account.session_id, group=group)


def open_body(data: bytes, group: str, keys: Iterable[bytes]) -> tuple[str, bytes, bytes]:
    """Who wrote in a group, the key that they signed with, and what they signed: an envelope, if they use an app."""
    fields = _fields(_opened(data, keys).rstrip(b"\0"))
    packed, plain = fields.get(b"z"), fields.get(b"d")
    if (packed is None) == (plain is None):
        raise BadMessage("malformed", "A group message has no body, or two.")
    body = packed or plain or b""
    key = fields.get(b"a", b"")
    sender = verified(body + group_key_of(group), fields.get(b"s", b""), key)
    return sender, key, _unpacked(body) if packed is not None else body


def _opened(data: bytes, keys: Iterable[bytes]) -> bytes:
    if not NONCE_BYTES + TAG_BYTES < len(data) <= _LARGEST_SEALED:
        raise BadMessage("too_short" if len(data) < _LARGEST_SEALED else "too_large", "No group message has this size.")
    nonce, sealed = data[:NONCE_BYTES], data[NONCE_BYTES:]
    for key in keys:
        try:
            return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, None, nonce, key)
        except CryptoError:
            continue
    raise BadMessage("decrypt", "No key of the group that we have opens the message.")


def _fields(data: bytes) -> dict[bytes, bytes]:
    """The parts of a message that are bytes; the number of its form says nothing that matters yet."""
    reader = Reader(data)
    try:
        found = reader.value()
    except BadConfig as error:
        raise BadMessage("malformed", "A group message is not written as one.") from error
    if not isinstance(found, dict) or reader.position != len(data):
        raise BadMessage("malformed", "A group message is not written as one.")
    return {name: value for name, value in found.items() if isinstance(value, bytes)}


def _unpacked(packed: bytes) -> bytes:
    """Decompress in small bites, and stop long before a few bytes have become a gigabyte.

    A frame that is cut off gives what it has and no error: only its end says that it was whole.
    """
    inflater = zstandard.ZstdDecompressor(max_window_size=1 << 23).decompressobj()
    plain = bytearray()
    try:
        for start in range(0, len(packed), _BITE):
            plain += inflater.decompress(packed[start : start + _BITE])
            if len(plain) > MOST_PLAIN:
                raise BadMessage("too_large", "A group message unpacks to more than any app would read.")
            if inflater.eof:
                return bytes(plain)
    except zstandard.ZstdError:
        raise BadMessage("malformed", "The body of a group message is damaged.") from None
    raise BadMessage("malformed", "The body of a group message is cut off.")
