"""The worlds of the SimpleX bridge: the double, an account of a bridge on it over each way, and a friend."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bridges.api import Desk
from bridges.contract import Seat
from bridges.simplex.bridge import SimplexBridge
from tests.bridges.desks import desk_of
from tests.bridges.simplex.friend import SimplexFriend
from tests.patience import PATIENCE
from tests.servers.simplex import Account, Network, join
from tests.servers.simplex_ways import Program, library

_numbers = itertools.count()
KEY = "key-of-the-database-5d1f"


class SimplexWorld:
    """An account, and a friend of theirs, who is its owner too: they are invited into the groups that it makes."""

    patience = PATIENCE
    has_wrong = has_network = False
    secrets: tuple[str, ...] = ()
    bridge = SimplexBridge
    program: Program

    def __init__(self, folder: Path) -> None:
        self.network = Network()
        self.account = Account(self.network, "Relay")
        self.account.command("/_address 1")
        there = Account(self.network, "Friend")
        ours, theirs = join(self.account, there, next(self.account.numbers), next(there.numbers), "")
        self.chat = f"@{ours.id}"
        place = folder / f"friend-{next(_numbers)}"
        place.mkdir()
        self.friend = SimplexFriend(there, place)
        self.friend.chat = f"@{theirs.id}"
        self.friend.look()
        self.friend.seen.clear()
        self.folder = folder / f"bridge-{next(_numbers)}"
        self.folder.mkdir()
        self.settings = {"owner": self.chat}

    def desk(self, cursor: str | None = None, *, wrong: bool = False) -> Desk:
        settings = {setting.name: setting.default or "" for setting in self.bridge.about.settings} | self.settings
        if wrong:
            settings["database_key"] = "not-the-right-one"
        return desk_of(settings, self.folder, cursor)

    async def break_network(self) -> None:
        await self.program.stop()

    async def mend_network(self) -> None:
        await self.program.start()


@asynccontextmanager
async def over_the_program(folder: Path) -> AsyncIterator[SimplexWorld]:
    """The way that most people take."""
    world = SimplexWorld(folder)
    world.program, world.has_network = Program(world.account), True
    await world.program.start()
    world.settings["port"] = str(world.program.port)
    try:
        yield world
    finally:
        await world.program.stop()


@asynccontextmanager
async def over_the_library(folder: Path) -> AsyncIterator[SimplexWorld]:
    """The official package, whose native calls end in the double."""
    world = SimplexWorld(folder)
    world.has_wrong, world.secrets = True, (KEY,)
    database = world.folder / "database"
    world.settings |= {"transport": "library", "database": str(database), "database_key": KEY}
    with library(world.account, database, KEY):
        yield world


Scene = Callable[[SimplexWorld, Seat], Awaitable[None]]


def play(folder: Path, scene: Scene, way: str = "program") -> None:
    """Run what happens between a bridge that is connected and the friend, over one of the two ways."""

    async def run() -> None:
        world_of = over_the_program if way == "program" else over_the_library
        async with world_of(folder) as world, Seat(world) as seat:
            await scene(world, seat)

    asyncio.run(run())
