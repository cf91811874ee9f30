"""Splits a web address into its parts, as browsers would, without their forgiveness."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .address import RefusedHandle
from .characters import scheme_of
from .domains import Domain, read_host

_PARTS = re.compile(r"//([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Url:
    """The parts of an `https` or `http` address, as they were written but for scheme and host."""

    scheme: str
    domain: Domain
    port: str
    path: str
    query: str | None
    fragment: str | None

    @property
    def host(self) -> str:
        return f"{self.domain.ascii}{self.port}"


def read_url(text: str) -> Url | None:
    """The parts of a web address; None for another kind of address."""
    scheme, rest = scheme_of(text)
    match = _PARTS.fullmatch(rest)
    if scheme not in {"https", "http"}:
        return None
    if not match or not match[1]:
        raise RefusedHandle("The link names no server.")
    if "@" in match[1]:
        raise RefusedHandle("The link has a name before the server, as links do that lead elsewhere than it seems.")
    domain, port = read_host(match[1])
    default = {"https": ":443", "http": ":80"}[scheme]
    return Url(scheme, domain, "" if port == default else port, match[2], match[3], match[4])
