"""Who is who on the pages: names, colours and pictures, looked up as they are needed."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from ...model import Account, short_id
from ..read import Archive
from .media import Media
from .text import attribute, label, line

COLOURS = 8
_AT_HAND = 4096


class Person(NamedTuple):
    """Somebody as the pages show them; `html` is the name, safe to put anywhere between tags."""

    name: str
    html: str
    colour: int
    avatar: str | None


class People:
    """Everybody who can be named. Keeps the most recent few thousand at hand, never all."""

    def __init__(self, archive: Archive, media: Media) -> None:
        self._con = archive.con
        self._media = media
        self.account: Account = archive.account()
        self.find = lru_cache(_AT_HAND)(self._find)

    def _find(self, id: str) -> Person:
        row = self._con.execute("SELECT display, avatar FROM contacts WHERE id = ?", (id,)).fetchone()
        name, avatar = row or (short_id(id), None)
        if id == self.account.id:
            name, avatar = self.account.name or name, self.account.avatar or avatar
        name = line(name) or short_id(id)
        return Person(name, label(name), colour_of(id), avatar)

    def name(self, id: str) -> str:
        """What a person is called, as text."""
        return self.find(id).name

    def tile(self, id: str, name: str, avatar: str | None, up: str) -> str:
        """The round picture of a person or place; its first letter on a colour if there is none to show."""
        if avatar and self._media.medium(avatar) == "image":
            return f'<img class="av" src="{up}{self._media.path(avatar)}" alt="" loading="lazy" width="40" height="40">'
        letter = next((c for c in line(name) if c.isalnum()), "#").upper()[:1]
        return f'<span class="av c{colour_of(id)}" aria-hidden="true">{attribute(letter)}</span>'


def colour_of(id: str) -> int:
    """A colour that stays with a person; there are `COLOURS` of them."""
    return crc32(id.encode("utf-8", "surrogatepass")) % COLOURS
