"""What a group says about itself and its members (formats page of Session config messages, section 7.4)."""

from __future__ import annotations

from enum import IntEnum

from ...model import Noun
from .fields import PERSON, Fields, Picture
from .message import Tree


class GroupInfo(Noun, frozen=True, kw_only=True):
    """A group as its admins describe it. Times are in seconds.

    Messages before `deleted_before`, and files before `files_deleted_before`, the admins want gone.
    """

    name: str | None = None
    description: str | None = None
    picture: Picture | None = None
    expires_after: int | None = None
    created: int | None = None
    deleted_before: int | None = None
    files_deleted_before: int | None = None
    destroyed: bool = False


class Sent(IntEnum):
    """What became of an invitation or a promotion."""

    ACCEPTED = 0
    SENT = 1
    FAILED = 2
    NOT_SENT = 3


class Removal(IntEnum):
    """Whether a member is on the way out."""

    NONE = 0
    MEMBER = 1
    MEMBER_AND_MESSAGES = 2


class GroupMember(Noun, frozen=True, kw_only=True):
    """Somebody in a group, invited to it, or being removed."""

    id: str
    name: str | None = None
    picture: Picture | None = None
    admin: bool = False
    invitation: Sent = Sent.ACCEPTED
    promotion: Sent = Sent.ACCEPTED
    removal: Removal = Removal.NONE
    with_past_keys: bool = False
    profile_updated: int | None = None

    @property
    def belongs(self) -> bool:
        """Whether this person is in the group now: an admin, or one who has accepted, and nobody removes them."""
        return self.removal is Removal.NONE and (self.admin or self.invitation is Sent.ACCEPTED)


def group_info_of(data: Tree) -> GroupInfo:
    """The group as a whole."""
    fields = Fields(data)
    return GroupInfo(
        name=fields.text(b"n"),
        description=fields.text(b"o"),
        picture=fields.picture(),
        expires_after=fields.duration(b"E"),
        created=fields.seconds(b"c"),
        deleted_before=fields.seconds(b"d"),
        files_deleted_before=fields.seconds(b"D"),
        destroyed=fields.flag(b"!"),
    )


def group_members_of(data: Tree) -> tuple[GroupMember, ...]:
    """Everybody in the group's list, in the order of their ids."""
    return tuple(_member(id, fields) for id, fields in Fields(data).by_id(b"m", PERSON))


def _member(id: str, fields: Fields) -> GroupMember:
    admin, promotion = fields.flag(b"A"), _sent(fields, b"P")
    invitation = Sent.ACCEPTED if admin else _sent(fields, b"I")
    removal = fields.number(b"R") or 0
    return GroupMember(
        id=id,
        name=fields.text(b"n"),
        picture=fields.picture(),
        admin=admin,
        invitation=invitation,
        promotion=promotion,
        removal=Removal(removal) if removal in set(Removal) else Removal.MEMBER,
        with_past_keys=fields.flag(b"s") and invitation is not Sent.ACCEPTED and promotion is Sent.ACCEPTED,
        profile_updated=fields.seconds(b"t"),
    )


def _sent(fields: Fields, key: bytes) -> Sent:
    """A number that nobody knows yet is not yet an acceptance."""
    number = fields.number(key) or 0
    return Sent(number) if number in set(Sent) else Sent.SENT
