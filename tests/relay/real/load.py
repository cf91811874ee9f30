"""Much is said on both sides while the relay is killed and the server of the far side is restarted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bridges.api import AnyEvent, Post, Posted
from bridges.relay.model import Options, Rule
from migrate.session.keys import AccountKeys
from tests.bridges.session.friend import HandFriend
from tests.bridges.session.world import SessionWorld

from .far import Absent, Far, Fars
from .near import knows, network, seated
from .process import Process

HELLO = "hello"
LATEST_MOMENT = 60
"""Commits and sends, at one of which a life ends."""
UNCONFIRMED = 5.0
"""Seconds after which the owner no longer believes that something was received."""
LIFE = 20.0
"""Seconds after which one is killed from outside, if its moment has not come."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is said each way, how often the relay is killed meanwhile, and how often the server is restarted."""

    messages: int
    kills: int
    restarts: int


@dataclass(slots=True)
class Crowd:
    """Who takes part, and what they said."""

    far: Far
    friend: HandFriend
    relay: Process
    said: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    written: dict[str, tuple[str, float]] = field(default_factory=dict)
    """What the owner wrote, and when, by the ids that their program gave to it."""
    repeated: set[str] = field(default_factory=set)
    """What their program sent again."""
    doubted: set[str] = field(default_factory=set)
    """What was sent again because the owner said so."""

    async def say(self, count: int) -> None:
        """Both say something, again and again."""
        for _ in range(count):
            there, back = f"there {len(self.said)}", f"back {len(self.answered)}"
            self.said.append(there)
            await self.friend.do(Post(key=there, text=there))
            self.answered.append(back)
            self.written[await self.far.owner.do(Post(key=back, text=back))] = back, time.monotonic()

    def say_again(self) -> None:
        """The owner sends again what their program says that nobody took, or shows as not received for long."""
        returned, confirmed = self.far.returned(), self.far.confirmed()
        now = time.monotonic()
        for id, (text, at) in self.written.items():
            if now - at > UNCONFIRMED and (id in returned or confirmed is not None) and id not in (confirmed or ()):
                self.far.say_again(id, text)
                self.written[id] = text, now
                self.repeated.add(text)

    def at_the_friend(self) -> list[str]:
        self.friend.look()
        return texts(self.friend.events)

    def at_the_owner(self) -> list[str]:
        return [text for text in texts(self.far.seen()) if text != HELLO]


def texts(events: list[AnyEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Posted)]


@asynccontextmanager
async def crowd(make: Fars, folder: Path, absent: Absent) -> AsyncIterator[Crowd]:
    """A portal that is there, and a relay that has been ended in order."""
    async with AsyncExitStack() as stack:
        standin = stack.enter_context(network())
        for name in ("session", "far", "relay"):
            (folder / name).mkdir(mode=0o700)
        world = SessionWorld(standin, folder / "session")
        friend = HandFriend(standin, AccountKeys(Random(folder.name).randbytes(32)), world.me)
        knows(world, friend.id)
        far = await stack.enter_async_context(make(folder / "far", absent))
        rule = Rule(source="session", target=far.name, mode=far.mode, options=Options(most=0, most_alike=0))
        relay = Process(folder / "relay", [seated(world), far.seated], [rule])
        stack.callback(relay.kill)
        await relay.start()
        await friend.do(Post(key=HELLO, text=HELLO))
        await far.open(await far.owner.saw(Posted, lambda event: event.text == HELLO, 20), friend.id)
        await relay.end()
        yield Crowd(far, friend, relay)


async def suffer(here: Crowd, load: Load, chance: Random) -> None:
    """Say it all, in as many lives as there are kills; then one more life, in which everything comes to its end."""
    restarts = set(chance.sample(range(load.kills), load.restarts))
    for life in range(load.kills):
        await here.relay.start(chance.randint(1, LATEST_MOMENT))
        await here.say(load.messages * (life + 1) // load.kills - load.messages * life // load.kills)
        await _until_dead(here)
        if life in restarts:
            await here.far.restart()
    await here.relay.start()


async def _until_dead(here: Crowd) -> None:
    deadline = time.monotonic() + LIFE
    while here.relay.is_alive and time.monotonic() < deadline:
        if not missing(here):
            break  # everything is there already: it is killed while it has nothing to do
        await asyncio.sleep(0.02)
    here.relay.kill()
    assert here.relay.was_killed, here.relay.log[-3000:]


def missing(here: Crowd) -> set[str]:
    """What has not arrived."""
    there = set(here.at_the_friend()) | {plain(text) for text in here.at_the_owner()}
    return {*here.said, *here.answered} - there


def plain(text: str) -> str:
    """A text without the mark that it may be there for the second time."""
    return " ".join(text.split()[-2:])


async def settled(here: Crowd, seconds: float) -> None:
    """Wait until everything has arrived, and end in order, so that nothing more comes.

    Where nobody can know whether something arrived that was cut off twice, the relay asks its owner, who says retry.
    """
    await _arrived(here, seconds)
    await here.relay.end()
    if missing(here):
        here.doubted |= here.relay.ask_again()
        assert missing(here) <= here.doubted, missing(here) - here.doubted
        await here.relay.start()
        await _arrived(here, seconds)
        await here.relay.end()


async def _arrived(here: Crowd, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while missing(here) - here.relay.given_up() and time.monotonic() < deadline:
        here.say_again()
        await asyncio.sleep(0.05)
