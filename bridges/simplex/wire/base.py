"""What all objects of SimpleX have in common."""

from __future__ import annotations

import msgspec


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all objects. Keys that are not named are ignored."""


class Tagged(Wire, frozen=True, kw_only=True):
    """An object of which only the kind matters."""

    type: str = ""
