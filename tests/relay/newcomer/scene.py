"""Everybody who takes part: the owner at a terminal and on the new network, and who stayed on Session."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from bridges.api import Post, Posted, Reference
from migrate.session.config.namespaces import Namespace
from migrate.session.keys import AccountKeys
from migrate.standin.network import StandIn
from tests.bridges.session.friend import HandFriend, this_moment
from tests.bridges.session.world import SessionWorld
from tests.patience import PATIENCE

from . import page
from .place import Absent, Place
from .places import PLACES
from .terminal import Command, Desk


class Stage:
    """One newcomer, from the first command on."""

    def __init__(self, network: str, desk: Desk, place: Place, world: SessionWorld) -> None:
        self.network, self.desk, self.place, self.world = network, desk, place, world
        standin = world.standin
        self.mara, self.ana, self.zoe = (HandFriend(standin, AccountKeys(os.urandom(32)), world.me) for _ in range(3))
        """A friend, another one who has not written yet, and somebody whom the owner does not know."""
        for friend, name in ((self.mara, "Mara"), (self.ana, "Ana"), (self.zoe, "Zoe")):
            friend.name = name
        world.knows(Namespace.PROFILE, {b"n": b"Robin"})
        people = ((self.mara, "Mara"), (self.ana, "Ana"))
        world.has_contacts_of({friend.id: {"n": name, "a": 1, "A": 1} for friend, name in people})

    # -- at the terminal ---------------------------------------------------------------------------------

    async def sets_up_and_adds(self) -> str:
        """Everything on the page before `decamp relay run`. Returns that line."""
        *before, run = [line for line in page.lines(self.network) if line.startswith("decamp ")]
        for line in before:
            with self.desk.typed(line) as command:
                if line == page.FIRST:
                    await self._sets_session_up(command)
                elif " setup " in line:
                    await self.place.set_up(command)
                assert await command.ends() == 0, command.screen
        return run

    async def _sets_session_up(self, command: Command) -> None:
        await command.answer_unseen("The 13 words", self.world.words)
        await command.answer("How does it reach the network", "2")
        await command.answer("Ask nodes without onions")
        await command.answer("A SOCKS5 proxy")
        await command.answer("A list of nodes")
        await command.answer("The file of a stand-in network", str(self.world.folder / "stand-in.json"))
        await command.answer("How many seconds", "1")
        await command.says(f"It works: you are {self.world.me}")

    @contextmanager
    def running(self, line: str) -> Iterator[Command]:
        with self.desk.typed(line) as command:
            yield command

    async def is_up(self, command: Command) -> None:
        """Wait until both sides are connected."""
        deadline = time.monotonic() + PATIENCE
        while not all(f"{name}: connected" in command.screen for name in ("session", self.place.bridge)):
            assert time.monotonic() < deadline, command.screen
            assert command.process.poll() is None, command.screen
            await asyncio.sleep(0.01)

    async def status(self) -> dict[str, Any]:
        """What `decamp relay status --json` says, as programs read it."""
        told: dict[str, Any] = json.loads(await self.desk.does("decamp relay status --json --quiet"))
        return told

    async def holds_back(self, many: int) -> None:
        """Wait until so many messages wait for a link that stands still."""
        deadline = time.monotonic() + PATIENCE
        while sum(side["held_back"] for side in (await self.status())["status"]["sides"]) != many:
            assert time.monotonic() < deadline, "Nothing is held back."

    # -- what people say ---------------------------------------------------------------------------------

    async def writes(self, friend: HandFriend, text: str) -> None:
        """Somebody on Session writes to the owner."""
        await friend.do(Post(key=text, text=text))

    async def reads(self, friend: HandFriend, text: str, seconds: float = PATIENCE) -> Posted:
        """What the owner wrote, as somebody on Session sees it."""
        return await friend.saw(Posted, lambda event: event.text == text, seconds)

    def heard(self, friend: HandFriend) -> list[str]:
        """Everything that reached somebody on Session."""
        friend.look()
        return [event.text for event in friend.events if isinstance(event, Posted)]

    async def owner_reads(self, text: str, seconds: float = PATIENCE) -> Posted:
        """What somebody on Session wrote, in the owner's program on the new network."""
        return await self.place.owner.saw(Posted, lambda event: event.text.endswith(text), seconds)

    async def owner_answers(self, seen: Posted, text: str) -> None:
        await self.place.go_to(seen.chat.id)
        reply = Reference(id=seen.id, text=seen.text) if self.place.shared else None
        await self.place.owner.do(Post(key=text, text=text, reply_to=reply))

    async def relay_says(self, asked: str, answer: str, seconds: float = PATIENCE) -> str:
        """Write to the relay itself, and wait for an answer with this in it."""
        await self.place.go_to_relay()
        await self.place.says(asked)
        seen = await self.place.owner.saw(Posted, lambda event: answer in event.text, seconds)
        return seen.text


@asynccontextmanager
async def stage(network: str, folder: Path, desk: Desk, absent: Absent) -> AsyncIterator[Stage]:
    """A network, its people, and a home in which decamp has never been."""
    for name in ("there", "session"):
        (folder / name).mkdir()
    with StandIn(this_moment, os.urandom) as standin:
        world = SessionWorld(standin, folder / "session")
        async with PLACES[network](folder / "there", absent) as place:
            yield Stage(network, desk, place, world)


def play(network: str, folder: Path, absent: Absent, act: Callable[[Stage], Awaitable[None]]) -> None:
    """One act on the stage. DECAMP_SCREENS names a folder for what the newcomer saw, to look at."""
    desk = Desk(folder / "home")

    async def whole() -> None:
        async with stage(network, folder, desk, absent) as there:
            await act(there)

    try:
        asyncio.run(whole())
    finally:
        if kept := os.environ.get("DECAMP_SCREENS"):
            Path(kept, f"{network}.txt").write_text("\n".join(desk.screens), "utf-8")
