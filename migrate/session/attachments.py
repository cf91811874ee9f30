"""Files on their way: both ways of encrypting them, and the addresses that say where one lies.

Facts: formats page of the Session network, section 7. Which of the two ways it was stands in the address, not in the
length of the key. What was downloaded is a stranger's: checked first, opened then.
"""

from __future__ import annotations

import hmac
import math
import re
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from nacl import bindings as sodium

from .aes import decrypt_cbc, encrypt_cbc
from .content import Pointer
from .errors import BadFile
from .keys import AccountKeys

LARGEST_UPLOAD = 10_000_000
LARGEST_BLOB = 16 << 20
"""The most that is ever opened: nothing that a file server of Session takes is as large."""
IV_BYTES, MAC_BYTES, LEGACY_KEY_BYTES = 16, 32, 64
STREAM_KEY_BYTES = 32
FILES, AVATARS = b"SessionAttachmnt", b"Session_Prof_Pic"
"""What a file is for decides its key, so that an avatar and an attachment of the same picture have two."""

_LEAST_PADDED = 541
_START, _HEADER_BYTES, _CHUNK = b"S", 24, 32768
_TAG_BYTES = sodium.crypto_secretstream_xchacha20poly1305_ABYTES
_FINAL = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
_MESSAGE = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_STEP, _SMALL = 4096, 256 << 10
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HOST = "filev2.getsession.org"


class FileUrl(NamedTuple):
    """An address in a message: which file, on which server, encrypted in which way."""

    host: str
    id: str
    server_key: bytes | None
    """The Ed25519 key of the server; None is the one that everybody uses."""
    deterministic: bool
    profile_key: bytes | None

    @property
    def usual(self) -> bool:
        """Whether it lies on the server that everybody uses.

        Any other one is asked only if the user allows it: one that the sender chose would learn who reads, and when.
        """
        return self.host == _HOST and self.server_key is None


def parse_url(url: str | None) -> FileUrl:
    """The parts of an address. Raises `BadFile` for what is no file of Session; the fragment is never to be sent."""
    try:
        parts = urlsplit(url or "")
        host = parts.hostname or ""
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        raise BadFile("url", "The address of a file is none.") from None
    name = parts.path.rpartition("/")[2]
    if parts.scheme not in ("http", "https") or not host or not _ID.fullmatch(name):
        raise BadFile("url", "The address of a file leads to no file of Session.")
    try:
        fragment = parse_qs(parts.fragment, keep_blank_values=True, max_num_fields=16)
    except ValueError:
        raise BadFile("url", "The address of a file is none.") from None
    return FileUrl(host, name, _key(fragment.get("p")), "d" in fragment, _key(fragment.get("e")))


def _key(values: list[str] | None) -> bytes | None:
    """A key of 32 bytes in hex. What is there and is none must not pass for the usual server's."""
    if not values:
        return None
    if not re.fullmatch(r"[0-9a-fA-F]{64}", values[0]):
        raise BadFile("url", "The address of a file names a key that is none.")
    return bytes.fromhex(values[0])


def open_file(pointer: Pointer, blob: bytes) -> bytes:
    """The file that a message points to, from what the server had. Raises `BadFile`."""
    if parse_url(pointer.url).deterministic:
        return open_stream(blob, pointer.key or b"")
    return open_legacy(blob, pointer.key or b"", pointer.digest, pointer.size)


def padded_size(size: int) -> int:
    """How large a file is made before it is sealed, so that its size tells little."""
    if size <= _LEAST_PADDED:
        return _LEAST_PADDED
    padded = max(_LEAST_PADDED, math.floor(1.05 ** math.ceil(math.log(size) / math.log(1.05))))
    return LARGEST_UPLOAD if padded > LARGEST_UPLOAD >= size else padded


def seal_legacy(plain: bytes, key: bytes, iv: bytes) -> tuple[bytes, bytes]:
    """The blob to upload and its digest for the pointer, as the app does it today. `key` and `iv` are fresh chance."""
    sealed = iv + encrypt_cbc(plain.ljust(padded_size(len(plain)), b"\0"), key[:32], iv)
    blob = sealed + hmac.digest(key[32:], sealed, "sha256")
    return blob, sha256(blob).digest()


