"""Five guards, each of which is enough alone (formats page of bridges, section 5).

1. what we sent comes back: known by its ids, or by its text while they are not known yet;
2. what carries a key of ours, or of another relay;
3. senders that nobody should answer: machines, other bots, our own ghosts;
4. a network is never told what came from itself, and links that would go in circles are refused when they are made;
5. the brake (`brake.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from migrate.errors import DecampError

from ..actions import RELAYED
from ..events import Posted
from .model import Link, Place, Side
from .store import Known

MARK = RELAYED


class BadLink(DecampError):
    """These chats cannot be linked."""

    exit_code = 2
    hint = "`decamp relay list` shows what is linked already."


def stops(event: Posted, place: Place, known: Known, *, again: bool) -> str | None:
    """Why a message must not be relayed, or None. `again`: it was looked at before, and waited for a portal."""
    side = known.sides[place.bridge]
    if not again and known.told(place, event.id) is not None:
        return "known already"
    if echo_of(event, place, known) is not None:
        return "sent by this relay"
    if any(id.startswith(MARK) for id in (event.key or "", event.id, *event.also)):
        return "sent by another relay"
    if event.sender.id in side.ignored:
        return "a sender that is ignored"
    if not event.own and known.is_ghost(place, event.sender.id):
        return "sent by a ghost of ours"
    if event.notice and not any(_hears_notices(link, place) for link in known.links_at(place)):
        return "a notice, which nobody answers"
    return None


def echo_of(event: Posted, place: Place, known: Known) -> str | None:
    """The key under which this relay sent it. Where no keys are told, what we say just now is known by its text."""
    if event.key is not None:
        return event.key if known.is_ours(event.key) else None
    return known.going_out(place, event.text) if event.own else None


def _hears_notices(link: Link, place: Place) -> bool:
    """Calls and changes of groups are told where the account is the owner's own; other bots speak in other rooms."""
    return link.ends[0] == place and (link.private or link.options.notices)


def check(link: Link, others: Iterable[Link], sides: Mapping[str, Side]) -> None:
    """Raise `BadLink` for a link that would send back what it got, at once or in a circle with others."""
    if len(link.ends) < 2:
        raise BadLink("A link needs two chats.", "Name another one.")
    unknown = [end.bridge for end in link.ends if end.bridge not in sides]
    if unknown:
        raise BadLink(f"There is no bridge called {unknown[0]}.", "`decamp bridge list` shows those that there are.")
    networks = [sides[end.bridge].network for end in link.ends]
    if len(set(link.ends)) < len(link.ends):
        raise BadLink("A chat cannot be linked to itself.", "Name another one.")
    if len(set(networks)) < len(networks):
        raise BadLink("Both chats are on the same network, which would be told its own messages.", "Name another one.")
    joined: dict[object, object] = {}

    def root(node: object) -> object:
        while node in joined:
            node = joined[node]
        return node

    for other in others:
        if other.name != link.name:
            first, *rest = _nodes(other)
            for node in rest:
                if root(node) != root(first):
                    joined[root(node)] = root(first)
    if len({root(node) for node in _nodes(link)}) < len(link.ends):
        raise BadLink("These chats are joined by another link already, and messages would go in a circle.")


def _nodes(link: Link) -> list[object]:
    """The ends of a link. A shared chat is another one for each link: nothing goes from one of them to the next."""
    return [(end, link.name) if link.shared and end != link.ends[0] else end for end in link.ends]
