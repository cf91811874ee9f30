"""How bridges come into a relay, and how its parts get at them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from ..api import Bridge, Desk


@dataclass(frozen=True, slots=True)
class Seat:
    """How to make a bridge, and what it gets to work with, given its last cursor.

    `hold` keeps others from using it, for as long as it runs and no longer; it may say `NotNow`.
    """

    make: Callable[[], Bridge]
    desk: Callable[[str | None], Desk]
    hold: Callable[[], AbstractContextManager[None]] = nullcontext


class Sides(Protocol):
    """The bridges that can be used at this moment."""

    def connected(self, name: str) -> Bridge | None: ...
    def running(self, name: str) -> Bridge | None: ...
