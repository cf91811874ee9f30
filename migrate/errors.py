"""Every error decamp raises on purpose: what happened, what to do about it, and the exit code."""

from __future__ import annotations


class DecampError(Exception):
    """Something went wrong that a person can do something about.

    The message is one sentence that says what happened, `hint` one that says what to do next.
    """

    exit_code = 1
    hint = "Run the command again with --debug and report what it prints."

    def __init__(self, message: str = "", hint: str | None = None) -> None:
        said = message or (self.__doc__ or "").strip().splitlines()[0]
        super().__init__(said.encode("utf-8", "replace").decode())  # servers are quoted here, and say anything
        if hint is not None:
            self.hint = hint


class WrongWords(DecampError):
    """The command does not make sense as it was typed."""

    exit_code = 2
    hint = "See the command's --help for an example."


class WrongKey(DecampError):
    """The database did not open with the key we have."""

    exit_code = 3
    hint = "If Session asks for a password when it starts, give the same one here; it is asked for, never an argument."


class PasswordNeeded(WrongKey):
    """There is a password, and nobody has given it yet: ask for it and try again."""


class NothingFound(DecampError):
    """There is nothing here that decamp can read."""

    exit_code = 4
    hint = "Run `decamp doctor` to see what is found on this machine, or name the folder to read."


class SourceBusy(DecampError):
    """The profile kept changing while it was copied."""

    exit_code = 4
    hint = "Close Session and run the command again."


class UnreadableSource(DecampError):
    """The source is there, but it is not what decamp can read."""

    exit_code = 4
    hint = "Run `decamp doctor` on it to see what is wrong."


class ArchiveError(DecampError):
    """The archive cannot be used as it is."""

    exit_code = 2
    hint = "Name another folder with --to."


class ArchiveBusy(ArchiveError):
    """Another decamp is writing to this archive."""

    hint = "Wait until it has finished, then run the command again."


class NoSpace(DecampError):
    """The disk is full."""

    exit_code = 1
    hint = "Free some space, or choose another disk (as with --to); the next run goes on where this one stopped."
