"""A network in memory with as many chats as one likes, whose abilities a test chooses. People in it are the test."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import ClassVar

import msgspec

from bridges.api import (
    About,
    AnyAction,
    AnyEvent,
    Bridge,
    Can,
    Chat,
    ChatKind,
    Desk,
    Event,
    File,
    Gone,
    Health,
    Invitation,
    Limits,
    NotNow,
    Person,
    Post,
    Posted,
    Refused,
    Sent,
    State,
)  # fmt: skip
from bridges.feed import Feed
from migrate.model import Network

EVERYTHING = frozenset(Can) - {Can.PERSONAS, Can.GHOSTS, Can.OWNER}


async def _at_once(_name: str, _picture: Path | None) -> None:
    """Whoever is given a name or picture has it at once."""


class Town:
    """The network. `news` is all that anybody did, `acts` all that the bridge was asked to do and did."""

    def __init__(
        self, name: str, *, can: frozenset[Can] = EVERYTHING, limits: Limits | None = None,
        network: Network = Network.WEB, tells_own: bool = False,
    ) -> None:  # fmt: skip
        self.about = About(
            name=name, title=name.capitalize(), network=network, summary="A town.", can=can, limits=limits or Limits()
        )
        self.chats: dict[str, Chat] = {}
        self.news: list[AnyEvent] = []
        self.acts: list[tuple[str, AnyAction]] = []
        self.keys: dict[str, Sent] = {}
        self.files: dict[str, bytes] = {}
        self.late: set[str] = set()
        self.dressed: dict[str, tuple[str, Path | None]] = {}
        self.feeds: list[Feed] = []
        self.seats: list[TownBridge] = []
        self.tells_own = tells_own
        self.asks_whose = False  # as bridges do that find the chat of a group by its title alone
        self.before: Callable[[str, AnyAction], None] = lambda _chat, _action: None
        self.dressing: Callable[[str, Path | None], Awaitable[None]] = _at_once
        self.slow: dict[str, asyncio.Event] = {}
        self.gone: set[str] = set()
        self.opened: list[str] = []
        self.starts = 0
        self._numbers = itertools.count(1)
        self.me = Person(id=f"me@{name}", name="Robin")

    def chat(self, id: str, title: str = "", kind: ChatKind = ChatKind.DIRECT) -> Chat:
        return self.chats.setdefault(id, Chat(id=id, title=title or id, kind=kind, person=id))

    def id(self) -> str:
        return f"{self.about.name}{next(self._numbers)}"

    def happens(self, event: AnyEvent) -> AnyEvent:
        """Something happens, and the bridge hears of it when it is there."""
        event = msgspec.structs.replace(event, cursor=str(len(self.news) + 1))
        self.news.append(event)
        for seat in self.seats:
            seat.hear()
        return event

    def says(self, chat: str, text: str, sender: Person | None = None, **more: object) -> str:
        """Somebody writes. Returns the id."""
        known = self.chat(chat)
        person = sender or Person(id=known.person or chat, name=known.title)
        id = str(more.pop("id", None) or self.id())
        sent_at = int(str(more.pop("sent_at", self.now())))
        event = Posted(chat=known, sender=person, id=id, sent_at=sent_at, text=text)
        self.happens(msgspec.structs.replace(event, **more))
        return id

    def file(self, content: bytes, name: str = "a.txt", **more: object) -> File:
        ref = self.id()
        self.files[ref] = content
        return msgspec.structs.replace(File(ref=ref, name=name, type="text/plain", size=len(content)), **more)

    def now(self) -> int:
        return self.seats[-1].desk.now() if self.seats else 0

    def posts(self, chat: str | None = None) -> list[Post]:
        return [act for place, act in self.acts if isinstance(act, Post) and chat in {None, place}]

    def texts(self, chat: str | None = None) -> list[str]:
        return [post.text for post in self.posts(chat)]

    def actions(self, kind: type[AnyAction]) -> list[AnyAction]:
        return [act for _, act in self.acts if isinstance(act, kind)]


class TownBridge(Bridge):
    """One account in a town."""

    about: ClassVar[About]

    def __init__(self, town: Town) -> None:
        self.town = town
        self.about = town.about  # type: ignore[misc]  # each test has a town with abilities of its own
        self._feed: Feed | None = None

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def me(self) -> Person:
        return self.town.me

    async def start(self, desk: Desk) -> None:
        self.town.starts += 1
        self.desk, self._feed = desk, Feed(desk.now)
        self._read = int(desk.cursor or 0)
        self.town.seats.append(self)
        self.change(State.CONNECTED)
        self.hear()

    def change(self, state: State, said: str = "", todo: str = "") -> None:
        assert self._feed is not None
        self._feed.change(state, said, todo)

    def hear(self) -> None:
        assert self._feed is not None
        for event in self.town.news[self._read :]:
            self._feed.add(event)
        self._read = len(self.town.news)

    async def stop(self) -> None:
        if self._feed and self.health.state is not State.STOPPED:
            self.town.seats.remove(self)
            self._feed.change(State.STOPPED)
            self._feed.close()

    def events(self) -> AsyncIterator[AnyEvent]:
        assert self._feed is not None
        return self._feed.read()

    async def chats(self) -> AsyncIterator[Chat]:
        for chat in self.town.chats.values():
            yield chat

    async def act(self, chat: str, action: AnyAction) -> Sent:
        town = self.town
        if chat in town.slow:
            await town.slow[chat].wait()
        if chat in town.gone:
            raise Gone
        if chat not in town.chats:
            raise Refused(f"There is no chat {chat}.")
        town.before(chat, action)
        if Can.IDEMPOTENT in self.about.can and action.key in town.keys:
            return town.keys[action.key]
        ids = 1 if not isinstance(action, Post) else max(bool(action.text) + len(action.files), 1)
        sent = Sent(ids=tuple(town.id() for _ in range(ids)), sent_at=self.desk.now())
        town.acts.append((chat, action))
        town.keys[action.key] = sent
        if town.tells_own and isinstance(action, Post):
            town.says(chat, action.text, town.me, id=sent.ids[0], own=True)
        return sent

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        if ref in self.town.late:
            raise NotNow("The files are not to be had now.")
        if ref not in self.town.files:
            raise Refused("The file is gone.")
        content = self.town.files[ref]
        for at in range(0, len(content), 1000):
            yield content[at : at + 1000]

    async def open_chat(
        self, title: str, person: Person | None = None, picture: Path | None = None, *, whose: str | None = None
    ) -> Chat:
        self.town.before("", Post(key="open", text=title))
        id = f"portal {person.id if person else whose if self.town.asks_whose else title}"
        while id in self.town.gone:
            id += "'"
        self.town.opened.append(id)
        return self.town.chats.setdefault(id, Chat(id=id, title=title, person=None))

    async def dress_chat(self, chat: str, title: str, picture: Path | None) -> None:
        await self.town.dressing(title, picture)
        self.town.dressed[chat] = (title, picture)

    async def dress_person(self, person: Person, picture: Path | None) -> None:
        await self.town.dressing(person.name, picture)
        self.town.dressed[person.id] = (person.name, picture)

    async def invite(self, contact: Person) -> Invitation:
        return Invitation(id=f"inv {contact.id}", link="x:")

    async def withdraw(self, invitation: str) -> None: ...


__all__ = ["EVERYTHING", "Event", "NotNow", "Town", "TownBridge"]
