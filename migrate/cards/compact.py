"""A signed statement as short as it gets, for a QR code: docs/statement.md, section 7.

Base45 uses only the characters that a QR code packs tightest. What follows from something else is left out: the marks,
and the Session ID, which follows from the key.
"""

from __future__ import annotations

import zlib

from .canonical import MOST_BYTES, BadStatement
from .signature import KEY_BYTES, SIGNATURE_BYTES

MARK = "DECAMP1:"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
# The longest statement, should it not get any shorter. A QR code holds less: 4296 characters at most.
_LONGEST = 25_000


def pack(content: str, key: bytes, signature: bytes) -> str:
    """The compact text for the lines between `Session ID` and `Key`."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
    return MARK + base45(key + signature + deflate.compress(content.encode()) + deflate.flush())


def unpack(text: str) -> tuple[str, bytes, bytes]:
    """Lines, key and signature of a compact text. Raises `BadStatement`; nothing is checked but the packing."""
    if not text.startswith(MARK) or len(text) > _LONGEST:
        raise BadStatement("This is no compact statement.")
    packed = from_base45(text.removeprefix(MARK))
    key, rest = packed[:KEY_BYTES], packed[KEY_BYTES:]
    signature, deflated = rest[:SIGNATURE_BYTES], rest[SIGNATURE_BYTES:]
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflate.decompress(deflated, MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BadStatement(f"The compact statement unpacks to more than {MOST_BYTES} bytes.")
        if not inflate.eof or inflate.unused_data:
            raise BadStatement("The compact statement is damaged.")
        return content.decode(), key, signature
    except (zlib.error, UnicodeDecodeError) as error:
        raise BadStatement("The compact statement is damaged.") from error


def base45(data: bytes) -> str:
    """RFC 9285: two bytes become three characters, a last one two."""
    written = []
    for place in range(0, len(data), 2):
        pair = data[place : place + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            written.append(_ALPHABET[digit])
    return "".join(written)


def from_base45(text: str) -> bytes:
    """The bytes of a base45 text; each has one spelling only. Raises `BadStatement`."""
    if not _VALUES.keys() >= set(text):
        raise BadStatement("The compact statement holds a character that is not allowed in one.")
    data = bytearray()
    for place in range(0, len(text), 3):
        digits = text[place : place + 3]
        value = sum(_VALUES[digit] * 45**power for power, digit in enumerate(digits))
        size = len(digits) - 1
        if not size or value >> 8 * size:
            raise BadStatement("The compact statement is damaged.")
        data += value.to_bytes(size, "big")
    return bytes(data)
