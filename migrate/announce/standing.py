"""How an announcement stands: how many have been told, have read it, have come, and what failed."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Noun
from .campaign import Notice, Step


class Standing(Noun, frozen=True, kw_only=True):
    """Numbers of people. Each number holds the later ones too: whoever has read it was told."""

    people: int = 0
    told: int = 0
    delivered: int = 0
    read: int = 0
    arrived: int = 0
    failed: int = 0
    waiting: int = 0

    @property
    def share(self) -> float:
        """How much of the telling is done, from 0 to 1."""
        return self.told / self.people if self.people else 0.0


def standing(notices: Iterable[Notice]) -> Standing:
    """Count them."""
    all_of_them = list(notices)
    steps = [notice.step for notice in all_of_them]
    return Standing(
        people=len(steps),
        told=sum(step.is_told for step in steps),
        delivered=sum(bool(one.delivered_at or one.read_at) for one in all_of_them),
        read=sum(bool(one.read_at) for one in all_of_them),
        arrived=steps.count(Step.ARRIVED),
        failed=steps.count(Step.FAILED),
        waiting=steps.count(Step.PLANNED) + steps.count(Step.STORED),
    )
