"""How long work tells how far it is. The command line draws it; tests and other callers may ignore it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Hears about the stages of a long job."""

    def stage(self, name: str, total: int | None, unit: str) -> None:
        """A new stage begins: `name` for people, `total` units if known (`messages`, `pages`, `bytes`)."""

    def advance(self, count: int) -> None:
        """So many units more are done."""


class Silent:
    """A progress that nobody watches."""

    def stage(self, name: str, total: int | None, unit: str) -> None:
        return

    def advance(self, count: int) -> None:
        return
