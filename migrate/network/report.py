"""What a run did on the network, for people and for tests: where its nodes came from, and how much it asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..session.nodes import NodeList


@dataclass(frozen=True, slots=True)
class Tried:
    """One place that was asked for a list of nodes, and how that went."""

    place: str
    outcome: str
    nodes: int = 0

    @property
    def worked(self) -> bool:
        return self.nodes > 0


@dataclass(frozen=True, slots=True)
class Found:
    """The list that is in use: from where, and since when it was kept, if it was."""

    nodes: NodeList
    place: str
    saved_at: int | None = None


@dataclass(slots=True)
class Report:
    """What there is to tell afterwards."""

    tried: list[Tried] = field(default_factory=list)
    """Each place once, with how it went the last time."""
    found: Found | None = None
    requests: int = 0
    """How often something was sent, to anybody."""
    retries: int = 0
    paths: int = 0
    """How many ways through the network were built."""
    renewals: int = 0
    """How often the list of nodes was renewed."""

    def note(self, tried: Tried) -> None:
        """Note how a place answered."""
        self.tried = [one for one in self.tried if one.place != tried.place] + [tried]
