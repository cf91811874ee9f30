"""A second reader of docs/statement.md that shares no line with the first: patterns, numbers and `cryptography`.

It says yes or no, nothing else, and it may be slow. The arithmetic also makes the signatures that nobody should accept.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from functools import cache
from hashlib import sha512

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

Point = tuple[int, int]
NOTHING: Point = (0, 1)

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
SHAPE = re.compile(
    r"(?P<covered>-----BEGIN MOVE STATEMENT-----\n"
    r"Session ID: (?P<id>05[0-9a-f]{64})\n"
    rf"Issued: (?P<issued>{TIME})\n"
    rf"Valid until: (?P<until>{TIME}|further notice)\n"
    r"Serial: (?P<serial>[1-9]\d{0,15})\n"
    r"(?:For: (?P<to>05[0-9a-f]{64})\n)?"
    r"(?:(?:Moved to: [^\n]+\n)+|Withdrawn: all earlier statements\n)"
    r"(?:Note: [^\n]+\n)*"
    r"(?P<unknown>(?:[^\n]+\n)*?)"
    r"Key: (?P<key>[0-9a-f]{64})\n)"
    r"Signature: (?P<signature>[A-Za-z0-9_-]{86})\n"
    r"-----END MOVE STATEMENT-----\n",
    re.ASCII,
)
UNKNOWN = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9-]*(?: [A-Za-z0-9-]+)*): [^\n]+", re.ASCII)
TAKEN = {"sessionid", "issued", "validuntil", "serial", "for", "movedto", "withdrawn", "note", "key", "signature"}
# Copied from docs/statement.md, section 3.
NOT_ALLOWED = """\
0-1f 7f-a0 ad 34f 61c 115f-1160 1680 17b4-17b5 180b-180f 2000-200b 200e-200f 2028-202f 205f-206f
2800 3000 3164 d800-f8ff fdd0-fdef fe00-fe0d feff ffa0 fff0-ffff 1bca0-1bca3 1d173-1d17a 1fffe-1ffff
2fffe-2ffff 3fffe-10ffff"""
RANGES = [tuple(int(end, 16) for end in (word.split("-") * 2)[:2]) for word in NOT_ALLOWED.split()]


def accepts(text: str) -> bool:
    """Whether this is the canonical text of a genuine statement."""
    shape = SHAPE.fullmatch(text)
    if not shape or text.count("\n") > 64 or not _lines_are_fit(text):
        return False
    if len(text.encode()) > 16384 or not _unknown_are_fit(shape["unknown"]):
        return False
    if (
        shape["to"] == shape["id"]
        or int(shape["serial"]) >= 2**53
        or not _times_are_fit(shape["issued"], shape["until"])
    ):
        return False
    signature = urlsafe_b64decode(shape["signature"] + "==")
    if urlsafe_b64encode(signature).decode() != shape["signature"] + "==":
        return False
    message = b"decamp move statement 1\x00" + shape["covered"].encode()
    return signed_by(bytes.fromhex(shape["key"]), signature, message) and session_id(shape["key"]) == shape["id"]


def canonical(compact: str) -> str | None:
    """The canonical text of a compact one, or None."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    packed = b""
    if not compact.startswith("DECAMP1:"):
        return None
    for group in re.findall(".{1,3}", compact[8:], re.DOTALL):
        number = sum(alphabet.find(letter) * 45**place for place, letter in enumerate(group))
        if any(letter not in alphabet for letter in group) or len(group) == 1 or number >= 256 ** (len(group) - 1):
            return None
        packed += number.to_bytes(len(group) - 1, "big")
    stream = zlib.decompressobj(wbits=-15)
    try:
        lines = stream.decompress(packed[96:], 16385).decode()
    except (zlib.error, ValueError):
        return None
    owner = session_id(packed[:32].hex())
    if len(lines.encode()) > 16384 or not stream.eof or stream.unused_data or owner is None:
        return None
    signature = urlsafe_b64encode(packed[32:96]).decode().rstrip("=")
    return (
        f"-----BEGIN MOVE STATEMENT-----\nSession ID: {owner}\n{lines}Key: {packed[:32].hex()}\n"
        f"Signature: {signature}\n-----END MOVE STATEMENT-----\n"
    )


def _lines_are_fit(text: str) -> bool:
    return all(
        line == line.strip(" ")
        and "  " not in line
        and unicodedata.normalize("NFC", line) == line
        and not any(map(not_allowed, set(line)))
        for line in text[:-1].split("\n")
    )


@cache
def not_allowed(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in RANGES)


def _unknown_are_fit(lines: str) -> bool:
    for line in lines.split("\n")[:-1]:
        match = UNKNOWN.fullmatch(line)
        if not match or line.startswith("From ") or match["key"].lower().replace(" ", "").replace("-", "") in TAKEN:
            return False
    return True


def _times_are_fit(issued: str, until: str) -> bool:
    try:
        times = [datetime.strptime(time, "%Y-%m-%d %H:%M:%S UTC") for time in (issued, until) if time[0] != "f"]  # noqa: DTZ007 - only compared
    except ValueError:
        return False
    return times == sorted(set(times)) and all(time.year >= 2020 and time.second < 60 for time in times)


# -- Ed25519 in numbers ----------------------------------------------------------------------------------


def signed_by(key: bytes, signature: bytes, message: bytes) -> bool:
    """As OpenSSL sees it, and the points are of the large group only."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return int.from_bytes(signature[32:], "little") < L and of_prime_order(key) and of_prime_order(signature[:32])


def session_id(key: str) -> str | None:
    """The Session ID of a key in hex, if it is one."""
    if not of_prime_order(bytes.fromhex(key)):
        return None
    _, y = decoded(bytes.fromhex(key)) or NOTHING
    return "05" + montgomery(y).hex()


def montgomery(y: int) -> bytes:
    """Where a point of the Edwards curve lies on the curve that messages are encrypted with."""
    return ((1 + y) * pow(1 - y, P - 2, P) % P).to_bytes(32, "little")


@cache
def of_prime_order(encoded_point: bytes) -> bool:
    point = decoded(encoded_point)
    return point is not None and point != NOTHING and times(L, point) == NOTHING


def decoded(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    sign, y = divmod(number, 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if len(data) != 32 or y >= P or x * x % P != square or (x == 0 and sign):
        return None
    return (x if x % 2 == sign else P - x, y)


def encoded(point: Point) -> bytes:
    return (point[1] + point[0] % 2 * 2**255).to_bytes(32, "little")


def plus(one: Point, other: Point) -> Point:
    product = D * one[0] * other[0] * one[1] * other[1] % P
    x = (one[0] * other[1] + one[1] * other[0]) * pow(1 + product, -1, P)
    y = (one[1] * other[1] + one[0] * other[0]) * pow(1 - product, -1, P)
    return x % P, y % P


def times(factor: int, point: Point) -> Point:
    result = NOTHING
    for bit in f"{factor:b}":
        result = plus(result, result)
        if bit == "1":
            result = plus(result, point)
    return result


def challenge(r: bytes, key: bytes, message: bytes) -> int:
    return int.from_bytes(sha512(r + key + message).digest(), "little") % L


BASE: Point = decoded((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or NOTHING
# A point of order eight: what is left of a random point when its part of prime order is gone.
EIGHTH: Point = times(L, decoded(bytes([3]) + bytes(31)) or NOTHING)
