"""One relay between Session and one network, for several tests: each of them has a contact of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import msgspec

from bridges.api import AnyEvent, Event, Post, Posted
from bridges.relay.model import Options, Rule
from migrate.session.config.namespaces import Namespace
from migrate.session.keys import AccountKeys
from migrate.standin.network import StandIn
from tests.bridges.session.friend import HandFriend
from tests.bridges.session.world import SessionWorld
from tests.patience import PATIENCE

from .far import Absent, Far, Fars
from .near import network, seated
from .process import Process

T = TypeVar("T")
E = TypeVar("E", bound=Event)
FACES, LONG_NAME = "👍🎉", "Ann " * 2500
PEOPLE = (
    "Mara", "Ravi", "Ines", "Iris", "Tove", "Emil", "Noor", "Lena", "Eve", "Otto", "Zoe", "Ida", FACES, LONG_NAME,
)  # fmt: skip
PAST = 1000
"""How many earlier messages a portal begins with, for whoever has a history."""


@dataclass(slots=True)
class Stage:
    """Everybody who takes part. The people stayed on Session; each has nobody there but the owner."""

    runner: asyncio.Runner
    standin: StandIn
    world: SessionWorld
    far: Far
    relay: Process
    past: Path
    people: dict[str, HandFriend]
    _chats: dict[str, Posted] = field(default_factory=dict)

    def play(self, scene: Coroutine[Any, Any, T], seconds: float = 5 * PATIENCE) -> T:
        """Let it happen, with a relay that runs."""

        async def limited() -> T:
            async with asyncio.timeout(seconds):
                if not self.relay.is_alive:
                    await self.relay.start()
                return await scene

        return self.runner.run(limited())

    async def again(self, *, ahead: int = 0) -> None:
        """End the relay in order, and start it."""
        await self.relay.end()
        await self.relay.start(ahead=ahead)

    async def meet(self, name: str) -> HandFriend:
        """Somebody writes for the first time; or the owner goes back into their chat."""
        friend = self.people[name]
        if name not in self._chats:
            hello = f"hello from {friend.id[-6:]}"
            await friend.do(Post(key=hello, text=hello))
            self._chats[name] = await self.sees(hello)
        await self.far.open(self._chats[name], friend.id)
        return friend

    async def is_met(self, name: str, seen: Posted) -> None:
        """Go into the chat that somebody's message has made."""
        self._chats[name] = seen
        await self.far.open(seen, self.people[name].id)

    async def sees(self, text: str, seconds: float = PATIENCE) -> Posted:
        """What the owner sees, once it is there."""
        return await self.far.owner.saw(Posted, lambda event: event.text == text, seconds)

    async def talk(self, friend: HandFriend, mark: str) -> None:
        """Both say something, and the other hears it."""
        there, back = f"there {mark}", f"back {mark}"
        await friend.do(Post(key=there, text=there))
        await self.far.owner.do(Post(key=back, text=back))
        await self.sees(there)
        await friend.saw(Posted, lambda event: event.text == back)

    def remember(self, name: str, events: list[Posted]) -> None:
        """Lay out what was said with somebody before there was a relay."""
        (self.past / self.people[name].id).write_bytes(msgspec.json.encode(events))

    def everything(self) -> list[AnyEvent]:
        """All that the owner has seen, and what shows as theirs."""
        return [*self.far.seen(), *self.far.own_from_elsewhere()]


@contextmanager
def stage(make: Fars, folder: Path, absent: Absent) -> Iterator[Stage]:
    """A stage whose servers and programs are there until this ends."""
    with asyncio.Runner() as runner:
        scenery = AsyncExitStack()
        try:
            yield runner.run(_built(make, folder, absent, runner, scenery))
        finally:
            runner.run(scenery.aclose())


async def _built(make: Fars, folder: Path, absent: Absent, runner: asyncio.Runner, stack: AsyncExitStack) -> Stage:
    standin = stack.enter_context(network())
    for name in ("session", "far", "relay", "past"):
        (folder / name).mkdir(mode=0o700)
    world = SessionWorld(standin, folder / "session")
    people = {name: HandFriend(standin, AccountKeys(Random(name).randbytes(32)), world.me) for name in PEOPLE}
    for name, friend in people.items():
        friend.name = name
    world.knows(Namespace.PROFILE, {b"n": b"Robin"})
    has_everybody(world, people)
    far = await stack.enter_async_context(make(folder / "far", absent))
    rule = Rule(source="session", target=far.name, mode=far.mode, options=Options(history=PAST))
    relay = Process(folder / "relay", [seated(world), far.seated], [rule], past=folder / "past")
    stack.callback(relay.kill)
    return Stage(runner, standin, world, far, relay, folder / "past", people)


def has_everybody(world: SessionWorld, people: dict[str, HandFriend]) -> None:
    """Have the owner's account know all of them."""
    world.has_contacts_of({friend.id: {"n": name, "a": 1, "A": 1} for name, friend in people.items()})
