"""What can be wrong with bytes that came from the network. One that cannot be read never stops the others."""

from __future__ import annotations

from ..errors import DecampError


class Unreadable(DecampError):
    """Something from the network that could not be read; `code` says why, in a word that reports can count."""

    exit_code = 6
    hint = "It is listed in the report, and everything else is read."

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message)
        self.code = code


class BadMessage(Unreadable):
    """This is no message that can be opened."""


class BadFile(Unreadable):
    """This is no file that can be opened."""


class BadConfig(Unreadable):
    """These are no settings that can be opened."""


class BadAnswer(Unreadable):
    """A node or a server answered something that is no answer."""


class NoAnswer(DecampError):
    """A node could not be reached, or said nothing."""

    exit_code = 5
    hint = "Look whether this machine is online, then run the command again."

    def __init__(self, message: str = "", *, gone: bool = False) -> None:
        """`gone`: the network no longer knows this node, so that asking it again is of no use."""
        super().__init__(message)
        self.gone = gone


class TooLarge(DecampError):
    """The message is longer than the network takes."""

    exit_code = 2
    hint = "Send it in several parts, or as a file."
