"""A relay as a process that ends itself in the middle of something: `python -m tests.relay.killed FOLDER SEED MOMENT`.

Each of its networks is one file, to which everybody appends lines. MOMENT counts the places where it could be cut off:
before and after a line is written, and before and after the store commits. At that one it is killed (0: at none).
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
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
    ChatKind,
    Desk,
    Health,
    Person,
    Post,
    Posted,
    Sent,
    State,
)
from bridges.feed import Feed
from bridges.relay.clock import SystemClock
from bridges.relay.files import Spool
from bridges.relay.model import Link, Options, Place, Side
from bridges.relay.run import Relay
from bridges.relay.seats import Seat
from bridges.relay.sqlite import SqliteStore
from migrate.model import Network
from tests.relay.moments import Moments

REPEATABLE = {"a": True, "b": True, "c": False}
RELAY = "relay"


class Line(msgspec.Struct):
    """What is in the file."""

    author: str
    text: str
    key: str = ""


MOMENTS = Moments(0)


class FileBridge(Bridge):
    """Somebody who reads and appends."""

    about: ClassVar[About]

    def __init__(self, file: Path) -> None:
        name = file.stem
        self.about = about(name)  # type: ignore[misc]  # one class for three networks
        self._file, self._chat = file, Chat(id="room", title="room", kind=ChatKind.GROUP)
        self._feed: Feed | None = None

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def me(self) -> Person:
        return Person(id=RELAY, name="Relay")

    async def start(self, desk: Desk) -> None:
        self._desk, self._feed, self._read = desk, Feed(desk.now), int(desk.cursor or 0)
        self._feed.change(State.CONNECTED)
        self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        if self._feed and self.health.state is not State.STOPPED:
            self._looking.cancel()
            self._feed.change(State.STOPPED)
            self._feed.close()

    def events(self) -> AsyncIterator[AnyEvent]:
        assert self._feed is not None
        return self._feed.read()

    async def chats(self) -> AsyncIterator[Chat]:
        yield self._chat

    async def act(self, chat: str, action: AnyAction) -> Sent:
        assert isinstance(action, Post)
        written = lines(self._file)
        for number, line in enumerate(written):
            if line.key == action.key and Can.IDEMPOTENT in self.about.can:
                return Sent(ids=(f"{self.about.name}{number}",))
        MOMENTS.one()
        append(self._file, Line(RELAY, action.text, action.key))
        MOMENTS.one()
        await asyncio.sleep(0)
        return Sent(ids=(f"{self.about.name}{len(written)}",))

    async def _look(self) -> None:
        assert self._feed is not None
        while True:
            for number, line in list(enumerate(lines(self._file)))[self._read :]:
                own = line.author == RELAY
                event = Posted(
                    chat=self._chat, sender=Person(id=line.author, name=line.author), id=f"{self.about.name}{number}",
                    sent_at=self._desk.now(), text=line.text, own=own,
                    key=line.key if own and Can.IDEMPOTENT in self.about.can else None, cursor=str(number + 1),
                )  # fmt: skip
                if not own or event.key:
                    self._feed.add(event)
                self._read = number + 1
            await asyncio.sleep(0.002)


def about(name: str) -> About:
    can = frozenset({Can.IDEMPOTENT}) if REPEATABLE[name] else frozenset[Can]()
    return About(name=name, title=name, network=Network.WEB, summary="A file.", can=can)


def lines(file: Path) -> list[Line]:
    return [msgspec.json.decode(line, type=Line) for line in file.read_bytes().splitlines()]


def append(file: Path, line: Line) -> None:
    with file.open("ab", buffering=0) as out:
        out.write(msgspec.json.encode(line) + b"\n")


async def relay(folder: Path, seed: int) -> None:
    sides = {name: Side(name=name, about=about(name)) for name in REPEATABLE}
    store = SqliteStore(folder, sides)
    if not store.portals.links:
        ends = tuple(Place(bridge=name, chat="room") for name in REPEATABLE)
        store.portals.add(Link(name="l", ends=ends, options=Options(most=0, most_alike=0)))
        store.database.commit()
    flush = store.database.before_commit

    def before_commit() -> None:
        MOMENTS.one()
        flush()

    store.database.before_commit = before_commit
    clock = SystemClock()

    def desk(cursor: str | None) -> Desk:
        return Desk(settings={}, folder=folder, now=clock.now, random=Random(1), random_bytes=bytes, cursor=cursor)

    def seat(name: str) -> Seat:
        return Seat(lambda: FileBridge(folder / f"{name}.jsonl"), desk)

    running = Relay(store, {name: seat(name) for name in sides}, Spool(folder / "spool"), clock, Random(seed))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.stop)
    (folder / "ready").touch()
    await running.run()
    store.close()


def main() -> None:
    global MOMENTS  # noqa: PLW0603  the process is about nothing else
    MOMENTS = Moments(int(sys.argv[3]))
    asyncio.run(relay(Path(sys.argv[1]), int(sys.argv[2])))


if __name__ == "__main__":
    main()
