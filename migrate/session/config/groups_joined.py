"""The groups and communities an account is in (formats page of Session config messages, section 6.4)."""

from __future__ import annotations

from enum import IntEnum

from ...model import Noun
from .fields import GROUP, KEY_BYTES, LEGACY_GROUP, Fields, Notify
from .group_keys import is_seed_of
from .hidden import Hidden
from .message import Tree
from .rooms import rooms

_AUTH_BYTES = 100


class Standing(IntEnum):
    """Whether an account is still in a group."""

    IN = 0
    REMOVED = 1
    DESTROYED = 2


class CommunityEntry(Noun, frozen=True, kw_only=True):
    """A community. `room` is written as its server writes it. Times are in seconds."""

    server: str
    room: str
    server_key: str
    priority: int = 0
    joined: int | None = None
    notify: Notify = Notify.DEFAULT
    muted_until: int | None = None
    invited: bool = False

    @property
    def link(self) -> str:
        """What others need to join."""
        return f"{self.server}/{self.room}?public_key={self.server_key}"


class GroupEntry(Noun, frozen=True, kw_only=True):
    """A group with what the account may do in it: everything with the admin's seed, take part with `auth_data`.

    `name` is the one from the invitation; the present one is in the group's own config.
    """

    id: str
    name: str | None = None
    admin_seed: Hidden | None = None
    auth_data: Hidden | None = None
    standing: Standing = Standing.IN
    priority: int = 0
    joined: int | None = None
    notify: Notify = Notify.DEFAULT
    muted_until: int | None = None
    invited: bool = False

    @property
    def can_ask(self) -> bool:
        """Whether storage nodes will answer us about this group."""
        return self.standing is Standing.IN and (self.admin_seed is not None or self.auth_data is not None)


class LegacyGroupEntry(Noun, frozen=True, kw_only=True):
    """A group of the old kind. The network no longer carries them: this is all that is left."""

    id: str
    name: str | None = None
    members: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    encryption_key: str | None = None
    encryption_secret: Hidden | None = None
    expires_after: int | None = None
    priority: int = 0
    joined: int | None = None
    notify: Notify = Notify.DEFAULT
    muted_until: int | None = None
    invited: bool = False


def communities_of(data: Tree) -> tuple[CommunityEntry, ...]:
    """Every community whose server can be told from others by its key."""
    return tuple(
        CommunityEntry(
            server=server,
            room=fields.text(b"n") or token,
            server_key=server_key,
            priority=fields.number(b"+") or 0,
            joined=fields.seconds(b"j"),
            notify=fields.notify(mentions=True),
            muted_until=fields.seconds(b"!"),
            invited=fields.flag(b"i"),
        )
        for server, server_key, token, fields in rooms(Fields(data).below(b"o"))
    )


def groups_of(data: Tree) -> tuple[GroupEntry, ...]:
    """Every group, those that the account was removed from too."""
    return tuple(_group(id, fields) for id, fields in Fields(data).by_id(b"g", GROUP))


def legacy_groups_of(data: Tree) -> tuple[LegacyGroupEntry, ...]:
    """Every group of the old kind."""
    return tuple(_legacy(id, fields) for id, fields in Fields(data).by_id(b"C", LEGACY_GROUP))


def _group(id: str, fields: Fields) -> GroupEntry:
    auth_data = fields.blob(b"s", _AUTH_BYTES)
    return GroupEntry(
        id=id,
        name=fields.text(b"n"),
        admin_seed=_admin_seed(id, fields),
        auth_data=Hidden(auth_data) if auth_data else None,
        standing=_standing(fields),
        priority=fields.number(b"+") or 0,
        joined=fields.seconds(b"j"),
        notify=fields.notify(mentions=True),
        muted_until=fields.seconds(b"!"),
        invited=fields.flag(b"i"),
    )


def _admin_seed(id: str, fields: Fields) -> Hidden | None:
    """The seed of the group's key, if it is: whoever wrote another one there could make us sign in its name."""
    seed = fields.blob(b"K", KEY_BYTES)
    return Hidden(seed) if seed and is_seed_of(seed, bytes.fromhex(id[2:])) else None


def _standing(fields: Fields) -> Standing:
    """A number that nobody knows yet still says that we are out."""
    number = fields.number(b"r") or 0
    return Standing(number) if number in set(Standing) else Standing.REMOVED


def _legacy(id: str, fields: Fields) -> LegacyGroupEntry:
    members = fields.ids(b"m")
    public, secret = fields.blob(b"k", KEY_BYTES), fields.blob(b"K", KEY_BYTES)
    both = public and secret
    return LegacyGroupEntry(
        id=id,
        name=fields.text(b"n"),
        members=tuple(sorted(members)),
        admins=tuple(sorted(fields.ids(b"a") - members)),
        encryption_key=public.hex() if both and public else None,
        encryption_secret=Hidden(secret) if both and secret else None,
        expires_after=fields.duration(b"E"),
        priority=fields.number(b"+") or 0,
        joined=fields.seconds(b"j"),
        notify=fields.notify(mentions=True),
        muted_until=fields.seconds(b"!"),
        invited=fields.flag(b"i"),
    )
