"""What an account cannot do."""

from __future__ import annotations

from ..errors import DecampError


class CannotSend(DecampError):
    """This cannot be sent there."""

    exit_code = 2
    hint = "Look into Session whether the conversation is still what it was."


class BadRecord(DecampError):
    """What was kept of an earlier run cannot be read."""

    exit_code = 6
    hint = "Start without it: messages of the last two weeks come again."
