"""A made-up account on the stand-in network: its settings, its groups, and two weeks of what people wrote to it.

For `decamp demo --network`, for tests and for measuring. Everything is sealed and signed as the apps do it, so whoever
reads it has to be a real client. `populate` returns what there is to find.
"""

from __future__ import annotations

from .echo import Echo
from .populate import Size, populate
from .told import Told

__all__ = ["Echo", "Size", "Told", "populate"]
