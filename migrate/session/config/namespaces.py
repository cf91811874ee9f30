"""Which namespace holds what, and how it is wrapped."""

from __future__ import annotations

from enum import IntEnum


class Namespace(IntEnum):
    """A folder for messages that belongs to an account (0 to 5) or to a group (11 to 14, -11).

    Formats pages of the Session network, section 3.1, and of Session config messages, section 1.
    """

    MESSAGES = 0
    PROFILE = 2
    CONTACTS = 3
    CONVERSATIONS = 4
    GROUPS_JOINED = 5
    GROUP_MESSAGES = 11
    GROUP_KEYS = 12
    GROUP_INFO = 13
    GROUP_MEMBERS = 14
    GROUP_REVOKED = -11

    @property
    def domain(self) -> bytes:
        """What goes into the key of every config message here; groups' messages and keys have other ways."""
        return _DOMAINS[self]

    @property
    def kind(self) -> int | None:
        """The number that says in the wrapping what is inside; `None` where nothing is wrapped."""
        return self - 1 if Namespace.PROFILE <= self <= Namespace.GROUPS_JOINED else None


_DOMAINS = {
    Namespace.PROFILE: b"UserProfile",
    Namespace.CONTACTS: b"Contacts",
    Namespace.CONVERSATIONS: b"ConvoInfoVolatile",
    Namespace.GROUPS_JOINED: b"UserGroups",
    Namespace.GROUP_INFO: b"groups::Info",
    Namespace.GROUP_MEMBERS: b"groups::Members",
}
