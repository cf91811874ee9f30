"""A message whose answer got lost is not said twice, although homeservers forget what they were asked."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from bridges.api import Person, Post, React, Reference
from bridges.contract import Seat
from bridges.matrix.repeats import Repeats
from bridges.matrix.sending import Voice
from tests.bridges.matrix.world import ServiceWorld, service_world
from tests.servers.synapse import Synapse

VOICE = Voice("@maya:localhost")
MAYA = Person(id="05" + "ab" * 32, name="Maya")


def test_what_was_sent_before_the_homeserver_restarted_is_found_again(homeserver: Synapse, tmp_path: Path) -> None:
    async def story() -> None:
        async with service_world(homeserver, tmp_path) as world:
            first = await said(world, "1", "2")
            with closing(sqlite3.connect(world.folder / "matrix.db")) as keep:  # as if it was killed before it heard
                keep.execute("DELETE FROM sent WHERE event = ?", (first[1],))
                keep.commit()
            await asyncio.to_thread(homeserver.stop)
            await asyncio.to_thread(homeserver.start)
            assert await said(world, "2", "3") == [first[1], *(await said(world, "3"))]

    asyncio.run(story())


async def said(world: ServiceWorld, *keys: str) -> list[str | None]:
    """Say some messages in a run of their own, each under a reaction to the one before."""
    ids: list[str | None] = []
    async with Seat(world) as seat:
        for key in keys:
            if ids:
                thanks = React(key=f"before {key}", message=Reference(id=ids[-1] or ""), emoji="👍", persona=MAYA)
                await seat.bridge.send(world.chat, thanks)
            ids.append((await seat.bridge.send(world.chat, Post(key=key, text=key, persona=MAYA))).id)
    return ids


def test_a_room_is_looked_into_once_and_again_after_a_failure() -> None:
    looked: list[str] = []

    class Quiet(Repeats):
        def __init__(self) -> None:
            self._there = {}

        async def _unanswered(self, room: str, voice: object) -> dict[str, str]:
            looked.append(room)
            return {"lost": "$lost"}

    async def story() -> None:
        repeats = Quiet()

        async def put() -> str:
            return "$new"

        async def fail() -> str:
            raise OSError

        for _ in range(2):
            assert await repeats.once("!a", "other", VOICE, put) == "$new"
        assert looked == ["!a"]
        try:
            await repeats.once("!a", "third", VOICE, fail)
        except OSError:
            assert await repeats.once("!a", "lost", VOICE, fail) == "$lost"
        assert looked == ["!a", "!a"]

    asyncio.run(story())
