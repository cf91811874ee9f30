"""An account's settings and its groups, as nouns, from what nodes hold of them: everything but the messages.

Facts: formats page of Session config messages. Whatever cannot be read is named and costs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec

from ..model import Noun
from .config.contacts import BlindedContact, ContactEntry, blinded_contacts_of, contacts_of
from .config.conversations import ConvoInfo, conversations_of
from .config.group_info import GroupInfo, GroupMember, group_info_of, group_members_of
from .config.group_keys import GroupKeys, read_group_keys
from .config.groups_joined import (
    CommunityEntry,
    GroupEntry,
    LegacyGroupEntry,
    communities_of,
    groups_of,
    legacy_groups_of,
)
from .config.namespaces import Namespace
from .config.profile import ProfileConfig, profile_of
from .config.read import read_config, read_group_config
from .config.stored import Skipped, StoredMessage
from .keys import AccountKeys, BadKey
from .receive import Received
from .signers import AdminSigner, MemberSigner, Signer

SETTINGS = (Namespace.PROFILE, Namespace.CONTACTS, Namespace.CONVERSATIONS, Namespace.GROUPS_JOINED)
GROUP_SETTINGS = (Namespace.GROUP_INFO, Namespace.GROUP_MEMBERS)


class AccountSettings(Noun, frozen=True, kw_only=True, dict=True, gc=True):
    """What an account's devices keep for each other.

    `found` are the namespaces of which something could be read. One that is neither there nor in `skipped` holds
    nothing: the network forgets settings 30 days after the last device renewed them.
    """

    profile: ProfileConfig = ProfileConfig()
    contacts: tuple[ContactEntry, ...] = ()
    blinded_contacts: tuple[BlindedContact, ...] = ()
    conversations: tuple[ConvoInfo, ...] = ()
    groups: tuple[GroupEntry, ...] = ()
    communities: tuple[CommunityEntry, ...] = ()
    legacy_groups: tuple[LegacyGroupEntry, ...] = ()
    found: frozenset[Namespace] = frozenset()
    skipped: Mapping[Namespace, tuple[Skipped, ...]] = msgspec.field(default_factory=dict)

    @cached_property
    def by_id(self) -> dict[str, ContactEntry]:
        """Everybody in the address book, by their Session IDs."""
        return {contact.id: contact for contact in self.contacts}

    @cached_property
    def blocked(self) -> frozenset[str]:
        """The Session IDs of everybody whose messages the account does not want."""
        return frozenset(contact.id for contact in self.contacts if contact.blocked)


class GroupSettings(Noun, frozen=True, kw_only=True):
    """A group as one of its members sees it.

    `signer` signs requests about it; there is none for a group that the account is not in, or whose credentials are
    none. `found` and `skipped` are as in `AccountSettings`, with the keys of the group among them.
    """

    entry: GroupEntry
    keys: GroupKeys
    info: GroupInfo = GroupInfo()
    members: tuple[GroupMember, ...] = ()
    signer: Signer | None = None
    found: frozenset[Namespace] = frozenset()
    skipped: Mapping[Namespace, tuple[Skipped, ...]] = msgspec.field(default_factory=dict)

    @property
    def message_keys(self) -> tuple[bytes, ...]:
        """What may open a message of the group, the newest key first."""
        return tuple(bytes(key.key) for key in reversed(self.keys.keys))


def read_account(keys: AccountKeys, stored: Iterable[Received]) -> AccountSettings:
    """The settings of an account, from everything that its nodes gave; what is no setting is passed over."""
    lying = _sorted(stored)
    read = {one: read_config(one, lying.get(one, ()), keys) for one in SETTINGS}
    contacts, groups = read[Namespace.CONTACTS].data, read[Namespace.GROUPS_JOINED].data
    return AccountSettings(
        profile=profile_of(read[Namespace.PROFILE].data),
        contacts=contacts_of(contacts, keys.session_id),
        blinded_contacts=blinded_contacts_of(contacts),
        conversations=conversations_of(read[Namespace.CONVERSATIONS].data),
        groups=groups_of(groups),
        communities=communities_of(groups),
        legacy_groups=legacy_groups_of(groups),
        found=frozenset(one for one, merged in read.items() if merged.accepted),
        skipped={one: merged.skipped for one, merged in read.items() if merged.skipped},
    )


def read_group(entry: GroupEntry, keys: AccountKeys, stored: Iterable[Received]) -> GroupSettings:
    """A group's keys, and with all of them what it says about itself and its members."""
    lying = _sorted(stored)
    try:
        group = read_group_keys(lying.get(Namespace.GROUP_KEYS, ()), entry.id, keys, entry.admin_seed)
    except BadKey:  # an id that is no key: nobody could have written anything in its name
        return GroupSettings(entry=entry, keys=GroupKeys(group_id=entry.id, admin=False))
    read = {one: read_group_config(one, lying.get(one, ()), group) for one in GROUP_SETTINGS}
    skipped = {Namespace.GROUP_KEYS: group.skipped, **{one: merged.skipped for one, merged in read.items()}}
    found = {one for one, merged in read.items() if merged.accepted}
    return GroupSettings(
        entry=entry,
        keys=group,
        info=group_info_of(read[Namespace.GROUP_INFO].data),
        members=group_members_of(read[Namespace.GROUP_MEMBERS].data),
        signer=group_signer(entry, keys),
        found=frozenset(found | {Namespace.GROUP_KEYS} if group.keys else found),
        skipped={one: why for one, why in skipped.items() if why},
    )


def group_signer(entry: GroupEntry, keys: AccountKeys) -> Signer | None:
    """Who asks for a group's messages: an admin in its name, else a member. None where no node would answer."""
    if not entry.can_ask:
        return None
    if entry.admin_seed is not None:
        return AdminSigner(AccountKeys(bytes(entry.admin_seed)))
    try:
        return MemberSigner(entry.id, bytes(entry.auth_data or b""), keys)
    except BadKey:
        return None


def _sorted(stored: Iterable[Received]) -> dict[int, list[StoredMessage]]:
    """What lies in each namespace."""
    lying: dict[int, list[StoredMessage]] = {}
    for one in stored:
        message = StoredMessage(hash=one.hash, timestamp=one.stored_at or 0, data=one.data)
        lying.setdefault(one.namespace, []).append(message)
    return lying
