"""The people in an account's address book (formats page of Session config messages, section 6.2)."""

from __future__ import annotations

import re

from ...model import Expiry, Noun
from .fields import PERSON, Fields, Notify, Picture, text_of
from .message import Tree
from .rooms import servers

_BLINDED = re.compile(rb"[0-9a-f]{64}")


class ContactEntry(Noun, frozen=True, kw_only=True):
    """Somebody the account knows. Without `approved` it is a request that nobody has answered yet.

    `name` is what they call themselves, `nickname` what we call them. Times are in seconds. `priority` is -1 for a
    hidden conversation, above 0 for a pinned one.
    """

    id: str
    name: str | None = None
    nickname: str | None = None
    picture: Picture | None = None
    approved: bool = False
    approved_me: bool = False
    blocked: bool = False
    priority: int = 0
    notify: Notify = Notify.DEFAULT
    muted_until: int | None = None
    expires: Expiry | None = None
    created: int | None = None
    profile_updated: int | None = None
    pro_features: frozenset[int] = frozenset()


class BlindedContact(Noun, frozen=True, kw_only=True):
    """Somebody met in a community, known there by a blinded id (15… or 25…) and nowhere else."""

    id: str
    server: str
    server_key: str
    name: str | None = None
    picture: Picture | None = None
    priority: int = 0
    created: int | None = None
    profile_updated: int | None = None
    pro_features: frozenset[int] = frozenset()


def contacts_of(data: Tree, own_id: str) -> tuple[ContactEntry, ...]:
    """Everybody in the address book, in the order of their ids, without the account itself."""
    entries = Fields(data).by_id(b"c", PERSON)
    return tuple(_contact(id, fields) for id, fields in entries if id != own_id)


def blinded_contacts_of(data: Tree) -> tuple[BlindedContact, ...]:
    """Everybody that is known from a community only."""
    return tuple(
        BlindedContact(
            id=("15" if fields.number(b"y") == 1 else "25") + text_of(key),
            server=server,
            server_key=server_key,
            name=fields.text(b"n"),
            picture=fields.picture(),
            priority=fields.number(b"+") or 0,
            created=fields.seconds(b"j"),
            profile_updated=fields.seconds(b"t"),
            pro_features=fields.numbers(b"f"),
        )
        for server, server_key, people in servers(Fields(data).below(b"b"))
        for key, fields in people.entries()
        if _BLINDED.fullmatch(key)
    )


def _contact(id: str, fields: Fields) -> ContactEntry:
    return ContactEntry(
        id=id,
        name=fields.text(b"n"),
        nickname=fields.text(b"N"),
        picture=fields.picture(),
        approved=fields.flag(b"a"),
        approved_me=fields.flag(b"A"),
        blocked=fields.flag(b"b"),
        priority=fields.number(b"+") or 0,
        notify=fields.notify(mentions=False),
        muted_until=fields.seconds(b"!"),
        expires=_expiry(fields),
        created=fields.seconds(b"j"),
        profile_updated=fields.seconds(b"t"),
        pro_features=fields.numbers(b"f"),
    )


def _expiry(fields: Fields) -> Expiry | None:
    """When messages disappear; a mode without a time, or a time without a mode, means never."""
    seconds = fields.duration(b"E")
    match fields.number(b"e"):
        case 1 if seconds:
            return Expiry(type="after_send", seconds=seconds)
        case 2 if seconds:
            return Expiry(type="after_read", seconds=seconds)
        case _:
            return None
