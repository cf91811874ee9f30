"""Turns settings and what messages say of their senders into people and threads.

The same people and places as the Desktop app has them, so that two sources of one account agree. What is known from
messages only is hearsay: it never replaces what another source knows better.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...model import (
    Contact,
    Conversation,
    ConversationKind,
    Expiry,
    Json,
    Relation,
    display_name,
    short_id,
)
from ...session.account import AccountSettings, GroupSettings
from ...session.config.contacts import ContactEntry
from ...session.config.fields import Notify, Picture
from ...session.config.groups_joined import CommunityEntry, GroupEntry, LegacyGroupEntry, Standing
from ...session.config.hidden import Hidden
from ...session.config.namespaces import Namespace
from ..base import FileRef, Person, Thread
from ..rules import relation
from .notes import Notes

AVATAR = "avatar"


@dataclass(frozen=True, slots=True)
class People:
    """Everybody and every place of an account. `spoken` are conversations that have messages."""

    own_id: str
    settings: AccountSettings
    groups: Mapping[str, GroupSettings]
    removed_from: frozenset[str]
    notes: Notes
    spoken: frozenset[str]
    writers: frozenset[str]

    def pictures(self) -> dict[str, Picture]:
        """The pictures of people and groups, by their ids, as far as the settings or the messages name one."""
        found: dict[str, Picture | None] = {}
        for id, (_, profile, key) in self.notes.profiles.items():
            if profile.avatar_url and key:
                found[id] = Picture(url=profile.avatar_url, key=Hidden(key))
        for group in self.groups.values():
            found |= {member.id: member.picture for member in group.members if member.picture}
            found[group.entry.id] = group.info.picture
        found |= {one.id: one.picture for one in self.settings.blinded_contacts}
        found |= {one.id: one.picture for one in self.settings.contacts if one.picture}
        found[self.own_id] = self.settings.profile.picture
        return {id: picture for id, picture in found.items() if picture is not None}

    # -- people --------------------------------------------------------------------------------------

    def people(self) -> Iterator[Person]:
        """The address book, then whoever else is known from communities, groups and messages."""
        pictures, known = self.pictures(), {self.own_id}
        for entry in self.settings.contacts:
            known.add(entry.id)
            yield Person(self._contact(entry), _avatar(entry.id, pictures))
        for blinded in self.settings.blinded_contacts:
            known.add(blinded.id)
            display = display_name(blinded.id, None, blinded.name)
            contact = Contact(id=blinded.id, name=blinded.name, display=display, relation=Relation.BLINDED)
            yield Person(contact, _avatar(blinded.id, pictures))
        for id, name in self._others():
            if id not in known:
                known.add(id)
                wrote = id in self.spoken
                contact = Contact(
                    id=id, name=name, display=display_name(id, None, name), approved_me=wrote,
                    relation=relation(approved=False, approved_me=wrote),
                )  # fmt: skip
                yield Person(contact, _avatar(id, pictures), hearsay=True)

    def _contact(self, entry: ContactEntry) -> Contact:
        name = entry.name or self._said(entry.id)
        return Contact(
            id=entry.id,
            name=name,
            nickname=entry.nickname,
            display=display_name(entry.id, entry.nickname, name),
            approved=entry.approved,
            approved_me=entry.approved_me,
            blocked=entry.blocked,
            relation=relation(entry.approved, entry.approved_me),
        )

    def _others(self) -> Iterator[tuple[str, str | None]]:
        for group in self.groups.values():
            for member in group.members:
                yield member.id, member.name or self._said(member.id)
        for id in sorted(self.writers):
            yield id, self._said(id)

    def _said(self, id: str) -> str | None:
        """What somebody calls themselves in their newest message."""
        known = self.notes.profiles.get(id)
        return known[1].name if known is not None else None

    # -- places --------------------------------------------------------------------------------------

    def threads(self) -> Iterator[Thread]:
        """Every conversation, with messages or without."""
        pictures = self.pictures()
        known = {self.own_id}
        yield self._note_to_self()
        for entry in self.settings.contacts:
            known.add(entry.id)
            details = _details(entry.priority, entry.notify, entry.expires)
            if entry.blocked:
                details["blocked"] = True
            title = self._contact(entry).display
            yield _thread(entry.id, ConversationKind.DIRECT, title, details, _avatar(entry.id, pictures))
        for group in self.settings.groups:
            known.add(group.id)
            yield self._group(group, _avatar(group.id, pictures))
        for community in self.settings.communities:
            yield _community(community)
        for legacy in self.settings.legacy_groups:
            known.add(legacy.id)
            yield _legacy(legacy)
        for id in sorted(self.spoken - known):
            direct = not id.startswith("03")
            kind = ConversationKind.DIRECT if direct else ConversationKind.GROUP
            title = display_name(id, None, self._said(id))
            yield _thread(id, kind, title, {}, _avatar(id, pictures), hearsay=True)

    def _note_to_self(self) -> Thread:
        profile = self.settings.profile
        seconds = profile.note_expires_after
        timer = Expiry(type="after_send", seconds=seconds) if seconds else None
        details = _details(profile.note_priority, Notify.DEFAULT, timer)
        hearsay = Namespace.PROFILE not in self.settings.found
        return _thread(self.own_id, ConversationKind.NOTE_TO_SELF, "Note to Self", details, None, hearsay=hearsay)

    def _group(self, entry: GroupEntry, avatar: FileRef | None) -> Thread:
        group = self.groups.get(entry.id)
        info = group.info if group is not None else None
        seconds = info.expires_after if info is not None else None
        timer = Expiry(type="after_send", seconds=seconds) if seconds else None
        details = _details(entry.priority, entry.notify, timer)
        if entry.standing is Standing.REMOVED or entry.id in self.removed_from:
            details["kicked"] = True
        if entry.standing is Standing.DESTROYED or (info is not None and info.destroyed):
            details["destroyed"] = True
        if entry.invited:
            details["invited"] = True
        if info is not None and info.description:
            details["description"] = info.description
        members = [member for member in group.members if member.belongs] if group is not None else []
        return Thread(
            Conversation(
                id=entry.id,
                kind=ConversationKind.GROUP,
                title=display_name(entry.id, None, info.name if info is not None and info.name else entry.name),
                members=tuple(member.id for member in members),
                admins=tuple(member.id for member in members if member.admin),
                details=details or None,
            ),
            avatar,
            hearsay=group is None or Namespace.GROUP_MEMBERS not in group.found,
        )


def _community(entry: CommunityEntry) -> Thread:
    details = _details(entry.priority, entry.notify, None)
    details |= {"server": entry.server, "room": entry.room, "server_public_key": entry.server_key}
    return _thread(f"{entry.server}/{entry.room}", ConversationKind.COMMUNITY, entry.room, details, None)


def _legacy(entry: LegacyGroupEntry) -> Thread:
    timer = Expiry(type="after_send", seconds=entry.expires_after) if entry.expires_after else None
    return Thread(
        Conversation(
            id=entry.id,
            kind=ConversationKind.LEGACY_GROUP,
            title=entry.name or short_id(entry.id),
            members=(*entry.members, *entry.admins),
            admins=entry.admins,
            details=_details(entry.priority, entry.notify, timer) or None,
        )
    )


def _thread(
    id: str,
    kind: ConversationKind,
    title: str,
    details: dict[str, Json],
    avatar: FileRef | None,
    *,
    hearsay: bool = False,
) -> Thread:
    return Thread(Conversation(id=id, kind=kind, title=title, details=details or None), avatar, hearsay=hearsay)


def _details(priority: int, notify: Notify, timer: Expiry | None) -> dict[str, Json]:
    details: dict[str, Json] = {}
    if priority:
        details["pinned" if priority > 0 else "hidden"] = True
    if notify not in (Notify.DEFAULT, Notify.ALL):
        details["notifications"] = str(notify)
    if timer is not None:
        details["timer"] = {"type": timer.type, "seconds": timer.seconds}
    return details


def _avatar(id: str, pictures: Mapping[str, Picture]) -> FileRef | None:
    return FileRef(f"{AVATAR}/{id}") if id in pictures else None
