"""Which link somebody means by what they type: its name, a part of it, or a line as the relay itself says it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from migrate.model import short_id

from . import words
from .model import Link
from .portals import Portals

QUOTES = frozenset("\"'`“”„‚‘’«»‹›")


def bare(text: str) -> str:
    """A name without the quotes that it needs at a terminal."""
    text = text.strip()
    return text[1:-1].strip() if len(text) > 1 and {text[0], text[-1]} <= QUOTES else text


class Names:
    """How all links of a moment can be called. What is over is meant only where nothing else can be."""

    def __init__(self, portals: Portals) -> None:
        links = portals.links.values()
        self._there = [link for link in links if link.name not in portals.ended]
        self._over = [link for link in links if link.name in portals.ended]
        self._called: defaultdict[str, list[Link]] = defaultdict(list)
        for link in self._there:
            for name in dict.fromkeys(name.casefold() for name in _names(link)):
                self._called[name].append(link)

    def meant(self, about: str) -> Sequence[Link]:
        """Every link that may be meant: those that are called so, else those with this in their name."""
        wanted = bare(about).casefold()
        if not wanted:
            return []
        return self._called.get(wanted) or _with(self._there, wanted) or _with(self._over, wanted)

    def of(self, link: Link) -> str:
        """What a link is called, and what to type to mean this one and no other: no longer than it has to be."""
        alone = (name for name in _names(link) if len(self._called.get(name.casefold(), ())) <= 1)
        return next(alone, link.name)


def _names(link: Link) -> tuple[str, ...]:
    """What its owner called it, or else its contact; then what no other link has; last whatever else may be typed."""
    title = words.one_line(link.title) or link.name
    called = title if link.made or title.casefold() == link.name.casefold() else link.name
    apart = f"{title} ({short_id(link.person or link.ends[0].chat)})", f"{title} ({link.name})"
    return called, *apart, link.name, title, link.title


def _with(links: Sequence[Link], wanted: str) -> list[Link]:
    return [link for link in links if any(wanted in name.casefold() for name in _names(link))]
