"""What a friend who stayed and an owner who left say to each other, and how long each thing takes to be there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

from bridges.api import Post, Posted, React, Reacted, Reference, Upload
from bridges.contract.world import Friend
from bridges.relay.model import Rule
from migrate.demo import scenes
from tests.bridges.session.world import SessionWorld
from tests.patience import PATIENCE

from .far import OWNER, Absent, Far, Fars
from .near import FRIEND, Stayed, knows, network, seated, stayed
from .process import Process, living

T = TypeVar("T")
SHOWN = f"{FRIEND} (Session)"
FACE = scenes.face(Random(4), "peak").png()
PHOTO, NOTES = FACE * 3, b"Loaf at 240 degrees, 40 minutes.\n" * 50
HELLO, ANSWER = "Are you still there? I kept your seat.", "I am, from elsewhere. You need not change anything."
REPLY_THERE, REPLY_HERE = "Then how does this reach me?", "The same seat, I hope."
LOVED, LAUGHED = "❤️", "😂"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that somebody did, what the other saw of it, and after how many milliseconds."""

    who: str
    did: str
    saw: str
    ms: float


@dataclass(frozen=True, slots=True)
class Scene:
    """Everybody who takes part."""

    far: Far
    friend: Stayed
    relay: Process
    folder: Path


@asynccontextmanager
async def scene(make: Fars, folder: Path, absent: Absent) -> AsyncIterator[Scene]:
    """The two people, and between them a relay that runs."""
    async with AsyncExitStack() as stack:
        standin = stack.enter_context(network())
        world = SessionWorld(standin, _made(folder / "session"))
        friend = stack.enter_context(stayed(standin, absent, world.me))
        knows(world, friend.id)
        far = await stack.enter_async_context(make(_made(folder / "far"), absent))
        rule = Rule(source="session", target=far.name, mode=far.mode)
        process = Process(_made(folder / "relay"), [seated(world), far.seated], [rule])
        yield Scene(far, friend, await stack.enter_async_context(living(process)), folder)


class Conversation:
    """One conversation from the first word to the last file. Raises `TimeoutError` where something does not arrive."""

    def __init__(self, scene: Scene) -> None:
        self._far, self._friend, self._relay, self._folder = scene.far, scene.friend, scene.relay, scene.folder
        self.steps: list[Step] = []
        self._heard: dict[str, str] = {}
        """What each of the two knows a text by: the side that read it has its own id for it."""

    async def whole(self) -> list[Step]:
        await self._first_words()
        await self._replies()
        await self._reactions()
        await self._files()
        return self.steps

    async def _took(self, who: str, did: str, doing: Awaitable[str], seeing: Awaitable[str]) -> str:
        """Do something, wait until it is seen, and note how long that took. Returns the doer's id."""
        began = time.monotonic()
        id = await doing
        saw = await seeing
        self.steps.append(Step(who, did, saw, (time.monotonic() - began) * 1000))
        return id

    async def _first_words(self) -> None:
        await asyncio.to_thread(self._friend.show_face, FACE)
        await self._relay.has_met(self._friend.id)

        async def at_the_owner() -> str:
            seen = await self._far.owner.saw(Posted, lambda event: event.text == HELLO)
            self._heard[HELLO] = seen.id
            await self._far.open(seen, self._friend.id)
            called = await soon(lambda: self._far.called(self._friend.id), lambda name: name == SHOWN)
            shown = f"a chat “{called}”"
            if self._far.has_pictures:
                face = await soon(lambda: self._far.picture(self._friend.id), lambda picture: picture is not None)
                assert not self._far.keeps_pictures or face == FACE
                shown += " with Mara's picture"
            return f"{shown}, in it from {seen.sender.name or called}: {seen.text}"

        id = await self._took(FRIEND, HELLO, self._friend.do(Post(key="1", text=HELLO)), at_the_owner())
        self._heard[f"own {HELLO}"] = id
        id = await self._said_by_owner(Post(key="2", text=ANSWER))
        self._heard[f"own {ANSWER}"] = id

    async def _said_by_owner(self, post: Post) -> str:
        async def at_the_friend() -> str:
            seen = await self._friend.saw(Posted, lambda event: event.text == post.text)
            self._heard[post.text] = seen.id
            assert (seen.reply_to and seen.reply_to.id) == (self._heard[f"own {HELLO}"] if post.reply_to else None)
            quoted = f", under “{HELLO}”" if seen.reply_to else ""
            return f"from {seen.sender.name}{quoted}: {seen.text}"

        did = f"replies to “{HELLO}”: {post.text}" if post.reply_to else post.text
        return await self._took(OWNER, did, self._far.owner.do(post), at_the_friend())

    async def _replies(self) -> None:
        async def at_the_owner() -> str:
            seen = await self._far.owner.saw(Posted, lambda event: event.text == REPLY_THERE)
            assert seen.reply_to is not None
            assert seen.reply_to.id == self._heard[f"own {ANSWER}"]
            return f"under “{ANSWER}”: {seen.text}"

        about = Reference(id=self._heard[ANSWER])
        await self._took(
            FRIEND, f"replies to “{ANSWER}”: {REPLY_THERE}",
            self._friend.do(Post(key="3", text=REPLY_THERE, reply_to=about)), at_the_owner(),
        )  # fmt: skip
        await self._said_by_owner(Post(key="4", text=REPLY_HERE, reply_to=Reference(id=self._heard[HELLO], text=HELLO)))

    async def _reactions(self) -> None:
        async def at_the_owner() -> str:
            own = self._heard[f"own {ANSWER}"]
            seen = await self._far.owner.saw(Reacted, lambda event: event.message == own and bool(event.emojis))
            return f"{seen.emojis[0]} under “{ANSWER}”"

        async def at_the_friend() -> str:
            own = self._heard[f"own {HELLO}"]
            seen = await self._friend.saw(Reacted, lambda event: event.message == own)
            return f"{seen.emojis[0]} under “{HELLO}”"

        loves = React(key="5", message=Reference(id=self._heard[ANSWER]), emoji=LOVED)
        await self._took(FRIEND, f"{LOVED} under “{ANSWER}”", self._friend.do(loves), at_the_owner())
        laughs = React(key="6", message=Reference(id=self._heard[HELLO]), emoji=LAUGHED)
        await self._took(OWNER, f"{LAUGHED} under “{HELLO}”", self._far.owner.do(laughs), at_the_friend())

    async def _files(self) -> None:
        for who, name, type, content, by, at in (
            (FRIEND, "seat.png", "image/png", PHOTO, self._friend, self._far.owner),
            (OWNER, "bread.txt", "text/plain", NOTES, self._far.owner, self._friend),
        ):
            path = self._folder / name
            path.write_bytes(content)
            upload = Upload(path=str(path), name=name, type=type, size=len(content))

            async def arrived(at: Friend | Stayed = at, content: bytes = content) -> str:
                seen = await at.saw(Posted, lambda event: bool(event.files))
                assert await at.bytes_of(seen.files[0]) == content
                return f"the file {seen.files[0].name}, byte for byte"

            await self._took(who, f"sends {name}", by.do(Post(key=name, files=(upload,))), arrived())


async def soon(ask: Callable[[], Awaitable[T]], good: Callable[[T], bool], seconds: float = PATIENCE) -> T:
    """What is asked for, once it is as it should be."""
    deadline = time.monotonic() + seconds
    while not good(answer := await ask()):
        assert time.monotonic() < deadline, f"It stays {answer!r:.200}."
        await asyncio.sleep(0.02)
    return answer


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder
