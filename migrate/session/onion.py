"""Onion requests: each node on the way opens one layer and learns only where the rest goes.

Facts: formats page of the Session network, section 4. Nothing proves who a node is but that it can open its layer;
certificates of nodes say nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

import msgspec
from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from ..model import Json
from .aes import open_gcm, seal_gcm
from .answers import LARGEST_ANSWER, decoded, number, read_json
from .errors import BadAnswer
from .flow import Answer
from .keys import Secret
from .nodes import Node

PATH = "/onion_req/v2"
_NONCE = {"aes-gcm": 12, "xchacha20": 24}
_TAG = 16


class Cipher(StrEnum):
    """How a layer is closed: the first is what Session Desktop uses, the second what newer libraries do."""

    AES_GCM = "aes-gcm"
    XCHACHA20 = "xchacha20"


Random = Callable[[int], bytes]
"""So many unpredictable bytes, such as `secrets.token_bytes`."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server behind the onion network: the last node on the way passes the innermost layer on to it."""

    host: str
    x25519: bytes = field(repr=False)
    port: int = 80
    protocol: str = "http"

    def route(self) -> dict[str, Json]:
        """What the last node has to know. For https the fields of the protocol are left out."""
        route: dict[str, Json] = {"host": self.host, "target": "/oxen/v4/lsrpc", "method": "POST"}
        return route if self.protocol == "https" else {**route, "protocol": self.protocol, "port": self.port}


class Layer(Secret):
    """What one layer is closed with: a key pair that is used once, and the key of whoever opens it."""

    __slots__ = ("_shared", "cipher", "ephemeral", "receiver")
    _shared: bytes
    cipher: Cipher
    ephemeral: bytes
    receiver: bytes

    def __init__(self, shared: bytes, ephemeral: bytes, receiver: bytes, cipher: Cipher) -> None:
        object.__setattr__(self, "_shared", shared)
        object.__setattr__(self, "ephemeral", ephemeral)
        object.__setattr__(self, "receiver", receiver)
        object.__setattr__(self, "cipher", cipher)

    @classmethod
    def for_receiver(cls, receiver: bytes, secret: bytes, cipher: Cipher) -> Layer:
        """The layer that whoever has the key `receiver` opens. `secret` are 32 bytes that are used for it alone."""
        return cls(_shared(secret, receiver), sodium.crypto_scalarmult_base(secret), receiver, cipher)

    @classmethod
    def as_receiver(cls, secret: bytes, ephemeral: bytes, cipher: Cipher) -> Layer:
        """The same layer as the receiver sees it, which has the secret of its own key: for a stand-in network."""
        return cls(_shared(secret, ephemeral), ephemeral, sodium.crypto_scalarmult_base(secret), cipher)

    def seal(self, plain: bytes, nonce: bytes) -> bytes:
        if self.cipher is Cipher.AES_GCM:
            return seal_gcm(plain, self._aes_key(), nonce)
        return nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, None, nonce, self._xchacha_key())

    def open(self, sealed: bytes) -> bytes:
        """What the other side closed with the same pair of keys. Old nodes answer xchacha20 with aes-gcm."""
        for cipher in dict.fromkeys((self.cipher, Cipher.AES_GCM)):
            if (plain := self._opened(cipher, sealed)) is not None:
                return plain
        raise BadAnswer("sealed", "An answer was not closed with the key it should be closed with.")

    def _opened(self, cipher: Cipher, sealed: bytes) -> bytes | None:
        if cipher is Cipher.AES_GCM:
            return open_gcm(sealed, self._aes_key())
        nonce, rest = sealed[: _NONCE[cipher]], sealed[_NONCE[cipher] :]
        if len(rest) < _TAG:
            return None
        try:
            return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(rest, None, nonce, self._xchacha_key())
        except CryptoError:
            return None

    def _aes_key(self) -> bytes:
        return hmac.digest(b"LOKI", self._shared, "sha256")

    def _xchacha_key(self) -> bytes:
        return blake2b(self._shared + self.ephemeral + self.receiver, digest_size=32).digest()


