"""Our nouns in the words of the vectors, so that both can be compared whole."""

from __future__ import annotations

from typing import Any

from migrate.model import ConversationKind
from migrate.session.config.contacts import BlindedContact, ContactEntry, contacts_of
from migrate.session.config.conversations import ConvoInfo, conversations_of
from migrate.session.config.fields import Picture
from migrate.session.config.group_info import GroupInfo, GroupMember
from migrate.session.config.groups_joined import (
    CommunityEntry,
    GroupEntry,
    LegacyGroupEntry,
    communities_of,
    groups_of,
    legacy_groups_of,
)
from migrate.session.config.hidden import Hidden
from migrate.session.config.message import Tree
from migrate.session.config.namespaces import Namespace
from migrate.session.config.profile import profile_of

Words = dict[str, Any]


def meaning(namespace: Namespace, data: Tree, own_id: str) -> Words:
    match namespace:
        case Namespace.PROFILE:
            return profile(data)
        case Namespace.CONTACTS:
            return {"contacts": [contact(one) for one in contacts_of(data, own_id)]}
        case Namespace.CONVERSATIONS:
            return conversations(conversations_of(data))
        case _:
            return {
                "communities": [community(one) for one in communities_of(data)],
                "groups": [group(one) for one in groups_of(data)],
                "legacy_groups": [legacy_group(one) for one in legacy_groups_of(data)],
            }


def picture(found: Picture | None) -> Words | None:
    return {"url": found.url, "key": bytes(found.key).hex()} if found else None


def secret(found: Hidden | None) -> str | None:
    return bytes(found).hex() if found else None


def profile(data: Tree) -> Words:
    found = profile_of(data)
    return {
        "name": found.name,
        "profile_pic": picture(found.picture),
        "nts_priority": found.note_priority,
        "nts_expiry_seconds": found.note_expires_after,
        "blinded_msgreqs": found.community_requests,
    }


def contact(found: ContactEntry) -> Words:
    return {
        "session_id": found.id,
        "name": found.name or "",
        "nickname": found.nickname or "",
        "profile_pic": picture(found.picture),
        "approved": found.approved,
        "approved_me": found.approved_me,
        "blocked": found.blocked,
        "priority": found.priority,
        "notifications": found.notify,
        "mute_until": found.muted_until or 0,
        "expiration_mode": found.expires.type if found.expires else "none",
        "expiration_seconds": found.expires.seconds if found.expires else 0,
        "created": found.created or 0,
    }


def blinded(found: BlindedContact) -> Words:
    return {
        "blinded_id": found.id,
        "base_url": found.server,
        "pubkey": found.server_key,
        "name": found.name,
        "profile_updated": found.profile_updated,
        "created": found.created,
        "priority": found.priority,
    }


def conversations(found: tuple[ConvoInfo, ...]) -> Words:
    def of(kind: ConversationKind, name: str) -> list[Words]:
        return [
            {name: one.id, "last_read_ms": one.last_read or 0, "unread": one.unread}
            for one in found
            if one.kind is kind
        ]

    return {
        "one_to_one": of(ConversationKind.DIRECT, "session_id"),
        "groups": of(ConversationKind.GROUP, "id"),
        "legacy_groups": of(ConversationKind.LEGACY_GROUP, "id"),
        "communities": [
            {
                "base_url": one.id.rpartition("/")[0],
                "room": one.id.rpartition("/")[2],
                "pubkey": one.server_key,
                "last_read_ms": one.last_read or 0,
                "unread": one.unread,
            }
            for one in found
            if one.kind is ConversationKind.COMMUNITY
        ],
    }


def settings(found: CommunityEntry | GroupEntry | LegacyGroupEntry) -> Words:
    return {
        "priority": found.priority,
        "joined_at": found.joined or 0,
        "notifications": found.notify,
        "mute_until": found.muted_until or 0,
        "invited": found.invited,
    }


def community(found: CommunityEntry) -> Words:
    return {
        "base_url": found.server,
        "room": found.room,
        "room_norm": found.room.lower(),
        "pubkey": found.server_key,
        "full_url": found.link,
        **settings(found),
    }


def group(found: GroupEntry) -> Words:
    return {
        "id": found.id,
        "name": found.name or "",
        "admin_seed": secret(found.admin_seed),
        "auth_data": secret(found.auth_data),
        "removed_status": found.standing,
        **settings(found),
    }


def legacy_group(found: LegacyGroupEntry) -> Words:
    return {
        "id": found.id,
        "name": found.name or "",
        "enc_pubkey": found.encryption_key or "",
        "enc_seckey": secret(found.encryption_secret) or "",
        "members": {**dict.fromkeys(found.members, "member"), **dict.fromkeys(found.admins, "admin")},
        "disappearing_seconds": found.expires_after or 0,
        **settings(found),
    }


def group_info(found: GroupInfo) -> Words:
    return {
        "name": found.name,
        "description": found.description,
        "profile_pic": picture(found.picture),
        "expiry_seconds": found.expires_after,
        "created": found.created,
        "delete_before": found.deleted_before,
        "delete_attach_before": found.files_deleted_before,
        "destroyed": found.destroyed,
    }


def group_member(found: GroupMember) -> Words:
    return {
        "session_id": found.id,
        "name": found.name or "",
        "profile_pic": picture(found.picture),
        "admin": found.admin,
        "invite_status": found.invitation,
        "promotion_status": found.promotion,
        "removed_status": found.removal,
        "supplement": found.with_past_keys,
    }
