"""XMPP addresses and what their links say besides. Facts: formats page of contact cards, section 3; RFC 7622, 5122."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ...model import Network
from .address import Address, RefusedHandle
from .characters import decoded, encoded, scheme_of, tidy
from .domains import Domain, read_domain
from .url import read_url

LONGEST_PART = 1023
_FORBIDDEN = frozenset("\"&'/:<>@")
_LETTERS = {"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"}
_RAW_LOCAL = "!$()*+,="
_RAW_VALUE = "!$'()*+,:@/?=&"
_DEVICE = re.compile(r"omemo-sid-([0-9]{1,10})")
_FINGERPRINT = re.compile(r"(?:05)?([0-9a-f]{64})")
_BARE_WITH_QUERY = re.compile(r"[^@:/?#]+@[^@:?#]+\?(?:join|roster|subscribe|message|omemo-sid-[0-9]+=)")
_KNOWN = {"name", "group", "subject", "body", "thread", "type", "preauth", "ibr", "password"}
_ACTIONS = {"", "roster", "subscribe", "message", "join"}

Pair = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Jid(Address):
    """An account, or a room with the action `join`, with what is to happen when somebody opens the link."""

    network: ClassVar = Network.XMPP
    local: str
    domain: Domain
    action: str = ""
    pairs: tuple[Pair, ...] = ()

    def __str__(self) -> str:
        pieces = [name if value is None else f"{name}={value}" for name, value in self.pairs]
        query = ";".join([self.action, *pieces] if self.action else pieces)
        # Unlike links of the web, which have the name in ASCII: RFC 7622, section 3.2.
        return (
            f"xmpp:{encoded(self.local, _RAW_LOCAL)}@{encoded(self.domain.unicode, '[:]')}{'?' if query else ''}{query}"
        )

    def describe(self) -> str:
        return f"{'the room ' if self.action == 'join' else ''}{self.local} on {self.domain.shown}"

    def only_for_one(self) -> str | None:
        names = {name for name, _ in self.pairs}
        if "preauth" in names:
            return "This XMPP link lets one person in without being asked: its token (preauth) is good once."
        if "password" in names:
            return "This XMPP link holds a password."
        return None

    def unknown(self) -> tuple[str, ...]:
        names = [name for name, _ in self.pairs if name not in _KNOWN and not _DEVICE.fullmatch(name)]
        return tuple(names if self.action in _ACTIONS else [self.action, *names])


def read(text: str) -> Jid | None:
    """An XMPP link of any form, or a bare address with a query that only XMPP has; None for another network's."""
    scheme, rest = scheme_of(text)
    if scheme == "xmpp":
        return _read_uri(rest)
    if scheme == "imto":
        service, _, jid = rest.removeprefix("//").partition("/")
        return _read_jid(decoded(jid)) if service.lower() in {"xmpp", "jabber"} else None
    if not scheme and _BARE_WITH_QUERY.match(text):
        return _read_uri(text)
    return _read_web(text) if scheme == "https" else None


def read_bare(text: str) -> Jid:
    """An address as people write it, without a scheme and without %XX, when it is known to be one of XMPP."""
    return _read_jid(text)


def _read_uri(rest: str) -> Jid:
    if rest.startswith("//"):
        raise RefusedHandle(
            "After xmpp: two slashes mean an account to log in with, not one to write to.", "Leave the slashes out."
        )
    path, _, query = rest.partition("?")
    if "#" in rest:
        raise RefusedHandle("An XMPP link has no # in it.", "Write %23 for one.")
    action, pairs = _read_query(query.split(";"))
    return _read_jid(decoded(path), action, pairs)


def _read_web(text: str) -> Jid | None:
    """`https://conversations.im/i/alice@example.org`, in its newer and its older form, and /j/ for a room."""
    url = read_url(text)
    if url is None or url.domain.ascii != "conversations.im" or not url.path.startswith(("/i/", "/j/")):
        return None
    jid = url.path[3:].removesuffix("/")
    jid = jid if "@" in decoded(jid) else jid.replace("/", "@", 1)
    action, pairs = _read_query((url.query or "").split("&"))
    return _read_jid(decoded(jid), "join" if url.path[1] == "j" else action, pairs)


def _read_query(pieces: Iterable[str]) -> tuple[str, tuple[Pair, ...]]:
    """The action, which comes first and has no value, and what follows it, in its order."""
    action = ""
    pairs = [_read_pair(piece) for piece in pieces if piece]
    if pairs and pairs[0][1] is None:
        action = pairs.pop(0)[0]
        action = action.lower() if action.isalpha() else action
    if action == "register":
        raise RefusedHandle("This XMPP link makes an account on a server; it is nobody's address.")
    fingerprints = dict(pair for pair in pairs if _DEVICE.fullmatch(pair[0]))
    if any(fingerprints.get(name, value) != value for name, value in pairs):
        raise RefusedHandle("The XMPP link has two fingerprints for one device.")
    return action, tuple(dict.fromkeys(pairs))


def _read_pair(piece: str) -> Pair:
    name, equals, value = piece.partition("=")
    name = tidy(name, _RAW_VALUE.replace("=", ""))
    value = tidy(value, _RAW_VALUE)
    if name.lower().startswith("omemo-sid-"):
        device, fingerprint = _DEVICE.fullmatch(name.lower()), _FINGERPRINT.fullmatch(value.lower())
        if not device or not 0 < int(device[1]) < 1 << 32 or not fingerprint:
            raise RefusedHandle(
                "A fingerprint in this XMPP link is not a device number and 64 digits.", "Copy the link again, whole."
            )
        return f"omemo-sid-{int(device[1])}", fingerprint[1]
    return name, value if equals else None


def _read_jid(text: str, action: str = "", pairs: tuple[Pair, ...] = ()) -> Jid:
    """The account, without the resource, which is one of its devices or a nickname in a room."""
    bare = text.partition("/")[0]
    local, at, domain = bare.partition("@")
    if not at or not local:
        raise RefusedHandle("An XMPP address is one name, @ and one server.")
    server = read_domain(domain)
    if len(server.unicode.encode()) > LONGEST_PART:
        raise RefusedHandle("The name of the server is too long.")
    return Jid(_localpart(local), server, action, pairs)


def _localpart(text: str) -> str:
    """The name in its one spelling: the profile UsernameCaseMapped of RFC 8265, as far as Python's Unicode goes."""
    narrow = (unicodedata.normalize("NFKC", mark) if _is_wide(mark) else mark for mark in text)
    name = unicodedata.normalize("NFC", "".join(narrow).lower())
    good = all(_is_allowed(mark) for mark in name) and unicodedata.normalize("NFC", name.lower()) == name
    if not good or unicodedata.category(name[0])[0] == "M" or len(name.encode()) > LONGEST_PART:
        raise RefusedHandle("The name before the @ of the XMPP address holds what no such name may.")
    return name


def _is_wide(mark: str) -> bool:
    return unicodedata.east_asian_width(mark) in "FH" and unicodedata.normalize("NFKC", mark) != mark


def _is_allowed(mark: str) -> bool:
    if mark.isascii():
        return "!" <= mark <= "~" and mark not in _FORBIDDEN
    return unicodedata.category(mark) in _LETTERS and unicodedata.normalize("NFKC", mark) == mark
