"""A relay as a process of its own: `python -m tests.relay.real.child`, told on standard input what it is made of.

It can be killed from outside at any time, or told to kill itself at one of the moments that count: before and after
each commit of the store, and before and after each send.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from random import Random
from typing import cast

import msgspec

from bridges.api import AnyAction, Bridge, Desk, Posted, Sent
from bridges.registry import load
from bridges.relay.clock import SystemClock
from bridges.relay.files import Spool
from bridges.relay.model import Link, Place, Rule, Side
from bridges.relay.new_portals import History
from bridges.relay.run import Relay
from bridges.relay.seats import Seat
from bridges.relay.sqlite import SqliteStore
from tests.relay.moments import Moments

HOUR = 3_600_000
READY = "ready"
"""The file that is there once each bridge was connected."""


class Seated(msgspec.Struct, kw_only=True):
    """One bridge: what it is called, what it is told, and where it keeps what it knows."""

    name: str
    settings: dict[str, str]
    folder: str


class Told(msgspec.Struct, kw_only=True):
    """All that a relay needs.

    `past`: a folder with a file for each chat that has a history. `ahead`: how many milliseconds its clock goes ahead.
    `moment`: the one at which it kills itself; 0 is never.
    """

    folder: str
    sides: list[Seated]
    rules: list[Rule] = []
    links: list[Link] = []
    past: str = ""
    ahead: int = 0
    moment: int = 0


class Ahead(SystemClock):
    """A clock that does not show the time of everybody else, and can be set back by an hour (SIGUSR1)."""

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead

    def now(self) -> int:
        return super().now() + self._ahead

    def set_back(self) -> None:
        self._ahead -= HOUR


def history(folder: Path) -> History:
    """What was said before, as it lies there."""

    async def last(place: Place, most: int) -> AsyncIterator[Posted]:
        path = folder / place.chat
        if path.exists():
            for event in msgspec.json.decode(path.read_bytes(), type=list[Posted])[-most:]:
                yield event

    return last


def dying(kind: type[Bridge], moments: Moments) -> Callable[[], Bridge]:
    """The same bridge, with a moment before and one after each send."""

    class Dying(kind):  # type: ignore[misc,valid-type]  # whichever bridge it is
        async def send(self, chat: str, action: AnyAction) -> Sent:
            moments.one()
            sent = cast("Sent", await super().send(chat, action))
            moments.one()
            return sent

    return Dying


def sides(seated: Iterable[Seated]) -> dict[str, Side]:
    """The sides as the relay sees them."""
    return {
        one.name: Side(
            name=one.name, about=load(one.name).about, owners=frozenset({one.settings.get("owner", "")} - {""})
        )
        for one in seated
    }


async def relay(told: Told) -> None:
    folder, moments, clock = Path(told.folder), Moments(told.moment), Ahead(told.ahead)
    kinds = {one.name: load(one.name) for one in told.sides}
    store = SqliteStore(folder, sides(told.sides), rules=told.rules)
    for link in told.links:
        if link.name not in store.portals.links:
            store.portals.add(link)
    flush = store.database.before_commit

    def before_commit() -> None:
        moments.one()
        flush()

    store.database.before_commit = before_commit

    def seat(one: Seated) -> Seat:
        def desk(cursor: str | None) -> Desk:
            return Desk(
                settings=one.settings, folder=Path(one.folder), now=clock.now, random=Random(), random_bytes=os.urandom,
                cursor=cursor,
            )  # fmt: skip

        return Seat(dying(kinds[one.name], moments), desk)

    seats = {one.name: seat(one) for one in told.sides}
    past = history(Path(told.past)) if told.past else None
    running = Relay(store, seats, Spool(folder / "spool"), clock, Random(), history=past)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.stop)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, clock.set_back)
    watching = asyncio.create_task(_say_ready(running, list(seats), folder / READY))
    await running.run()
    watching.cancel()
    store.close()


async def _say_ready(relay: Relay, names: list[str], file: Path) -> None:
    while not all(relay.connected(name) for name in names):  # noqa: ASYNC110  nobody tells us
        await asyncio.sleep(0.02)
    await asyncio.to_thread(file.touch)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    asyncio.run(relay(msgspec.json.decode(sys.stdin.buffer.read(), type=Told)))
