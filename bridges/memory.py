"""A bridge with no network: the worked example of the plug-in interface, and what tests of the relay use.

A `Room` stands for the far side. Everybody in it sees what the others do, in order; members who are away find it later.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from migrate.model import Network

from .about import About, Can, Limits, Setting
from .actions import AnyAction, Delete, Edit, Post, React, Sent, SetTyping
from .api import BadSetting, Bridge, Desk, Refused
from .events import AnyEvent, Changed, Chat, ChatKind, Deleted, Edited, File, Person, Posted, Reacted, Typing
from .feed import Feed
from .state import Health, State

ROOMS: dict[str, Room] = {}
"""Every room by its name: what a real bridge has a server for."""


class Room:
    """One place where a few people write. `told` is all that happened there, and `keys` what was sent under which."""

    def __init__(self, name: str) -> None:
        self.chat = Chat(id=name, title=name, kind=ChatKind.GROUP)
        self.told: list[tuple[str, AnyEvent]] = []
        self.keys: dict[tuple[str, str], str] = {}
        self.files: dict[str, bytes] = {}
        self.present: dict[str, MemoryBridge] = {}
        ROOMS[name] = self

    def tell(self, author: str, event: AnyEvent) -> None:
        """Let everybody know. The number of an event is the cursor after it."""
        self.told.append((author, msgspec.structs.replace(event, cursor=str(len(self.told) + 1))))
        for member in self.present.values():
            member.catch_up()


class MemoryBridge(Bridge):
    """One member of one room."""

    about = About(
        name="memory",
        title="Memory",
        network=Network.WEB,
        summary="A room inside this program, for tests and to copy from.",
        settings=(
            Setting(name="room", help="The room to be in.", example="kitchen"),
            Setting(name="name", help="What you are called there.", example="Robin"),
        ),
        can=frozenset(
            {Can.FILES, Can.CAPTIONS, Can.REPLIES, Can.EDITS, Can.DELETES, Can.REACTIONS, Can.TYPING, Can.IDEMPOTENT}
        ),
        limits=Limits(text_characters=10_000, file_bytes=1 << 20),
    )

    def __init__(self) -> None:
        self._feed: Feed | None = None

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def me(self) -> Person:
        return self._me

    async def start(self, desk: Desk) -> None:
        room = ROOMS.get(desk.settings["room"])
        if room is None:
            raise BadSetting(f"There is no room called {desk.settings['room']}.")
        self._room, self._desk, self._feed = room, desk, Feed(desk.now)
        self._me = Person(id=desk.settings["name"].lower(), name=desk.settings["name"])
        self._read = int(desk.cursor or len(room.told))
        self._feed.change(State.CONNECTED)
        self._feed.add(Changed(health=self.health, cursor=str(self._read)))
        room.present[self._me.id] = self
        self.catch_up()

    async def stop(self) -> None:
        if self._feed and self.health.state is not State.STOPPED:
            self._room.present.pop(self._me.id, None)
            self._feed.change(State.STOPPED)
            self._feed.close()

    def events(self) -> AsyncIterator[AnyEvent]:
        assert self._feed is not None, "start comes before events"  # noqa: S101
        return self._feed.read()

    async def chats(self) -> AsyncIterator[Chat]:
        yield self._room.chat

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        if ref not in self._room.files:
            raise Refused("The file is gone.")
        yield self._room.files[ref]

    def rename(self, me: Person) -> None:
        """Be called something else from now on."""
        self._me = me

    def catch_up(self) -> None:
        """Yield what the others told since we looked last."""
        assert self._feed is not None  # noqa: S101
        for author, event in self._room.told[self._read :]:
            if author != self._me.id:
                self._feed.add(event)
        self._read = len(self._room.told)

    async def act(self, chat: str, action: AnyAction) -> Sent:
        if chat != self._room.chat.id:
            raise Refused(f"There is no chat {chat}.")
        known = self._room.keys.get((self._me.id, action.key))
        if known is not None:
            return Sent(ids=(known,))
        id, now = f"m{len(self._room.told) + 1}", self._desk.now()
        self._room.tell(self._me.id, self._event(action, id, now))
        self._room.keys[self._me.id, action.key] = id
        return Sent(ids=(id,), sent_at=now)

    def _event(self, action: AnyAction, id: str, now: int) -> AnyEvent:
        """What the others see of an action."""
        chat, me = self._room.chat, self._me
        match action:
            case Post():
                files = tuple(self._keep(f"{id}.{at}", Path(one.path), one.name, one.type) for at, one in
                              enumerate(action.files))  # fmt: skip
                return Posted(chat=chat, sender=me, id=id, sent_at=now, text=action.text, files=files,
                              reply_to=action.reply_to)  # fmt: skip
            case Edit():
                return Edited(chat=chat, sender=me, message=action.message.id, text=action.text, sent_at=now)
            case Delete():
                return Deleted(chat=chat, sender=me, message=action.message.id)
            case React():
                change = Reacted.Change.ADDED if action.add else Reacted.Change.REMOVED
                return Reacted(
                    chat=chat, sender=me, message=action.message.id, emojis=(action.emoji,), change=change, id=id
                )
            case SetTyping():
                return Typing(chat=chat, sender=me, typing=action.typing)
            case _:
                raise Refused("There is no such thing in a room.")

    def _keep(self, ref: str, path: Path, name: str, type: str) -> File:
        self._room.files[ref] = path.read_bytes()
        return File(ref=ref, name=name, type=type, size=len(self._room.files[ref]))
