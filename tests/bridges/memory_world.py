"""The world of the memory bridge, whose friend is another member of the room."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

from bridges.api import AnyAction, Desk, Event, File, Person
from bridges.contract import Seat
from bridges.memory import MemoryBridge, Room
from tests.patience import PATIENCE

E = TypeVar("E", bound=Event)
numbers = itertools.count()


class MemoryFriend:
    """Somebody in the room."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    async def do(self, action: AnyAction) -> str:
        return (await self.seat.bridge.send(self.seat.world.chat, action)).ids[0]

    async def saw(self, kind: type[E], wanted: Callable[[E], bool], seconds: float = PATIENCE) -> E:
        return await self.seat.saw(kind, wanted, seconds)

    async def bytes_of(self, file: File) -> bytes:
        return b"".join([piece async for piece in self.seat.bridge.fetch(file.ref)])

    async def rename(self, name: str) -> None:
        assert isinstance(self.seat.bridge, MemoryBridge)
        self.seat.bridge.rename(Person(id="friend", name=name))

    async def use(self, link: str) -> None:
        raise NotImplementedError(link)


class MemoryWorld:
    """A room with the bridge in it, and a friend."""

    bridge: type[MemoryBridge] = MemoryBridge
    patience = PATIENCE
    secrets: tuple[str, ...] = ()
    has_wrong = has_network = False
    friend: MemoryFriend

    def __init__(self, room: Room, name: str = "Robin") -> None:
        self.chat, self._room, self._name = room.chat.id, room, name

    def desk(self, cursor: str | None = None, *, wrong: bool = False) -> Desk:
        return Desk(
            settings={"room": "nowhere" if wrong else self._room.chat.id, "name": self._name},
            folder=Path(),
            now=lambda: time.time_ns() // 1_000_000,
            random=Random(1),
            random_bytes=bytes,
            cursor=cursor,
        )

    async def break_network(self) -> None: ...
    async def mend_network(self) -> None: ...


@asynccontextmanager
async def memory_world() -> AsyncIterator[MemoryWorld]:
    room = Room(f"room {next(numbers)}")
    async with Seat(MemoryWorld(room, "Friend")) as friend:
        world = MemoryWorld(room)
        world.friend = MemoryFriend(friend)
        yield world
