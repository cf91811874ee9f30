"""Reactions: from what somebody has now, or what came or went, to what changed against what is known."""

from __future__ import annotations

from collections.abc import Iterator

from ..events import Reacted
from .intents import Feel
from .model import Author, Place
from .orders import Feeling, Order, Skip
from .store import Known, Told
from .tidy import EMOJIS
from .where import Route, author_of, everywhere, routes


def feelings(
    event: Reacted, place: Place, known: Known, only: str | None, message: int, told: Told | None = None
) -> Iterator[Order]:
    """What follows from a reaction to a message."""
    author = author_of(event, known.sides[place.bridge])
    person = person_key(author)
    before = known.emojis(message, person)
    match event.change:
        case Reacted.Change.ADDED:
            added, removed = [one for one in event.emojis if one not in before], []
        case Reacted.Change.REMOVED:
            added, removed = [], [one for one in event.emojis if one in before]
        case Reacted.Change.ALL:
            added = [one for one in event.emojis if one not in before]
            removed = [one for one in before if one not in event.emojis]
    if event.own:  # what is still on its way there wins over what comes back of it
        coming = {one.emoji for one in known.coming(message, place) if isinstance(one, Feel)}
        added, removed = [one for one in added if one not in coming], [one for one in removed if one not in coming]
        added = [one for one in added if not known.is_shown(message, place, one)]  # as we were told that it was done
    if added and len(before) + len(added) > EMOJIS:
        yield Skip(place=place, reason="one reaction too many")
        added = added[: max(EMOJIS - len(before), 0)]
    if only is not None:  # it was noted when it came
        added, removed = (
            ([], list(event.emojis)) if event.change is Reacted.Change.REMOVED else (list(event.emojis), [])
        )
    for route in routes(event, place, known, only, told):
        if not isinstance(route, Route):
            yield route
            continue
        for emoji, add in [*((one, False) for one in removed), *((one, True) for one in added)]:
            yield Feeling(message=message, place=place, person=person, emoji=emoji, add=add, id=event.id)
            yield from everywhere(route, place, Feel(author=route.author, emoji=emoji, add=add), message)


def person_key(author: Author) -> str:
    """By whom a reaction is. The owner is one person, wherever they react: so an echo of it changes nothing."""
    return "owner" if author.owner else f"{author.bridge} {author.id}"
