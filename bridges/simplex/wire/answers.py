"""The outermost object: an answer, an event, or an error."""

from __future__ import annotations

import msgspec

from .base import Tagged, Wire
from .items import Deletion, Entry, Listed, Reacting
from .people import Address, Contact, Group, Link, Member, Members, Pending, Request, User


class Reason(Wire, frozen=True, kw_only=True):
    """Why something was refused."""

    type: str = ""
    message: str = ""
    valid_name: str = ""
    smp_err: Tagged | None = None


class Trouble(Wire, frozen=True, kw_only=True):
    """An error: of the program, of its store, or of the network."""

    type: str = ""
    error_type: Reason | None = None
    store_error: Reason | None = None
    agent_error: Reason | None = None


class Said(Wire, frozen=True, kw_only=True):
    """An answer or an event: which of the fields are there depends on `type`."""

    type: str = ""
    user: User | None = None
    contact: Contact | None = None
    to_contact: Contact | None = None
    from_contact: Contact | None = None
    contacts: tuple[Contact, ...] = ()
    contact_request: Request | None = None
    contact_link: Address | None = None
    conn_link_contact: Link | None = None
    conn_link_invitation: Link | None = None
    connection: Pending | None = None
    group_info: Group | None = None
    to_group: Group | None = None
    from_group: Group | None = None
    groups: tuple[Group, ...] = ()
    group: Members | None = None
    member: Member | None = None
    member_: Member | None = msgspec.field(default=None, name="member_")
    deleted_member: Member | None = None
    chat: Listed | None = None
    chats: tuple[Listed, ...] = ()
    chat_items: tuple[Entry, ...] = ()
    chat_item: Entry | None = None
    chat_item_: Entry | None = msgspec.field(default=None, name="chatItem_")
    chat_item_ids: tuple[int, ...] = msgspec.field(default=(), name="chatItemIDs")
    chat_item_deletions: tuple[Deletion, ...] = ()
    by_user: bool = False
    timed: bool = False
    added: bool = False
    reaction: Reacting | None = None
    chat_error: Trouble | None = None
