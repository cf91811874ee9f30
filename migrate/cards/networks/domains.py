"""Names of servers: checked, in small letters, and never in letters that only look like others.

Facts: formats page of contact cards, section 10; RFC 5891 and UTS 39 for names outside of ASCII. Python's own codec
for such names is of 2003 and reads some of them as others; of the library `idna` we would use only what stands here.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass

from .address import RefusedHandle

_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_ACE = "xn--"
_MEANINGFUL = {"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"}
# Scripts that people write together: UTS 39, "highly restrictive".
_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "HANGUL"},
    {"LATIN", "CJK", "BOPOMOFO"},
)


@dataclass(frozen=True, slots=True)
class Domain:
    """A server, as programs write it and as people do."""

    ascii: str
    unicode: str

    @property
    def shown(self) -> str:
        """The name for people, with the spelling that cannot deceive beside it where there are two."""
        return self.unicode if self.ascii == self.unicode else f"{self.unicode} ({self.ascii})"

    @property
    def is_dotted(self) -> bool:
        return "." in self.ascii or ":" in self.ascii


def read_domain(text: str) -> Domain:
    """A domain or an IP address. Raises `RefusedHandle` with a reason."""
    if text.startswith("[") and text.endswith("]"):
        return _ipv6(text[1:-1])
    name = _folded(text).replace("\u3002", ".").removesuffix(".")
    labels = [_label(label) for label in name.split(".")]
    domain = Domain(".".join(ascii for ascii, _ in labels), ".".join(label for _, label in labels))
    if len(domain.ascii) > 253:
        raise RefusedHandle("The name of the server is too long.")
    if labels[-1][0].isdigit():
        try:
            ipaddress.IPv4Address(domain.ascii)
        except ValueError as error:
            raise RefusedHandle("The name of the server is neither a domain nor an IP address.") from error
    return domain


def read_host(text: str) -> tuple[Domain, str]:
    """A domain and, if there is one, a colon and the port after it."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        return read_domain(text), ""
    if not _PORT.fullmatch(port) or int(port) > 65535:
        raise RefusedHandle("The port after the name of the server is no number from 1 to 65535.")
    return read_domain(host), f":{port}"


def _ipv6(text: str) -> Domain:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError as error:
        raise RefusedHandle("The IP address of the server is none.") from error
    if address.scope_id is not None:
        raise RefusedHandle("The IP address of the server is good on one machine only.")
    shown = f"[{address.compressed}]"
    return Domain(shown, shown)


def _folded(text: str) -> str:
    """The one form in which IDNA compares names."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())


def _label(label: str) -> tuple[str, str]:
    """One label in both forms."""
    if label.startswith(_ACE):
        return label, _decoded(label)
    if not label.isascii():
        return _encoded(label), label
    if not _PLAIN.fullmatch(label) or label[2:4] == "--" or len(label) > 63:
        raise RefusedHandle("The name of the server is not a domain: letters, digits and single dots.")
    return label, label


def _encoded(label: str) -> str:
    ascii = _ACE + label.encode("punycode").decode("ascii")
    if len(ascii) > 63 or "-" in {label[0], label[-1]} or label[2:4] == "--" or _folded(label) != label:
        raise RefusedHandle(f"The name of the server ({ascii[:63]}) is not a domain.")
    if not all(mark == "-" or unicodedata.category(mark) in _MEANINGFUL for mark in label):
        raise RefusedHandle(f"The name of the server ({ascii}) holds signs that are no letters.")
    if unicodedata.category(label[0])[0] == "M":
        raise RefusedHandle(f"The name of the server ({ascii}) begins with an accent.")
    _check_scripts(label, ascii)
    return ascii


def _decoded(label: str) -> str:
    """What an `xn--` label stands for, if it is the one right way to write that."""
    try:
        text = label.removeprefix(_ACE).encode("ascii").decode("punycode")
        right = not text.isascii() and _encoded(text) == label
    except (UnicodeError, OverflowError, ValueError):
        right = False
    if not right:
        raise RefusedHandle("A part of the server's name begins with xn-- and stands for nothing.")
    return text


def _check_scripts(label: str, ascii: str) -> None:
    scripts = {script for mark in label if (script := _script(mark))}
    if len(scripts) > 1 and not any(scripts <= allowed for allowed in _TOGETHER):
        names = " and ".join(sorted(script.capitalize() for script in scripts))
        raise RefusedHandle(
            f"The name of the server ({ascii}) mixes {names} letters, as names do that are to be taken for others."
        )


def _script(mark: str) -> str:
    """The script of a letter, which is how its name in Unicode begins; empty for what belongs to all."""
    if unicodedata.category(mark)[0] != "L":
        return ""
    first = unicodedata.name(mark, "").replace("-", " ").partition(" ")[0]
    return "" if first == "MODIFIER" or mark == "\u30fc" else first