def open_legacy(blob: bytes, key: bytes, digest: bytes | None, size: int | None) -> bytes:
    """The file in a blob of AES-CBC and HMAC; `size` says where the padding begins."""
    _check_size(blob)
    if len(key) != LEGACY_KEY_BYTES:
        raise BadFile("key", "The key of a file has the wrong length.")
    if len(blob) < IV_BYTES + MAC_BYTES + 16:
        raise BadFile("cut_off", "A file is cut off.")
    sealed, mac = blob[:-MAC_BYTES], blob[-MAC_BYTES:]
    if not hmac.compare_digest(hmac.digest(key[32:], sealed, "sha256"), mac):
        raise BadFile("damaged", "A file is damaged, or its key is another one.")
    if not digest:
        raise BadFile("digest", "A message does not say what its file must be.")
    if not hmac.compare_digest(sha256(blob).digest(), digest):
        raise BadFile("digest", "A file is not the one that was sent.")
    try:
        padded = decrypt_cbc(sealed[IV_BYTES:], key[:32], sealed[:IV_BYTES])
    except ValueError:
        raise BadFile("damaged", "A file is damaged.") from None
    if size is not None and len(padded) < size:
        raise BadFile("cut_off", "A file is shorter than its message says.")
    return padded[:size]


def seal_stream(plain: bytes, account: AccountKeys, purpose: bytes = FILES) -> tuple[bytes, bytes]:
    """The blob to upload and the key for the pointer; the same file of the same account gives the same blob."""
    made = account.file_key(plain, purpose, _HEADER_BYTES + STREAM_KEY_BYTES)
    header, key = made[:_HEADER_BYTES], made[_HEADER_BYTES:]
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    # Pushing always draws a header by chance; pulling from a chosen one leaves the same state behind.
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    content = bytes(_stream_padding(len(plain))) + b"\x01" + plain
    out = bytearray(_START + header)
    for start in range(0, len(content), _CHUNK):
        tag = _FINAL if start + _CHUNK >= len(content) else _MESSAGE
        out += sodium.crypto_secretstream_xchacha20poly1305_push(state, content[start : start + _CHUNK], None, tag)
    return bytes(out), key


def open_stream(blob: bytes, key: bytes) -> bytes:
    """The file in a blob of the newer way, which ends where it says that it ends."""
    _check_size(blob)
    if len(key) != STREAM_KEY_BYTES:
        raise BadFile("key", "The key of a file has the wrong length.")
    at = len(_START) + _HEADER_BYTES
    if not blob.startswith(_START) or len(blob) <= at + _TAG_BYTES:
        raise BadFile("cut_off", "A file is cut off, or of a kind that we do not know.")
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    content = bytearray()
    tag = _MESSAGE
    try:
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, blob[len(_START) : at], key)
        for start in range(at, len(blob), _CHUNK + _TAG_BYTES):
            if tag == _FINAL:
                raise BadFile("damaged", "A file goes on after its end.")
            chunk = blob[start : start + _CHUNK + _TAG_BYTES]
            plain, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, chunk, None)
            content += plain
    except (RuntimeError, ValueError):  # the binding's words for what libsodium refuses
        raise BadFile("damaged", "A file is damaged, or its key is another one.") from None
    if tag != _FINAL:
        raise BadFile("cut_off", "A file is cut off.")
    mark = content.find(b"\x01")
    if mark < 0 or any(content[:mark]):
        raise BadFile("damaged", "A file has no beginning.")
    return bytes(memoryview(content)[mark + 1 :])


def _stream_padding(size: int) -> int:
    """How many zeros make the blob a multiple of 4096, or of a 32nd of the next lower power of two if it is large."""
    least = _blob_size(size + 1)
    step = _STEP if least <= _SMALL else (1 << least.bit_length() - 1) // 32
    wanted = -(-least // step) * step
    while _blob_size(content := _content_size(wanted)) != wanted or content <= size:
        wanted += step  # the last chunk would have been nothing but its tag
    return content - size - 1


def _blob_size(content: int) -> int:
    return len(_START) + _HEADER_BYTES + content + -(-content // _CHUNK) * _TAG_BYTES


def _content_size(blob: int) -> int:
    chunks = blob - len(_START) - _HEADER_BYTES
    return chunks - -(-chunks // (_CHUNK + _TAG_BYTES)) * _TAG_BYTES


def _check_size(blob: bytes) -> None:
    if len(blob) > LARGEST_BLOB:
        raise BadFile("too_large", f"A file of {len(blob)} bytes is larger than Session takes.")
