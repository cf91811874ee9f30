"""What a made-up account holds, so that a test can say whether all of it was found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Said:
    """One message as everybody in its conversation should see it. Files are named by the SHA-256 of their content."""

    conversation: str
    sender: str
    sent_at: int
    body: str = ""
    answers: tuple[str, int] | None = None
    """Author and time of the message that this one answers."""
    reactions: set[tuple[str, str]] = field(default_factory=set)
    """Each emoji, and whose it is."""
    files: tuple[str, ...] = ()
    lost_files: int = 0
    """How many files the server no longer has."""
    taken_back: bool = False
    changes_timer: bool = False
    expires_after: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody in the address book."""

    name: str | None
    nickname: str | None = None
    approved: bool = True
    approved_me: bool = True
    blocked: bool = False
    avatar: str | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """A group that the account is in."""

    name: str
    members: tuple[str, ...]
    admins: tuple[str, ...]
    ours: bool
    """Whether the account is one of its admins."""


@dataclass(slots=True)
class Told:
    """Everything that there is to find, by the ids that it is found under."""

    name: str = ""
    avatar: str = ""
    contacts: dict[str, Known] = field(default_factory=dict)
    groups: dict[str, Joined] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)
    """Groups that the account was removed from, and what they were called."""
    legacy_groups: dict[str, str] = field(default_factory=dict)
    communities: dict[str, str] = field(default_factory=dict)
    """The address of each room, and the key of its server."""
    messages: list[Said] = field(default_factory=list)
    unwanted: list[Said] = field(default_factory=list)
    """Messages of people whom the account has blocked."""
    doubles: int = 0
    """How many messages lie there twice, because whoever wrote them tried again."""
    stored: int = 0
    """How many things lie on the shelves, settings among them."""

    @property
    def files(self) -> set[str]:
        """All attachments that can still be had."""
        return {file for said in self.messages for file in said.files}
