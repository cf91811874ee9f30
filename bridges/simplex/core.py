"""What both ways to SimpleX offer, and what it means when SimpleX refuses."""

from __future__ import annotations

from typing import Protocol

from migrate.errors import DecampError

from ..api import Gone, NotNow, Refused, State
from .wire import Said, Trouble

ANSWER_SECONDS = 90.0
"""How long an answer may take: making a link is a round trip to a server, perhaps over Tor."""


class Lost(DecampError):
    """There is no way to SimpleX at the moment."""

    exit_code = 5
    hint = "It is tried again by itself."


class Shut(DecampError):
    """SimpleX does not let us in, and a person has to do something."""

    def __init__(self, state: State, said: str, todo: str) -> None:
        super().__init__(said, todo)
        self.state = state


class Denied(DecampError):
    """SimpleX refused what it was asked. `kind` is its own word for why; what was asked is not repeated here."""

    hint = "Look into the SimpleX program."

    def __init__(self, trouble: Trouble | None) -> None:
        reason = trouble and (trouble.error_type or trouble.store_error or trouble.agent_error)
        self.kind = reason.type if reason else "unknown"
        self.detail = reason.message if reason else ""
        self.valid_name = reason.valid_name if reason else ""
        self.passes = _passes(trouble)
        super().__init__(f"SimpleX refused: {self.kind}.")


class Core(Protocol):
    """One account of SimpleX that we may use alone: each event comes once, and to one listener."""

    async def ask(self, command: str) -> Said:
        """The answer to a command. Raises `Denied` and `Lost`."""

    async def hear(self) -> Said:
        """The next event. Raises `Lost`."""

    async def close(self) -> None: ...


_PASSING = {
    "chatNotStarted", "chatStoreChanged", "contactNotReady", "dBBusyError", "groupMemberNotActive",
    "connectionDisabled", "BROKER", "PROXY", "INACTIVE", "CRITICAL", "INTERNAL",
}  # fmt: skip
_GONE = {"groupNotFound", "groupMemberUserRemoved"}
_WORDS = {
    "contactNotFound": "There is no such chat.",
    "groupNotFound": "There is no such chat.",
    "groupMemberUserRemoved": "We are not in this group any more, or it was deleted.",
    "contactRequestNotFound": "Nobody asks there any more.",
    "chatItemNotFound": "The message is not there any more.",
    "invalidQuote": "The message that this answers is not there any more.",
    "invalidChatItemUpdate": "The message is too old to be changed, or not ours.",
    "invalidChatItemDelete": "The message is too old to be taken back, or not ours.",
    "largeMsg": "This is longer than a message of SimpleX may be.",
    "fileNotFound": "The file is not there, or the SimpleX program may not read it.",
    "fileSize": "The file is larger than SimpleX takes.",
    "fileNotApproved": "The file lies on a server that SimpleX does not know.",
    "rcvFileNotFound": "The file is not there any more.",
    "fileCancelled": "The sender has taken the file back.",
    "contactNotActive": "The other side has deleted this chat.",
    "contactDisabled": "The other side has not answered for so long that SimpleX has given up.",
    "AUTH": "The other side is gone, or the link was used already.",
}


def refusal(denied: Denied) -> NotNow | Refused:
    """What to tell whoever asked for something that was refused."""
    said = _WORDS.get(denied.kind, str(denied))
    if denied.kind in _GONE:
        return Gone(said)
    return NotNow(said) if denied.passes else Refused(said)


def _passes(trouble: Trouble | None) -> bool:
    """Whether the same may work later. Servers that are full or away come back; one that says no, does not."""
    if trouble is None:
        return True
    agent = trouble.agent_error
    if agent is not None and agent.smp_err is not None:
        return agent.smp_err.type == "QUOTA"
    reasons = (trouble.error_type, trouble.store_error, agent)
    return any(reason is not None and reason.type in _PASSING for reason in reasons)
