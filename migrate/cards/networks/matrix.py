"""Matrix users and rooms. Facts: formats page of contact cards, section 4; Matrix specification, appendices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ...model import Network
from .address import Address, RefusedHandle
from .characters import decoded, encoded, scheme_of, tidy
from .domains import Domain, read_host
from .url import read_url

LONGEST_ID = 255
_TYPES = {"u": "@", "user": "@", "r": "#", "room": "#", "roomid": "!"}
_WRITTEN = {"@": "u", "#": "r", "!": "roomid"}
_NAMELESS = re.compile(r"[A-Za-z0-9_-]{43}")  # a room of version 12 or later is known by a hash alone
_RAW = "!$&()*+,;="
_RAW_QUERY = _RAW + "'@:/?"
_EXAMPLE = "Examples: @alice:example.org for a person, #tea:example.org for a room."


@dataclass(frozen=True, slots=True)
class MatrixId(Address):
    """A user (@), the name of a room (#) or a room by its id (!), with the servers by way of which it is reached."""

    network: ClassVar = Network.MATRIX
    sigil: str
    name: str
    server: Domain | None
    port: str
    query: str = ""

    @property
    def _host(self) -> str:
        return f":{self.server.ascii}{self.port}" if self.server else ""

    @property
    def _query(self) -> str:
        return f"?{self.query}" if self.query else ""

    def __str__(self) -> str:
        """The Matrix URI, which needs no web site in between."""
        return f"matrix:{_WRITTEN[self.sigil]}/{encoded(self.name, _RAW)}{self._host}{self._query}"

    def describe(self) -> str:
        if self.server is None:
            hosts = [read_host(decoded(via))[0].shown for via in _via(self.query)]
            return f"a room, by way of {', '.join(hosts)}"
        what = {"@": self.name, "#": f"the room {self.name}", "!": "a room"}[self.sigil]
        return f"{what} on {self.server.shown}{self.port}"

    def link(self) -> str:
        """The page that lets people choose an app, because many systems do not know Matrix URIs."""
        sigil = "%23" if self.sigil == "#" else self.sigil
        return f"https://matrix.to/#/{sigil}{encoded(self.name, _RAW)}{self._host}{self._query}"

    def qr(self) -> str:
        return self.link()

    def unknown(self) -> tuple[str, ...]:
        names = (pair.partition("=")[0] for pair in self.query.split("&") if pair)
        return tuple(name for name in names if name != "via")


def read(text: str) -> MatrixId | None:
    """A Matrix URI, a matrix.to link or a bare id; None for what is another network's."""
    scheme, rest = scheme_of(text)
    if scheme == "matrix":
        return _read_uri(rest)
    if scheme == "https":
        url = read_url(text)
        if url is None or url.domain.ascii != "matrix.to":
            return None
        return _read_fragment(url.fragment or "")
    if text[:1] in {"@", "#", "!"}:
        bare, mark, query = text.rpartition("?") if re.search(r"\?(via|action)=[^?]*$", text) else (text, "", "")
        return _read_id(bare, query if mark else "")
    return None


def _read_uri(rest: str) -> MatrixId:
    path, _, query = rest.partition("?")
    kind, *segments = path.split("/")
    sigil = _TYPES.get(kind.lower())
    if sigil is None or not segments or "#" in rest:
        raise RefusedHandle("This is not a Matrix address.", _EXAMPLE)
    return _read_id(sigil + decoded(_alone(segments)), query)


def _read_fragment(fragment: str) -> MatrixId:
    path, _, query = fragment.partition("?")
    start, *segments = path.split("/")
    if start or not segments:
        raise RefusedHandle("The link has lost what follows its # sign, and leads nowhere without it.", _EXAMPLE)
    return _read_id(decoded(_alone(segments)), query)


def _alone(segments: list[str]) -> str:
    first, *others = segments
    if any(others):
        raise RefusedHandle("This link is to one message in a room.", "Give the address of the person or of the room.")
    return first


def _read_id(text: str, query: str) -> MatrixId:
    sigil, name, server = text[:1], *text[1:].partition(":")[::2]
    query = _read_query(query)
    if sigil not in _WRITTEN or not name or len(text.encode()) > LONGEST_ID:
        raise RefusedHandle("This is not a Matrix address.", _EXAMPLE)
    if sigil != "#" and not (name.isascii() and name.isprintable() and " " not in name):
        raise RefusedHandle("A Matrix address has only letters of English before its colon.", _EXAMPLE)
    if server:
        domain, port = read_host(server)
        return MatrixId(sigil, name, domain, port, query)
    if sigil != "!" or ":" in text or not _NAMELESS.fullmatch(name):
        raise RefusedHandle("The Matrix address names no server.", _EXAMPLE)
    if not _via(query):
        raise RefusedHandle("The id of this Matrix room needs the name of a server with it.", "Add ?via=example.org.")
    return MatrixId(sigil, name, None, "", query)


def _read_query(query: str) -> str:
    """The parameters but for `action`: what to do is nothing that tells one address from another."""
    pairs = [tidy(pair, _RAW_QUERY.replace("&", "")) for pair in query.split("&") if pair]
    kept = "&".join(pair for pair in pairs if pair not in {"action=chat", "action=join"})
    for via in _via(kept):
        read_host(decoded(via))
    return kept


def _via(query: str) -> list[str]:
    return [pair[4:] for pair in query.split("&") if pair.startswith("via=")]
