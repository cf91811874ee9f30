"""How long is waited, how often is asked, and when nobody is asked any more."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from migrate.network.access import FILE_SERVER
from migrate.network.files import IN_VAIN, REST, TRIES, Files
from migrate.network.network import Network
from migrate.network.nodes import MOST_RENEWALS
from migrate.network.pace import Pace
from migrate.session.errors import NoAnswer
from migrate.session.flow import Answer
from migrate.session.nodes import Node
from migrate.session.onion import Server
from migrate.session.v4 import ServerAnswer, ServerRequest
from migrate.standin.network import StandIn
from tests.network.connected import IMPATIENT, NODES, Pauses, online, visitor, way_to


def test_pauses_double_and_are_never_the_same_twice() -> None:
    pauses = Pauses()

    async def wait() -> None:
        for attempt in range(1, 9):
            await Pace(Random(attempt), pauses).pause(attempt)

    asyncio.run(wait())
    middle = [0.5, 1, 2, 4, 8, 8, 8, 8]
    assert all(expected / 2 <= one <= expected * 1.5 for one, expected in zip(pauses.seconds, middle, strict=True))
    assert len(set(pauses.seconds)) == len(pauses.seconds)


class Silent:
    """A way to a file server that says nothing, or what it is told to."""

    def __init__(self, status: int | None) -> None:
        self.status, self.asked = status, 0

    async def to_node(self, body: bytes, node: Node) -> Answer:
        raise NotImplementedError

    async def to_server(self, request: ServerRequest, server: Server, url: str) -> ServerAnswer:
        self.asked += 1
        if self.status is None:
            raise NoAnswer("silence")
        return ServerAnswer(self.status, {}, b"a file")


@pytest.mark.parametrize("status", [None, 500, 503, 429])
def test_a_file_server_that_does_not_answer_is_left_alone_for_a_while(status: int | None) -> None:
    time, pauses = [1_000_000_000], Pauses()
    way = Silent(status)
    files = Files(FILE_SERVER, way, lambda: time[0], Pace(Random(1), pauses).pause)

    async def fetch() -> bytes:
        return await files.download("http://filev2.getsession.org/file/1")

    async def often() -> None:
        for _ in range(10):
            with pytest.raises(NoAnswer, match="file server"):
                await fetch()
        assert way.asked == TRIES * IN_VAIN
        assert len(pauses.seconds) == (TRIES - 1) * IN_VAIN
        time[0] += REST
        way.status = 200
        assert await fetch() == b"a file"
        assert way.asked == TRIES * IN_VAIN + 1

    asyncio.run(often())


@pytest.mark.parametrize("direct", [False, True])
def test_a_network_in_which_nothing_works_is_not_asked_for_ever(standin: StandIn, direct: bool) -> None:
    async def nothing_works(network: Network) -> tuple[int, int, int]:
        standin.faults.down = set(range(NODES))
        standin.faults.seeds_down = True
        before = network.report.requests
        with pytest.raises(NoAnswer):
            await network.collect(visitor(network))
        return network.report.requests - before, network.report.retries, network.report.renewals

    pauses = Pauses()
    requests, retries, renewals = online(
        way_to(standin, direct=direct, patience=IMPATIENT), nothing_works, pauses=pauses
    )
    assert renewals <= MOST_RENEWALS
    assert requests <= 70
    assert len(pauses.seconds) >= retries
