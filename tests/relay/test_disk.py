"""A disk that is full ends the relay in order; nothing is lost, and the next run goes on."""

import asyncio
from pathlib import Path

import pytest

from migrate.errors import NoSpace
from tests.relay.pair import Pair
from tests.relay.world import settled, until


async def until_the_disk_is_full(pair: Pair) -> None:
    async with pair.world.running() as relay:
        con = relay.store.database.con
        relay.store.database.commit()
        pages = con.execute("PRAGMA page_count").fetchone()[0]
        con.execute(f"PRAGMA max_page_count = {pages}")
        for number in range(100):
            pair.maya(f"{number} " + "x" * 1000)
        await until(lambda: relay.is_broken)
        await settled()


def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        with pytest.raises(NoSpace, match="disk"):
            await until_the_disk_is_full(pair)
        async with pair.world.running():
            await until(lambda: len(set(pair.new.texts("portal"))) == 100)
        numbers = [int(text.split()[0]) for text in pair.new.texts("portal")]
        assert numbers == list(range(100)), "each once, and in order"

    asyncio.run(body())
