"""What people on both sides see of a relay."""

import asyncio
from pathlib import Path

from bridges.relay.model import Link
from tests.relay.town import Town
from tests.relay.world import World, place, until


def test_text_goes_both_ways_with_names_and_comes_once(tmp_path: Path) -> None:
    async def body() -> None:
        old, new = Town("old"), Town("new", tells_own=True)
        old.chat("kitchen"), new.chat("room")
        link = Link(name="l", ends=(place(old, "kitchen"), place(new, "room")))
        world = World(tmp_path, [old, new], links=[link])
        async with world.running():
            old.says("kitchen", "tea?")
            new.says("room", "yes")
            await until(lambda: new.texts() == ["kitchen: tea?"] and old.texts() == ["room: yes"])
        async with world.running():
            old.says("kitchen", "now?")
            await until(lambda: len(new.acts) == 2)
        assert new.texts() == ["kitchen: tea?", "kitchen: now?"]
        assert old.texts() == ["room: yes"]

    asyncio.run(body())
