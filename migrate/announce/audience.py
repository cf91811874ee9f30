"""Who gets a notice: everybody that the account knows, less those who are left out, and why they are. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import WrongWords
from ..model import Contact, Noun, Relation, short_id

ALONE = frozenset({Relation.CONTACT, Relation.REQUEST_OUT})
"""Whom we have written to. Others are strangers, who get a notice only if they are named."""


class Known(Noun, frozen=True, kw_only=True):
    """Somebody who may get a notice.

    `name` is what the owner calls them, for the owner's eyes; `friend` what they call themselves, for their own.
    `messages` and `last_at` are of the chat with them; None where the place they were read from does not tell.
    """

    id: str
    name: str
    friend: str | None = None
    names: tuple[str, ...] = ()
    stranger: bool = False
    blocked: bool = False
    messages: int | None = None
    last_at: int | None = None
    chat: str | None = None
    """Where to write to them; None where that is their id."""


class Wish(Noun, frozen=True, kw_only=True):
    """Who is wanted. Nobody named means everybody; times in milliseconds."""

    only: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    active_since: int | None = None
    min_messages: int | None = None


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets a notice, and who does not, with the reason."""

    chosen: tuple[Known, ...]
    left_out: tuple[tuple[Known, str], ...]


class WhoIsMeant(WrongWords):
    """A name may be that of several people, or is nobody's."""


def known(contact: Contact, messages: int | None = None, last_at: int | None = None) -> Known:
    """A contact of an archive, a profile or the address book as somebody who may get a notice."""
    return Known(
        id=contact.id,
        name=contact.display,
        friend=contact.name,
        names=tuple(name for name in (contact.display, contact.nickname, contact.name) if name),
        stranger=contact.relation not in ALONE,
        blocked=contact.blocked,
        messages=messages,
        last_at=last_at,
    )


def choose(
    people: Sequence[Known],
    wish: Wish,
    *,
    own: Iterable[str] = (),
    tags: Mapping[str, Sequence[str]] | None = None,
    told: Mapping[str, str] | None = None,
) -> Audience:
    """Divide people into those who get a notice and those who do not.

    `own` are the ids of the owner, who never gets one; `tags` are lists of names; `told` says who is left out because
    they know already, in words. Raises `WhoIsMeant` for a name that is nobody's, or that of several people.
    """
    names = Names(people)
    tagged = [name for tag in wish.tags for name in _members(tag, tags or {})]
    named = {names.one(name).id for name in (*wish.only, *tagged)}
    excluded = {names.one(name).id for name in wish.excluded}
    chosen, left_out = [], []
    for person in people:
        why = _why_not(person, wish, named, excluded, frozenset(own)) or (told or {}).get(person.id)
        if why is None:
            chosen.append(person)
        else:
            left_out.append((person, why))
    return Audience(tuple(chosen), tuple(left_out))


def _why_not(
    person: Known, wish: Wish, named: set[str], excluded: set[str], own: frozenset[str]
) -> str | None:  # fmt: skip
    """Why somebody gets nothing, in the words of the preview; None if they do."""
    if person.id in own:
        return "it is you"
    if person.id in excluded:
        return "you said so"
    if (wish.only or wish.tags) and person.id not in named:
        return "not named"
    if person.blocked and person.id not in named:
        return "blocked"
    if person.stranger and person.id not in named:
        return "a stranger"
    if wish.active_since is not None and _told(person.last_at, person, "--active-since") < wish.active_since:
        return "no message since then"
    if wish.min_messages is not None and _told(person.messages, person, "--min-messages") < wish.min_messages:
        return "too few messages"
    return None


def _told(value: int | None, person: Known, option: str) -> int:
    if value is None:
        raise WrongWords(
            f"{option} needs to know when and how much you wrote with {person.name}, and this place does not tell.",
            "Name an archive that `decamp export` made.",
        )
    return value


def _members(tag: str, tags: Mapping[str, Sequence[str]]) -> Sequence[str]:
    if tag not in tags:
        known_tags = ", ".join(sorted(tags)) or "none yet"
        raise WrongWords(
            f"There is no tag {tag!r}.", f"Tags stand in [tags] of announce.toml. There are: {known_tags}."
        )
    return tags[tag]


class Names:
    """Finds people by what they are called, or by their ids."""

    def __init__(self, people: Iterable[Known]) -> None:
        self._by_name: dict[str, dict[str, Known]] = {}
        for person in people:
            for name in (person.id, person.name, *person.names):
                self._by_name.setdefault(plain(name), {})[person.id] = person

    def one(self, name: str) -> Known:
        """The one person that is meant. Raises `WhoIsMeant`; nobody guesses."""
        found = list(self.all(name))
        if len(found) == 1:
            return found[0]
        if found:
            which = ", ".join(f"{person.name} ({person.id})" for person in found)
            raise WhoIsMeant(f"{name!r} may be any of these {len(found)}: {which}.", "Name the one you mean by the id.")
        near = difflib.get_close_matches(plain(name), self._by_name, n=3, cutoff=0.5)
        hint = f"Did you mean {', '.join(near)}?" if near else "`decamp contacts ARCHIVE` lists who is known."
        raise WhoIsMeant(f"Nobody is called {name!r}.", hint)

    def all(self, name: str) -> Iterator[Known]:
        """Everybody who goes by a name."""
        yield from self._by_name.get(plain(name), {}).values()


def plain(name: str) -> str:
    """A name as it is compared: capitals and blanks do not count."""
    return " ".join(name.casefold().split())


def short(person: Known) -> str:
    """A name and the short id behind it, where these are not the same."""
    return person.name if person.name == short_id(person.id) else f"{person.name} ({short_id(person.id)})"
