"""Walks both sides of a relay and its map between them, and names each place where they do not agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridges.api import ChatKind, Person
from bridges.relay.model import Place
from bridges.relay.sqlite import SqliteStore
from tests.relay.far import Far, Letter

_LATE = re.compile(r"\A\[\d{4}-\d\d-\d\d \d\d:\d\d\] ")
_QUOTE = re.compile(r"\A> [^\n]*\n")


class Walk:
    """`owner` is the owner's address on the new side; on the old one the account is theirs."""

    def __init__(self, store: SqliteStore, old: Far, new: Far, owner: Person) -> None:
        self._store, self._old, self._new, self._owner = store, old, new, owner
        self.seen = 0

    def disagreements(self) -> list[str]:
        """Every message that has not exactly one counterpart, or one that looks otherwise."""
        return [
            wrong for chat in self._old.chats for one, other in ((self._old, self._new), (self._new, self._old))
            for wrong in self._one_way(chat, one, other)
        ]  # fmt: skip

    def _one_way(self, chat: str, here: Far, there: Far) -> Iterator[str]:
        letters, copies = here.letters[chat], there.letters[chat]
        expected = []
        for letter in letters.values():
            if letter.ours:
                continue
            self.seen += 1
            found = self._counterparts(chat, letter.id, here, there)
            if len(found) != 1 or found[0] not in copies:
                yield f"{chat}: {letter.id} ({letter.text!r}) has {found}"
                continue
            expected.append(found[0])
            yield from self._alike(chat, letter, copies[found[0]], here, there)
        relayed = [copy.id for copy in copies.values() if copy.ours and self._is_recent(chat, copy, there)]
        if relayed != expected:
            extra = [f"{id} ({copies[id].text!r})" for id in relayed if id not in set(expected)]
            yield f"{chat}: on {there.about.name} there is {extra or 'another order'}"

    def _is_recent(self, chat: str, copy: Letter, there: Far) -> bool:
        """Whether what it is a copy of is not forgotten there, as it may be when the copy came late."""
        told = self._store.told(Place(bridge=there.about.name, chat=chat), copy.id)
        return told is None or told.sent_at >= there.horizon

    def _counterparts(self, chat: str, id: str, here: Far, there: Far) -> list[str]:
        told = self._store.told(Place(bridge=here.about.name, chat=chat), id)
        place = Place(bridge=there.about.name, chat=chat)
        return [copy.id for copy in self._store.copies(told.number, place)] if told else []

    def _alike(self, chat: str, letter: Letter, copy: Letter, here: Far, there: Far) -> Iterator[str]:
        text = _LATE.sub("", copy.text)
        if not letter.reply_to:
            pass
        elif copy.reply_to is None:
            text = _QUOTE.sub("", text)  # what is answered never got there: its time was over
        elif here.letters[chat].get(letter.reply_to) is not None and copy.reply_to not in self._ids(chat, letter, here):
            yield f"{chat}: {copy.id} answers {copy.reply_to}"
        wanted = self._prefix(chat, letter.author, there) + letter.text
        if text != wanted:
            yield f"{chat}: {copy.id} says {text!r}, and {letter.id} {wanted!r}"
        for one, other, name in ((letter, copy, there), (copy, letter, here)):
            theirs = {emoji for who, emojis in one.emojis.items() for emoji in emojis if not who.startswith("me@")}
            if other.emojis.get(name.me.id, set()) != theirs:
                yield f"{chat}: {other.id} shows {other.emojis}, and {one.id} has {one.emojis}"

    def _ids(self, chat: str, letter: Letter, here: Far) -> list[str]:
        """Where the message that a letter answers is on the other side."""
        there = self._new if here is self._old else self._old
        return self._counterparts(chat, letter.reply_to or "", here, there)

    def _prefix(self, chat: str, author: Person, there: Far) -> str:
        """Who speaks, where that has to be said."""
        if author == self._owner:
            return ""
        is_portal = there is self._new and self._old.chats[chat].kind is ChatKind.DIRECT
        return "" if is_portal and author != self._old.me else f"{author.name}: "
