"""What is asked while a connection ends, or for long after somebody answered: it says so, and nothing piles up."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from migrate.network.network import Network, connect
from migrate.session.errors import NoAnswer
from migrate.standin.network import StandIn
from tests.network.connected import Pauses, online, parcel, way_to
from tests.patience import PATIENCE
from tests.standin.clients import NOW


@pytest.mark.parametrize("direct", [False, True])
def test_a_file_that_is_still_fetched_when_the_connection_ends_may_come_later(standin: StandIn, direct: bool) -> None:
    async def story() -> None:
        access = way_to(standin, direct=direct)
        async with connect(
            access, now=lambda: NOW, random=Random(1), rng=Random(1).randbytes, sleep=Pauses()
        ) as network:
            url = await network.upload(b"a file")
        with pytest.raises(NoAnswer):
            await network.download(url)
        with pytest.raises(NoAnswer):
            await network.deliver(parcel())

    asyncio.run(story())


def test_nothing_is_kept_of_a_seed_that_has_answered(standin: StandIn) -> None:
    async def look(network: Network) -> int:
        seeds = network._bootstrap
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait(set(seeds._late)) if seeds._late else None
        await asyncio.sleep(0)
        return len(seeds._late)

    assert online(way_to(standin), look) == 0