@dataclass(frozen=True, slots=True)
class Onion:
    """What is posted to the guard, and what opens the answer."""

    guard: Node
    body: bytes = field(repr=False)
    innermost: Layer = field(repr=False)

    def node_answer(self, data: bytes) -> Answer:
        """What the storage node at the end of the way answered. Raises `BadAnswer` for anything else."""
        _check_size(data)
        sealed = decoded(_unwrapped(data).strip().decode("ascii", "replace"))
        if sealed is None:
            raise BadAnswer("sealed", "An answer through the onion network is not base64.")
        said = read_json(self.innermost.open(sealed))
        status, body = number(said.get("status")), said.get("body")
        if status is None or not 100 <= status <= 599:
            raise BadAnswer("no status", "An answer through the onion network has no status.")
        return Answer(status, body.encode() if isinstance(body, str) else msgspec.json.encode(body))

    def server_answer(self, data: bytes) -> bytes:
        """The frame (`migrate.session.v4`) that the server at the end of the way answered."""
        _check_size(data)
        return self.innermost.open(data)


def to_node(request: bytes, node: Node, path: Sequence[Node], random: Random, cipher: Cipher = Cipher.AES_GCM) -> Onion:
    """Wrap a request to a storage node in one layer for itself and one for each node of the path before it."""
    layer = _layer(node.x25519, random, cipher)
    sealed = layer.seal(_frame(request, {"headers": {}}), random(_NONCE[cipher]))
    return _wrapped(sealed, layer, {"destination": node.key}, path, random)


def to_server(
    payload: bytes, server: Server, path: Sequence[Node], random: Random, cipher: Cipher = Cipher.AES_GCM
) -> Onion:
    """Wrap a version 4 request to a server. The innermost layer has no frame of its own."""
    layer = _layer(server.x25519, random, cipher)
    return _wrapped(layer.seal(payload, random(_NONCE[cipher])), layer, server.route(), path, random)


def _wrapped(sealed: bytes, innermost: Layer, route: Mapping[str, Json], path: Sequence[Node], random: Random) -> Onion:
    """`route` tells the last node of the path where the rest goes; each other node hears of the next one only."""
    layer = innermost
    for hop in reversed(path):
        inside, layer = layer, _layer(hop.x25519, random, innermost.cipher)
        sealed = layer.seal(_frame(sealed, {**route, **_opener(inside)}), random(_NONCE[layer.cipher]))
        route = {"destination": hop.key}
    return Onion(path[0], _frame(sealed, _opener(layer)), innermost)


def _layer(receiver: bytes, random: Random, cipher: Cipher) -> Layer:
    return Layer.for_receiver(receiver, random(32), cipher)


def _shared(secret: bytes, public: bytes) -> bytes:
    try:
        return sodium.crypto_scalarmult(secret, public)
    except RuntimeError as error:  # a key with which everybody shares the same secret
        raise BadAnswer("bad key", "A node has a key that hides nothing.") from error


def _opener(layer: Layer) -> dict[str, Json]:
    """What a node needs to open a layer. The cipher of the app is not named, because the app does not."""
    key: dict[str, Json] = {"ephemeral_key": layer.ephemeral.hex()}
    return key if layer.cipher is Cipher.AES_GCM else {**key, "enc_type": str(layer.cipher)}


def _frame(sealed: bytes, said: Mapping[str, Json]) -> bytes:
    return len(sealed).to_bytes(4, "little") + sealed + msgspec.json.encode(said)


def _check_size(data: bytes) -> None:
    if len(data) > LARGEST_ANSWER:
        raise BadAnswer("too large", "An answer through the onion network is larger than any answer may be.")


def _unwrapped(data: bytes) -> bytes:
    """Some nodes put the answer into an object of its own."""
    if not data.lstrip().startswith(b"{"):
        return data
    result = read_json(data).get("result")
    return result.encode() if isinstance(result, str) else b"{"
