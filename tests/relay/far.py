"""A network for long runs: it has what a person would see in its chats now, and forgets the rest; answers get lost."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

import msgspec

from bridges.api import (
    About,
    AnyAction,
    AnyEvent,
    Bridge,
    Can,
    Chat,
    Delete,
    Deleted,
    Desk,
    Edit,
    Edited,
    Health,
    NotNow,
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Reference,
    Refused,
    Sent,
    State,
)  # fmt: skip
from bridges.feed import Feed
from migrate.model import Network

ABILITIES = frozenset({Can.REPLIES, Can.EDITS, Can.DELETES, Can.REACTIONS, Can.IDEMPOTENT})
AGAIN = 20  # events that may come once more after a reconnect
RECENT = 200  # events that the network still has for who comes back


@dataclass(slots=True)
class Letter:
    """A message as it is now. `ours`: our account wrote it. `emojis`: what each has on it."""

    id: str
    author: Person
    ours: bool
    text: str
    sent_at: int
    reply_to: str | None = None
    fades_at: int | None = None
    emojis: dict[str, set[str]] = field(default_factory=dict)


class Far:
    """The network. With `tells_own`, our account hears what it does itself, as its other devices would."""

    def __init__(
        self, name: str, chance: Random, now: Callable[[], int], *, can: frozenset[Can] = ABILITIES,
        tells_own: bool = False,
    ) -> None:  # fmt: skip
        self.about = About(name=name, title=name.capitalize(), network=Network.WEB, summary="Far away.", can=can)
        self.me = Person(id=f"me@{name}", name="Robin")
        self.chats: dict[str, Chat] = {}
        self.letters: dict[str, dict[str, Letter]] = {}
        self.seat: FarBridge | None = None
        self.acts = 0
        self.faults: dict[str, int] = {"not now": 0, "answer lost": 0, "interrupted": 0, "ended": 0}
        self.calm = False
        self.horizon = 0  # of what was written before, nothing is left
        self.now, self._chance, self._tells_own = now, chance, tells_own
        self._news: list[AnyEvent] = []
        self._gone = 0  # of the news, which have numbers
        self._keys: dict[str, Sent] = {}
        self._numbers = itertools.count(1)

    def open(self, chat: Chat) -> None:
        self.chats[chat.id], self.letters[chat.id] = chat, {}

    # -- what people do ----------------------------------------------------------------------------------

    def says(
        self, chat: str, who: Person, text: str, *, reply_to: str | None = None, expires: int | None = None
    ) -> str:
        """Somebody writes; `who` may be our own account, on another device."""
        letter = self._letter(chat, who, text, ours=False, reply_to=reply_to, expires=expires)
        self._posted(chat, letter, expires)
        return letter.id

    def edits(self, chat: str, letter: Letter, text: str) -> None:
        letter.text = text
        self._tell(Edited(chat=self.chats[chat], sender=letter.author, message=letter.id, text=text, sent_at=self.now(),
                          own=letter.author == self.me))  # fmt: skip

    def takes_back(self, chat: str, letter: Letter) -> None:
        del self.letters[chat][letter.id]
        own = letter.author == self.me
        self._tell(Deleted(chat=self.chats[chat], sender=letter.author, message=letter.id, own=own))

    def reacts(self, chat: str, who: Person, letter: Letter, emoji: str, *, add: bool) -> None:
        _feel(letter, who, emoji, add=add)
        self._reacted(chat, who, letter.id, emoji, add=add)

    # -- what our account does ---------------------------------------------------------------------------

    def obeys(self, chat: str, action: AnyAction) -> Sent:
        """Once for each key, whatever becomes of the answer."""
        if chat not in self.chats:
            raise Refused(f"There is no chat {chat}.")
        known = self._keys.get(action.key)
        if known is None:
            self.acts += 1
            known = self._keys[action.key] = self._does(chat, action)
        return known

    def _does(self, chat: str, action: AnyAction) -> Sent:
        match action:
            case Post():
                reply_to = action.reply_to.id if action.reply_to else None
                letter = self._letter(chat, self.me, action.text, ours=True, reply_to=reply_to, expires=action.expires)
                if self._tells_own:
                    self._posted(chat, letter, action.expires, key=action.key)
                return Sent(ids=(letter.id,), sent_at=letter.sent_at)
            case Edit() if self._is_ours(chat, action.message.id):
                letter = self.letters[chat][action.message.id]
                letter.text = action.text
                if self._tells_own:
                    self.edits(chat, letter, action.text)
            case Delete() if self._is_ours(chat, action.message.id):
                letter = self.letters[chat].pop(action.message.id)
                if self._tells_own:
                    self._tell(Deleted(chat=self.chats[chat], sender=self.me, message=letter.id, own=True))
            case React() if action.message.id in self.letters[chat]:
                _feel(self.letters[chat][action.message.id], self.me, action.emoji, add=action.add)
                if self._tells_own:
                    self._reacted(chat, self.me, action.message.id, action.emoji, add=action.add)
            case _:
                raise Refused("It is not there any more.")
        return Sent(ids=(f"{self.about.name}{next(self._numbers)}",), sent_at=self.now())

    def _is_ours(self, chat: str, id: str) -> bool:
        letter = self.letters[chat].get(id)
        return letter is not None and letter.author == self.me

    def answer(self, chat: str, action: AnyAction) -> Sent:
        """The same over a bad line: it says "not now", or does it and nobody hears that it did."""
        dice = 1.0 if self.calm else self._chance.random()
        if dice < 0.02:
            self.faults["not now"] += 1
            raise NotNow("Slow down.", after=self._chance.choice([None, 2.0, 30.0]))
        sent = self.obeys(chat, action)
        if dice < 0.04:
            self.faults["answer lost"] += 1
            raise TimeoutError if dice < 0.03 else NotNow("The connection was lost before the answer came.")
        return sent

    # -- the line ----------------------------------------------------------------------------------------

    def since(self, cursor: int) -> list[AnyEvent]:
        """What happened after that."""
        assert cursor >= self._gone, "the network forgot what nobody had heard"
        return self._news[cursor - self._gone :]

    @property
    def first(self) -> int:
        return self._gone

    @property
    def last(self) -> int:
        return self._gone + len(self._news)

    def breaks(self, *, ends: bool) -> None:
        """The line breaks: for a moment, or so that the bridge ends and has to be started again."""
        if self.seat is not None and not ends and self.seat.health.state is State.CONNECTED:
            self.faults["interrupted"] += 1
            self.seat.change(State.INTERRUPTED)
        elif self.seat is not None and ends:
            self.faults["ended"] += 1
            self.seat.leave()

    def mends(self) -> None:
        if self.seat is not None and self.seat.health.state is State.INTERRUPTED:
            self.seat.change(State.CONNECTED)

    def fade(self) -> None:
        """What disappears by itself does."""
        now = self.now()
        for letters in self.letters.values():
            for id in [one.id for one in letters.values() if one.fades_at is not None and one.fades_at <= now]:
                del letters[id]

    def forget(self, before: int) -> None:
        """Drop what nobody looks at any more. Only while nothing is on its way."""
        self.horizon = before
        for chat, letters in self.letters.items():
            self.letters[chat] = {id: letter for id, letter in letters.items() if letter.sent_at >= before}
        old = max(len(self._news) - RECENT, 0)
        del self._news[:old]
        self._gone += old
        self._keys.clear()

    def _letter(
        self, chat: str, who: Person, text: str, *, ours: bool, reply_to: str | None, expires: int | None
    ) -> Letter:
        now = self.now()
        fades_at = now + expires * 1000 if expires else None
        id = f"{self.about.name}{next(self._numbers)}"
        letter = Letter(id, who, ours, text, now, reply_to, fades_at)
        self.letters[chat][id] = letter
        return letter

    def _posted(self, chat: str, letter: Letter, expires: int | None, *, key: str | None = None) -> None:
        self._tell(Posted(
            chat=self.chats[chat], sender=letter.author, id=letter.id, sent_at=letter.sent_at, text=letter.text,
            reply_to=Reference(id=letter.reply_to) if letter.reply_to else None, expires=expires,
            own=letter.author == self.me, key=key,
        ))  # fmt: skip

    def _reacted(self, chat: str, who: Person, message: str, emoji: str, *, add: bool) -> None:
        change = Reacted.Change.ADDED if add else Reacted.Change.REMOVED
        self._tell(Reacted(chat=self.chats[chat], sender=who, message=message, emojis=(emoji,), change=change,
                           own=who == self.me))  # fmt: skip

    def _tell(self, event: AnyEvent) -> None:
        self._news.append(msgspec.structs.replace(event, cursor=str(self.last + 1)))
        if self.seat is not None:
            self.seat.hear()


class FarBridge(Bridge):
    """Our account there. After each start the last few events come once more."""

    about: ClassVar[About]

    def __init__(self, far: Far) -> None:
        self.far = far
        self.about = far.about  # type: ignore[misc]  # one class for both networks
        self._feed: Feed | None = None

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def me(self) -> Person:
        return self.far.me

    async def start(self, desk: Desk) -> None:
        self._feed = Feed(desk.now)
        self._read = max(int(desk.cursor or 0) - AGAIN, self.far.first)
        self.far.seat = self
        self.change(State.CONNECTED)
        self.hear()

    def change(self, state: State) -> None:
        assert self._feed is not None
        self._feed.change(state)
        self.hear()

    def hear(self) -> None:
        assert self._feed is not None
        if self.health.state is State.CONNECTED:
            for event in self.far.since(self._read):
                self._feed.add(event)
            self._read = self.far.last

    def leave(self) -> None:
        if self._feed and self.health.state is not State.STOPPED:
            self.far.seat = None
            self._feed.change(State.STOPPED)
            self._feed.close()

    async def stop(self) -> None:
        self.leave()

    def events(self) -> AsyncIterator[AnyEvent]:
        assert self._feed is not None
        return self._feed.read()

    async def chats(self) -> AsyncIterator[Chat]:
        for chat in self.far.chats.values():
            yield chat

    async def act(self, chat: str, action: AnyAction) -> Sent:
        await asyncio.sleep(0)
        if self.health.state is not State.CONNECTED:
            raise NotNow("There is no connection.")
        return self.far.answer(chat, action)


def _feel(letter: Letter, who: Person, emoji: str, *, add: bool) -> None:
    theirs = letter.emojis.setdefault(who.id, set())
    (theirs.add if add else theirs.discard)(emoji)
    if not theirs:
        del letter.emojis[who.id]
