"""Who is called what, and what a chat is called, as far as settings, groups and messages tell.

Nicknames are for the owner's eyes: they are in the title of a chat, which only the owner sees, and never in the name
of a person, which goes to others (page of bridges, section 2).
"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.account.events import ProfileSeen
from migrate.account.online import OnlineAccount
from migrate.account.places import PlaceKind
from migrate.account.standing import is_group
from migrate.model import display_name, short_id
from migrate.session.config.fields import Picture

from ..api import Chat, ChatKind, Person
from .pointers import picture_of

NOTE_TO_SELF = "Note to Self"
_KINDS = {PlaceKind.PERSON: ChatKind.DIRECT, PlaceKind.GROUP: ChatKind.GROUP, PlaceKind.NOTE: ChatKind.SELF}


class People:
    """What is known of everybody at this moment. `seen` is what messages of this run said of their senders."""

    def __init__(self, account: OnlineAccount, seen: dict[str, ProfileSeen]) -> None:
        self._account, self._seen = account, seen

    @property
    def me(self) -> str:
        return self._account.id

    def person(self, id: str) -> Person:
        """Somebody as everybody may see them."""
        seen, contact = self._seen.get(id), self._account.settings.by_id.get(id)
        if seen is not None:
            return Person(
                id=id,
                name=seen.name or "",
                picture=picture_of(seen.avatar_url, bytes(seen.avatar_key) if seen.avatar_key else None),
            )
        if id == self.me:
            own = self._account.settings.profile
            return Person(id=id, name=own.name or "", picture=_picture(own.picture))
        if contact is not None:
            return Person(id=id, name=contact.name or "", picture=_picture(contact.picture))
        return self._member(id) or Person(id=id)

    def chat(self, id: str) -> Chat:
        """A conversation as its owner sees it."""
        if id == self.me:
            return Chat(id=id, title=NOTE_TO_SELF, kind=ChatKind.SELF)
        if is_group(id):
            group = self._account.groups.get(id)
            invited = next((entry.name for entry in self._account.settings.groups if entry.id == id), None)
            return Chat(id=id, title=display_name(id, group.info.name if group else None, invited), kind=ChatKind.GROUP)
        contact = self._account.settings.by_id.get(id)
        nickname = contact.nickname if contact else None
        return Chat(id=id, title=display_name(id, nickname, self.person(id).name), person=id)

    def chats(self) -> Iterator[Chat]:
        """Everywhere that one can write: notes, whoever we know or who wrote to us, and groups."""
        met = {**self._account.cursors.wrote_first, **self._account.cursors.accepted}
        for place in self._account.places():
            wrote = place.kind is not PlaceKind.PERSON or place.approved or self._has_approved_us(place.id)
            if not place.blocked and (wrote or place.id in met):
                yield self.chat(place.id)
            met.pop(place.id, None)
        for id in met:
            yield self.chat(id)

    def called(self, id: str) -> str:
        """A word for somebody in a sentence that goes to others."""
        return self.person(id).name.strip() or short_id(id)

    def is_stranger(self, chat: str) -> bool:
        """Whether whoever writes there has to be let in first: formats page of the Session network, section 5.4."""
        if is_group(chat) or chat == self.me or chat in self._account.cursors.accepted:
            return False
        contact = self._account.settings.by_id.get(chat)
        return contact is None or not contact.approved

    def is_blocked(self, id: str) -> bool:
        return id in self._account.settings.blocked

    def _has_approved_us(self, id: str) -> bool:
        contact = self._account.settings.by_id.get(id)
        return contact is not None and contact.approved_me

    def _member(self, id: str) -> Person | None:
        for group in self._account.groups.values():
            for member in group.members:
                if member.id == id and member.name:
                    return Person(id=id, name=member.name, picture=_picture(member.picture))
        return None


def _picture(picture: Picture | None) -> str | None:
    return picture_of(picture.url, bytes(picture.key)) if picture else None
