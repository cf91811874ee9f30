"""The wrapping of an account's own configs: they travel like a message that the account sends to itself.

Formats page of Session config messages, section 2.
"""

from __future__ import annotations

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from ..errors import BadMessage
from ..keys import AccountKeys
from ..wire import Value, entries
from .namespaces import Namespace

_MOST_LAYERS = 2  # one release of the apps wrapped twice
_PUBLIC_BYTES, _SIGNATURE_BYTES = 32, 64
_REQUEST = 1


def unwrap(data: bytes, namespace: Namespace, keys: AccountKeys) -> bytes:
    """The encrypted config inside; what is not wrapped, or not by us, is taken as it is."""
    for _ in range(_MOST_LAYERS):
        try:
            data = _layer(data, namespace, keys)
        except BadMessage:
            break
    return data


def _layer(data: bytes, namespace: Namespace, keys: AccountKeys) -> bytes:
    outer = dict(entries(data))
    if outer.get(1) != _REQUEST:
        raise BadMessage("malformed", "This is no request to store a message.")
    body = dict(entries(_bytes(outer.get(2)))).get(3)
    sealed = dict(entries(_bytes(body))).get(8)
    content = dict(entries(_own(keys.open_sealed(_bytes(sealed)), keys)))
    config = dict(entries(_bytes(content.get(11))))
    if config.get(1) != namespace.kind:
        raise BadMessage("malformed", "This config is of another kind than its place.")
    return _bytes(config.get(3))


def _own(opened: bytes, keys: AccountKeys) -> bytes:
    """The content of what we sealed ourselves; anybody can seal something to us."""
    at = len(opened) - _PUBLIC_BYTES - _SIGNATURE_BYTES
    if at < 0:
        raise BadMessage("malformed", "What was sealed is too short.")
    payload, sender, signature = opened[:at], opened[at:-_SIGNATURE_BYTES], opened[-_SIGNATURE_BYTES:]
    if sender != keys.ed25519_public:
        raise BadMessage("signature", "Somebody else sealed this.")
    try:
        sodium.crypto_sign_open(signature + payload + sender + keys.x25519_public, sender)
    except (CryptoError, ValueError):
        raise BadMessage("signature", "What was sealed is not signed by us.") from None
    padded = payload.rstrip(b"\0")
    if not padded.endswith(b"\x80"):
        raise BadMessage("malformed", "What was sealed is not padded.")
    return padded[:-1]


def _bytes(value: Value | None) -> bytes:
    if not isinstance(value, bytes):
        raise BadMessage("malformed", "A layer of the wrapping is missing.")
    return value
