"""A page that says where somebody is: any `https` address that is no network's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...model import Network
from .address import Address, RefusedHandle
from .characters import tidy
from .domains import Domain
from .url import read_url

_RAW = "!$&'()*+,;=:@/"


@dataclass(frozen=True, slots=True)
class Page(Address):
    """A page on the web."""

    network: ClassVar = Network.WEB
    domain: Domain
    rest: str

    def __str__(self) -> str:
        return f"https://{self.domain.ascii}{self.rest}"

    def describe(self) -> str:
        return f"a page on {self.domain.shown}"


def read(text: str) -> Page | None:
    """A web page; None for what is not on the web."""
    url = read_url(text)
    if url is None:
        return None
    if url.scheme != "https":
        raise RefusedHandle(
            "A page that begins with http: can be changed on its way to whoever reads it.", "Give its https address."
        )
    if not url.domain.is_dotted:
        raise RefusedHandle("The link names a server that only this network knows.")
    rest = url.port + tidy(url.path or "/", _RAW)
    if url.query is not None:
        rest += f"?{tidy(url.query, _RAW + '?')}"
    if url.fragment is not None:
        rest += f"#{tidy(url.fragment, _RAW + '?')}"
    return Page(url.domain, rest)
