"""Which characters an address may hold, and how those that may not stand in it are written.

Facts: formats page of contact cards, section 10; RFC 3986, sections 2 and 6.2.2.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

from .address import LONGEST, RefusedHandle

UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}|.", re.DOTALL)
_URL = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")
_REFUSED = {
    "Cc": "a control character",
    "Cf": "an invisible character that can change how it reads",
    "Cs": "half a character",
    "Co": "a character without a meaning",
    "Cn": "a character that is not in Unicode",
    "Zl": "a line end",
    "Zp": "a line end",
    "Zs": "a blank",
}


def trimmed(text: str) -> str:
    """The text without blanks around it. Raises `RefusedHandle` if it is too long or cannot be an address at all."""
    if len(text) > LONGEST or len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise RefusedHandle(f"This is longer than {LONGEST} bytes, and no address is.")
    text = text.strip(" \t\r\n")
    if not text:
        raise RefusedHandle("There is nothing here.")
    return checked(text)


def checked(text: str) -> str:
    """The same text. Raises `RefusedHandle` for a character that hides, breaks or turns what people read."""
    for character in text:
        found = _REFUSED.get(unicodedata.category(character))
        if found:
            raise RefusedHandle(f"The address holds {found} (U+{ord(character):04X}).")
    return text


def scheme_of(text: str) -> tuple[str, str]:
    """The scheme in small letters and what follows its colon; an empty scheme for an address without one."""
    match = _SCHEME.fullmatch(text)
    return (match[1].lower(), match[2]) if match else ("", text)


def decoded(text: str) -> str:
    """A part of an address with its %XX as characters. Raises `RefusedHandle` for broken and for unwanted ones."""
    if "%" in text:
        tidy(text, text)
    try:
        return checked(unquote_to_bytes(text).decode())
    except UnicodeDecodeError as error:
        raise RefusedHandle("The address holds a % that does not stand for a character.") from error


def encoded(text: str, raw: str = "") -> str:
    """A part of an address with everything but letters, digits, - . _ ~ and `raw` as %XX."""
    return quote(text, safe=raw)


def tidy(text: str, raw: str) -> str:
    """A part that is kept as it is: what may not stand in it becomes %XX, and each %XX gets its one spelling."""
    return "".join(_tidied(piece, raw) for piece in _PERCENT.findall(text))


def _tidied(piece: str, raw: str) -> str:
    if len(piece) == 3:
        character = chr(int(piece[1:], 16))
        return character if character in UNRESERVED else piece.upper()
    if piece == "%":
        raise RefusedHandle("The address holds a % that does not stand for a character.")
    return piece if piece in raw else encoded(piece)


def unchanged(text: str) -> str:
    """The same link. Raises `RefusedHandle` if it holds what the app that made it would have written as %XX."""
    if not _URL.fullmatch(text):
        raise RefusedHandle("The link holds characters that no link does.", "Copy it from the app again, whole.")
    tidy(text, text)
    return text
