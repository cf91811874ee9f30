"""Session IDs and communities. Facts: formats page of contact cards, section 2."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ...model import Network, short_id
from .address import Address, RefusedHandle
from .domains import Domain
from .url import read_url

ID_DIGITS = 66
_HEX = re.compile(r"[0-9a-fA-F]{40,80}")
_NAME = re.compile(r"\w(?:[\w-]*\w)?")
_ROOM = re.compile(r"/([0-9a-zA-Z_-]{1,64})")
_KEY = re.compile(r"public_key=([0-9a-fA-F]{64})")
_SHORT_COMMUNITY = re.compile(r"[^/?#@]+/[^/?#]+\?public_key=.*")


@dataclass(frozen=True, slots=True)
class SessionId(Address):
    """An account of Session."""

    network: ClassVar = Network.SESSION
    id: str

    def __str__(self) -> str:
        return self.id

    def describe(self) -> str:
        return f"{short_id(self.id)} in Session"

    def link(self) -> None:
        """Nothing opens a Session ID: there is no scheme for it."""


@dataclass(frozen=True, slots=True)
class Community(Address):
    """A room on a community server of Session."""

    network: ClassVar = Network.COMMUNITY
    scheme: str
    domain: Domain
    port: str
    room: str
    key: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.domain.ascii}{self.port}/{self.room}?public_key={self.key}"

    def describe(self) -> str:
        return f"the community {self.room} on {self.domain.shown}{self.port}"

    def link(self) -> str | None:
        return str(self) if self.scheme == "https" else None


def read(text: str) -> Address | None:
    """A Session ID or a community; None for what is another network's."""
    if _HEX.fullmatch(text):
        return _read_id(text.lower())
    if _SHORT_COMMUNITY.fullmatch(text) and "://" not in text:
        text = f"https://{text}"
    url = read_url(text)
    if url is None:
        if _NAME.fullmatch(text):
            raise RefusedHandle(
                "A name alone says neither which network nor which server it is on.",
                "If it is a name in Session, use the Session ID that belongs to it: decamp looks nothing up.",
            )
        return None
    if url.query is None or "public_key=" not in url.query:
        return None
    room, key = _ROOM.fullmatch(url.path), _KEY.fullmatch(url.query)
    if room is None or key is None or url.fragment is not None or not url.domain.is_dotted:
        raise RefusedHandle(
            "A community's address is a server, a room, and ?public_key= with 64 digits at its end.",
            "Copy it again from the community's settings.",
        )
    return Community(url.scheme, url.domain, url.port, room[1], key[1].lower())


def _read_id(digits: str) -> SessionId:
    if len(digits) != ID_DIGITS:
        raise RefusedHandle(
            f"A Session ID has {ID_DIGITS} digits, and this has {len(digits)}.", "Copy it again, whole."
        )
    if digits[:2] in {"15", "25"}:
        raise RefusedHandle(
            f"An ID that begins with {digits[:2]} is good inside one community only.",
            "Use the one that begins with 05.",
        )
    if digits[:2] == "03":
        raise RefusedHandle("An ID that begins with 03 is a group, which nobody can join by it.", "Name a person.")
    if digits[:2] != "05":
        raise RefusedHandle("A Session ID begins with 05.", "Copy it again, whole.")
    return SessionId(digits)
