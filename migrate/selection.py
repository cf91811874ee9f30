"""What of a source a person wants: some chats, a stretch of time, with or without files."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from .errors import WrongWords
from .model import Contact, Conversation, Message


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. `since` <= time < `until`, in milliseconds; no chats named means all of them."""

    chats: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    attachments: bool = True


@dataclass(slots=True)
class Chosen:
    """A selection with its names looked up, and whom its messages mention so far."""

    selection: Selection
    conversations: frozenset[str] | None
    members: frozenset[str]
    _senders: set[str] = field(default_factory=set)

    def takes(self, message: Message) -> bool:
        """Whether a message belongs into the archive; remembers who wrote it."""
        s = self.selection
        if self.conversations is not None and message.conversation not in self.conversations:
            return False
        if (s.since is not None and message.sent_at < s.since) or (s.until is not None and message.sent_at >= s.until):
            return False
        if self.conversations is not None:
            self._senders.add(message.sender)
        return True

    def takes_conversation(self, id: str) -> bool:
        """Whether a conversation was chosen."""
        return self.conversations is None or id in self.conversations

    def takes_person(self, id: str) -> bool:
        """Whether a person has a part in the chosen conversations."""
        return self.conversations is None or id in self.conversations or id in self.members or id in self._senders


def choose(selection: Selection, contacts: Iterable[Contact], conversations: list[Conversation]) -> Chosen:
    """Look up chats by id, title, name or nickname. Raises `WrongWords` with the nearest names."""
    if not selection.chats:
        return Chosen(selection, None, frozenset())
    names: dict[str, set[str]] = {}
    for conversation in conversations:
        for name in (conversation.id, conversation.title):
            names.setdefault(_plain(name), set()).add(conversation.id)
    for contact in contacts:
        for text in (contact.name, contact.nickname):
            if text and text.strip():
                names.setdefault(_plain(text), set()).add(contact.id)
    ids = frozenset(id for chat in selection.chats for id in _find(chat, names))
    members = frozenset(m for c in conversations if c.id in ids for m in (*c.members, *c.admins))
    return Chosen(selection, ids, members)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _find(chat: str, names: dict[str, set[str]]) -> set[str]:
    found = names.get(_plain(chat))
    if found:
        return found
    near = difflib.get_close_matches(_plain(chat), names, n=3, cutoff=0.5)
    raise WrongWords(
        f"There is no chat called {chat!r}.",
        f"Did you mean {', '.join(near)}?" if near else "`decamp info` lists the chats of an archive.",
    )
