"""Where an account can write to, by the names that its owner knows.

Facts: formats page of Session config messages, sections 6 and 7. Names are what other people call themselves: two may
be the same, and then it is for the owner to say who is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from ..model import Noun, display_name
from ..session.account import AccountSettings, GroupSettings


class PlaceKind(StrEnum):
    """Who reads what is written there."""

    PERSON = "person"
    GROUP = "group"
    NOTE = "note_to_self"


class Place(Noun, frozen=True, kw_only=True):
    """A person, a group, or our notes: the id is what `prepare_…` takes."""

    id: str
    name: str
    kind: PlaceKind
    names: tuple[str, ...] = ()
    """Everything it goes by."""
    approved: bool = True
    """Whether we have ever written to this person, or accepted their request."""
    blocked: bool = False

    def is_called(self, name: str) -> bool:
        """Whether somebody who types this may mean it."""
        return _plain(name) in {_plain(one) for one in (self.id, *self.names)}


def places(own_id: str, settings: AccountSettings, groups: Mapping[str, GroupSettings]) -> Iterator[Place]:
    """Everywhere that the account can write to: notes to ourselves, everybody in the address book, its groups."""
    yield Place(id=own_id, name="Note to Self", kind=PlaceKind.NOTE, names=("me", "Note to Self"))
    for contact in settings.contacts:
        yield Place(
            id=contact.id,
            name=display_name(contact.id, contact.nickname, contact.name),
            kind=PlaceKind.PERSON,
            names=tuple(name for name in (contact.nickname, contact.name) if name),
            approved=contact.approved,
            blocked=contact.blocked,
        )
    for entry in settings.groups:
        group = groups.get(entry.id)
        if entry.can_ask and not entry.invited:
            now, once = group.info.name if group else None, entry.name
            names = tuple(name for name in (now, once) if name)
            yield Place(id=entry.id, name=display_name(entry.id, now, once), kind=PlaceKind.GROUP, names=names)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
