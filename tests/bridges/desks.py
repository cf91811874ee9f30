"""What a bridge is given in a test: the time of everybody, and chances that are the same each time."""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random

from bridges.api import Desk


def desk_of(settings: dict[str, str], folder: Path, cursor: str | None) -> Desk:
    return Desk(
        settings=settings,
        folder=folder,
        now=lambda: time.time_ns() // 1_000_000,
        random=Random(1),
        random_bytes=os.urandom,
        cursor=cursor,
    )
