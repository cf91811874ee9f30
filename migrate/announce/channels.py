"""Where somebody is written to on a network that is not Session: by the handle that is linked to them, or by name.

Two chats of one name are nobody's: it is listed, and the owner says who is meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from bridges.events import Chat, ChatKind

from ..errors import WrongWords
from .audience import Audience, Known, plain

PLACES = frozenset({ChatKind.GROUP, ChatKind.COMMUNITY})


def people_of(chats: Sequence[Chat]) -> list[Known]:
    """Everybody with whom there is a chat, where the network itself says who is to be told."""
    return [
        Known(id=chat.person or chat.id, name=chat.title, friend=chat.title, names=(chat.title,), chat=chat.id)
        for chat in chats
        if chat.kind is ChatKind.DIRECT
    ]


def reach(audience: Audience, chats: Sequence[Chat], linked: Mapping[str, str]) -> Audience:
    """The same people with the chats in which they are found; who is found in none, or in several, is left out.

    `linked` is the chat in which somebody arrived, by their id.
    """
    direct = [chat for chat in chats if chat.kind is ChatKind.DIRECT]
    reached, left_out = [], list(audience.left_out)
    for person in audience.chosen:
        at = linked.get(person.id)
        found = [chat for chat in direct if at is not None and at == chat.id]
        found = found or [chat for chat in direct if person.id in (chat.id, chat.person)]
        names = {plain(name) for name in (person.name, *person.names)}
        found = found or [chat for chat in direct if plain(chat.title) in names]
        if len(found) == 1:
            reached.append(replace(person, chat=found[0].id))
        else:
            left_out.append((person, "several chats of that name" if found else "no chat with them there"))
    return Audience(tuple(reached), tuple(left_out))


def place(chats: Sequence[Chat], name: str) -> Known:
    """The group or community that is meant by its name or its address. Raises `WrongWords`; nobody guesses."""
    there = [chat for chat in chats if chat.kind in PLACES]
    found = [chat for chat in there if name == chat.id or plain(name) == plain(chat.title)]
    if len(found) == 1:
        return Known(id=found[0].id, name=found[0].title, chat=found[0].id)
    if found:
        which = ", ".join(f"{chat.title} ({chat.id})" for chat in found)
        raise WrongWords(
            f"{name!r} may be any of these {len(found)}: {which}.", "Name the one you mean by the address."
        )
    raise WrongWords(f"There is no group or community called {name!r}.", "`decamp bridge chats NAME` lists them.")
