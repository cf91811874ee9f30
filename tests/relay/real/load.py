"""Much is said at every end while the relay is killed and the servers of the far sides are restarted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
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
Missing = set[tuple[str, str]]
"""Where what has not arrived: the name of a bridge, and a text."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is said each way, how often the relay is killed meanwhile, and how often a server is restarted."""

    messages: int
    kills: int
    restarts: int


@dataclass(slots=True)
class Home:
    """The owner on one network: what they wrote there, and what they see."""

    far: Far
    answered: list[str] = field(default_factory=list)
    written: dict[str, tuple[str, float]] = field(default_factory=dict)
    """The same with its time, by the ids that their program gave to it."""
    repeated: set[str] = field(default_factory=set)
    """What their program sent again."""

    async def answer(self, text: str) -> None:
        self.answered.append(text)
        self.written[await self.far.owner.do(Post(key=text, text=text))] = text, time.monotonic()

    def say_again(self) -> None:
        """The owner sends again what their program says that nobody took, or shows as not received for long."""
        returned, confirmed = self.far.returned(), self.far.confirmed()
        now = time.monotonic()
        for id, (text, at) in self.written.items():
            if now - at > UNCONFIRMED and (id in returned or confirmed is not None) and id not in (confirmed or ()):
                self.far.say_again(id, text)
                self.written[id] = text, now
                self.repeated.add(text)

    def there(self) -> list[str]:
        """What came to the owner, and what they wrote elsewhere and see here as theirs."""
        return [text for text in texts([*self.far.seen(), *self.far.own_from_elsewhere()]) if text != HELLO]


@dataclass(slots=True)
class Crowd:
    """Who takes part, and what they said."""

    homes: list[Home]
    friend: HandFriend
    relay: Process
    said: list[str] = field(default_factory=list)
    doubted: Missing = field(default_factory=set)
    """What was sent again because the owner said so."""

    @property
    def answered(self) -> list[str]:
        return [text for home in self.homes for text in home.answered]

    @property
    def repeated(self) -> set[str]:
        return {text for home in self.homes for text in home.repeated}

    def heard_at(self, home: Home) -> list[list[str]]:
        """What has to be at one of the owner's places: in order, from each end where it was said."""
        return [self.said, *(other.answered for other in self.homes if other is not home)]

    async def say(self, count: int) -> None:
        """Both say something, again and again; the owner now here and now there."""
        for _ in range(count):
            number = len(self.said)
            self.said.append(f"there {number}")
            await self.friend.do(Post(key=self.said[-1], text=self.said[-1]))
            await self.homes[number % len(self.homes)].answer(f"back {number}")

    def at_the_friend(self) -> list[str]:
        self.friend.look()
        return texts(self.friend.events)


def texts(events: Iterable[AnyEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Posted)]


@asynccontextmanager
async def crowd(makes: Sequence[Fars], folder: Path, absent: Absent) -> AsyncIterator[Crowd]:
    """A portal on each network that is there, and a relay that has been ended in order."""
    async with AsyncExitStack() as stack:
        standin = stack.enter_context(network())
        for name in ("session", "relay", *(f"far-{number}" for number, _ in enumerate(makes))):
            (folder / name).mkdir(mode=0o700)
        world = SessionWorld(standin, folder / "session")
        friend = HandFriend(standin, AccountKeys(Random(folder.name).randbytes(32)), world.me)
        knows(world, friend.id)
        fars = [
            await stack.enter_async_context(make(folder / f"far-{number}", absent)) for number, make in enumerate(makes)
        ]
        options = Options(most=0, most_alike=0)
        rules = [Rule(source="session", target=far.name, mode=far.mode, options=options) for far in fars]
        relay = Process(folder / "relay", [seated(world), *(far.seated for far in fars)], rules)
        stack.callback(relay.kill)
        await relay.start()
        await friend.do(Post(key=HELLO, text=HELLO))
        for far in fars:
            await far.open(await far.owner.saw(Posted, lambda event: event.text == HELLO), friend.id)
        await relay.end()
        yield Crowd([Home(far) for far in fars], friend, relay)


async def suffer(here: Crowd, load: Load, chance: Random) -> None:
    """Say it all, in as many lives as there are kills; then one more life, in which everything comes to its end.

    The servers are restarted in turn.
    """
    restarts = sorted(chance.sample(range(load.kills), load.restarts))
    for life in range(load.kills):
        await here.relay.start(chance.randint(1, LATEST_MOMENT))
        await here.say(load.messages * (life + 1) // load.kills - load.messages * life // load.kills)
        await _until_dead(here)
        if life in restarts:
            await here.homes[restarts.index(life) % len(here.homes)].far.restart()
    await here.relay.start()


async def _until_dead(here: Crowd) -> None:
    deadline = time.monotonic() + LIFE
    while here.relay.is_alive and time.monotonic() < deadline:
        if not missing(here):
            break  # everything is there already: it is killed while it has nothing to do
        await asyncio.sleep(0.02)
    here.relay.kill()
    assert here.relay.was_killed, here.relay.log[-3000:]


def missing(here: Crowd) -> Missing:
    """What has not arrived."""
    left = {("session", text) for text in set(here.answered) - set(here.at_the_friend())}
    for home in here.homes:
        there = {plain(text) for text in home.there()}
        left |= {(home.far.name, text) for every in here.heard_at(home) for text in every if text not in there}
    return left


def plain(text: str) -> str:
    """A text without who said it elsewhere, and without the mark that it may be there for the second time."""
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
        for home in here.homes:
            home.say_again()
        await asyncio.sleep(0.05)
