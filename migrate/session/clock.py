"""What time the network thinks it is: formats page of the Session network, section 2.4.

Signed requests may be a minute off, and clocks of old phones and fresh machines are off by more.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median_low

from ..model import Json
from .answers import number
from .nodes import Node

EARLIEST = 1_609_459_200_000  # the start of 2021: before that a node does not know the time itself


class Clock:
    """Milliseconds as the network counts them, learnt from the `t` of every answer."""

    def __init__(self, now: Callable[[], int]) -> None:
        """`now` is the clock of this machine, in milliseconds since 1970."""
        self._now = now
        self._offsets: dict[bytes, int] = {}

    def learn(self, node: Node, t: Json) -> bool:
        """Take the time of an answer. False if it was none."""
        said = number(t)
        if said is None or said < EARLIEST:
            return False
        self._offsets[node.ed25519] = self._now() - said
        return True

    @property
    def offset(self) -> int:
        """How far this machine is ahead: the middle of what the nodes say, so that a few wrong ones change nothing."""
        return median_low(self._offsets.values()) if self._offsets else 0

    def time(self, node: Node | None = None) -> int:
        """The time by which `node` judges a request; without one, the time to write on messages."""
        known = self._offsets.get(node.ed25519) if node is not None else None
        return self._now() - (self.offset if known is None else known)
