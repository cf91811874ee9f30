"""How a bridge is doing, in words that tell a person what to do next (formats page of bridges, section 10)."""

from __future__ import annotations

from enum import StrEnum

from migrate.model import Noun


class State(StrEnum):
    """Where a bridge stands. In `BAD_CREDENTIALS`, `LOGGED_OUT` and `FAILED` it has stopped trying."""

    STOPPED = "stopped"
    STARTING = "starting"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    INTERRUPTED = "interrupted"
    """Something that passes: it tries again by itself, with growing pauses."""
    BAD_CREDENTIALS = "bad credentials"
    LOGGED_OUT = "logged out"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether a person has to do something before it goes on."""
        return self in {State.BAD_CREDENTIALS, State.LOGGED_OUT, State.FAILED}


class Health(Noun, frozen=True, kw_only=True):
    """A state, why, and what the person should do. `since` is in milliseconds."""

    state: State
    since: int
    said: str = ""
    todo: str = ""
