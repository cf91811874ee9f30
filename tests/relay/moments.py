"""The moments at which a relay could be cut off, and the one of them at which it is."""

from __future__ import annotations

import os
import signal


class Moments:
    """Counts down to the one at which the process is killed."""

    def __init__(self, left: int) -> None:
        self._left = left

    def one(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
