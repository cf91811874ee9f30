"""SimpleX links: made by the app, only checked here, and kept byte for byte.

Facts: formats page of contact cards, section 6.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote

from ...model import Network
from .address import Address, RefusedHandle
from .characters import scheme_of, unchanged
from .domains import Domain, read_domain, read_host
from .url import read_url

_PLACE = re.compile(r"/(a|c|g|r|i|contact|invitation)/?")
_NAME = re.compile(r"/name([@#])([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)")
_SHORT_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_INVITATION_KEY = re.compile(r"[A-Za-z0-9_-]{32}/([A-Za-z0-9_-]{43})")
_QUEUE = re.compile(r"smp://[A-Za-z0-9_=-]+(?::[^@/]*)?@([^/,:]+)[^/]*/.+", re.DOTALL)
_KINDS = {
    "a": "a contact address",
    "contact": "a contact address",
    "i": "a one-time invitation",
    "invitation": "a one-time invitation",
    "g": "a group",
    "c": "a channel",
    "r": "a relay",
}
_COPY = "Copy the link from SimpleX again, whole: many apps cut it at the # sign."
_KNOWN = {"h", "p", "c", "v", "smp", "e2e", "data"}


@dataclass(frozen=True, slots=True)
class SimplexLink(Address):
    """A link that opens a chat in SimpleX; whoever has it can use it."""

    network: ClassVar = Network.SIMPLEX
    text: str
    kind: str
    server: Domain | None
    others: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text

    def describe(self) -> str:
        server = f"on {self.server.shown}" if self.server else "on a server that the app knows"
        return f"{self.kind} {server}"

    def only_for_one(self) -> str | None:
        if self.kind != _KINDS["i"]:
            return None
        return "This SimpleX link is a one-time invitation: the first who uses it is the only one who can."

    def unknown(self) -> tuple[str, ...]:
        return self.others


def read(text: str) -> SimplexLink | None:
    """A SimpleX link of any form; None for what is another network's."""
    scheme, rest = scheme_of(text)
    if scheme == "simplex":
        unchanged(text)
        if name := _NAME.fullmatch(rest):
            return SimplexLink(text, "a group's name" if name[1] == "#" else f"the name {name[2]}", None)
        place, sharp, fragment = rest.partition("#")
        return _read_link(text, None, place, fragment if sharp else None)
    url = read_url(text)
    if url is None or not _PLACE.fullmatch(url.path) or url.query is not None:
        return None
    if not _is_simplex(url.domain.ascii, url.fragment or ""):
        return None
    return _read_link(unchanged(text), url.domain, url.path, url.fragment)


def _is_simplex(host: str, fragment: str) -> bool:
    """Whether a web address is one of SimpleX: /a and /contact may be pages of anybody's."""
    ours = re.fullmatch(r"(?:.*\.)?simplex\.(?:chat|im)|(?:smp|simplex)[0-9]*\..*", host)
    key = fragment.partition("?")[0]
    return bool(ours or fragment.startswith("/?v=") or _SHORT_KEY.fullmatch(key) or _INVITATION_KEY.fullmatch(key))


def _read_link(text: str, host: Domain | None, place: str, fragment: str | None) -> SimplexLink:
    match = _PLACE.fullmatch(place)
    if match is None:
        raise RefusedHandle("This is not one of the links that SimpleX makes.", _COPY)
    if not fragment:
        raise RefusedHandle("The link has lost what follows its # sign, and opens nothing without it.", _COPY)
    kind = match[1]
    if len(kind) > 1:
        return _read_full(text, kind, fragment)
    key, _, query = fragment.partition("?")
    _check_key(kind, key)
    values = _values(query)
    if "p" in values and host is not None:
        read_host(f"{host.ascii}:{values['p']}")
    hosts = [read_domain(name) for name in values.get("h", "").split(",") if name]
    server = host or (hosts[0] if hosts else None)
    return SimplexLink(text, _KINDS[kind], server, tuple(name for name in values if name not in _KNOWN))


def _check_key(kind: str, key: str) -> None:
    """A short link holds a key of 32 bytes, an invitation before it an id of 24."""
    if kind == "i":
        match = _INVITATION_KEY.fullmatch(key)
        key = match[1] if match else ""
    try:
        if _SHORT_KEY.fullmatch(key) and len(base64.urlsafe_b64decode(f"{key}=")) == 32:
            return
    except binascii.Error:
        pass
    raise RefusedHandle("The key in this SimpleX link is not whole.", _COPY)


def _read_full(text: str, kind: str, fragment: str) -> SimplexLink:
    start, mark, query = fragment.partition("?")
    values = _values(query)
    needed = {"v", "smp", "e2e"} if kind == "invitation" else {"v", "smp"}
    queue = _QUEUE.fullmatch(unquote(values.get("smp", "")))
    if start != "/" or not mark or not needed <= values.keys() or queue is None:
        raise RefusedHandle("This SimpleX link is not whole.", _COPY)
    server = read_domain(queue[1])
    return SimplexLink(text, _KINDS[kind], server, tuple(name for name in values if name not in _KNOWN))


def _values(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {name: value for name, _, value in pairs}
