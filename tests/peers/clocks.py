"""The time of day. Peers have no other, so neither has the network that they are on."""

from __future__ import annotations

import time


def this_moment() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000
