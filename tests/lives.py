"""A process of its own for something that is killed again and again, without the second that Python takes to start."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable


def lives(work: Callable[[], None], seconds: float | None = None) -> bool:
    """Do some work in a child that is killed after so many seconds. Returns whether it came to its end before.

    The system itself kills it, so that nothing depends on when we are let in again on a busy machine.
    """
    child = os.fork()
    if child == 0:
        try:
            if seconds is not None:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.setitimer(signal.ITIMER_REAL, seconds)
            work()
        except BaseException:  # noqa: BLE001 - the child says what went wrong before it ends
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGALRM
        return False
    assert os.WEXITSTATUS(status) == 0
    return True
