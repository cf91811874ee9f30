"""What a person gets over the network: messages left and found, files kept and fetched, and a clean end."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from migrate.network.access import Access
from migrate.network.errors import FileGone
from migrate.network.network import Network, connect
from migrate.session.errors import BadFile, TooLarge
from migrate.session.poll import Tour
from migrate.session.storage import OF_AN_ACCOUNT
from migrate.standin.network import StandIn
from tests.network.connected import NODES, Pauses, online, parcel, until, visitor, way_to
from tests.standin.clients import NOW


async def leave_and_find(network: Network) -> tuple[set[bytes], int, Tour]:
    delivery = await network.deliver(parcel())
    one = visitor(network)
    tour = await network.collect(one)
    return {message.data for message in one.inbox.fresh()}, len(delivery.holders), tour


def test_a_message_left_is_found_at_every_node_of_the_swarm(standin: StandIn) -> None:
    found, holders, tour = online(way_to(standin), leave_and_find)
    assert found == {b"a message"}
    assert holders == len(tour.visits) == tour.asks == NODES
    assert tour.missing(OF_AN_ACCOUNT) == {}


def test_no_node_that_knows_whose_messages_are_asked_for_sees_who_asks(standin: StandIn) -> None:
    online(way_to(standin), leave_and_find)
    about_the_account = [seen for seen in standin.requests if seen.pubkey]
    assert about_the_account
    assert {seen.depth for seen in about_the_account} == {3}


def test_few_guards_see_our_address(standin: StandIn) -> None:
    online(way_to(standin), leave_and_find)
    guards = {seen.where for seen in standin.requests if seen.depth == 0 and seen.what == "onion"}
    assert 1 <= len(guards) <= 2 + 1  # one more where the node that is asked sits on both paths


def test_directly_every_node_is_asked_without_a_layer(standin: StandIn) -> None:
    found, holders, _ = online(way_to(standin, direct=True), leave_and_find)
    assert (found, holders) == ({b"a message"}, NODES)
    assert {seen.depth for seen in standin.requests} == {0}
    assert "onion" not in {seen.what for seen in standin.requests}


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("numeric", [False, True])
def test_a_file_is_left_and_fetched(standin: StandIn, direct: bool, numeric: bool) -> None:
    standin.faults.numeric_file_ids = numeric
    blob = Random(1).randbytes(300_000)

    async def keep_and_fetch(network: Network) -> tuple[str, bytes]:
        url = await network.upload(blob)
        return url, await network.download(f"{url}#d=")

    url, fetched = online(way_to(standin, direct=direct), keep_and_fetch)
    assert fetched == blob
    assert url.startswith("http://filev2.getsession.org/file/")
    assert url.rpartition("/")[2].isdigit() is numeric


def test_a_file_that_is_gone_is_asked_for_once(standin: StandIn) -> None:
    with pytest.raises(FileGone):
        online(way_to(standin), lambda network: network.download("http://filev2.getsession.org/file/none"))
    assert sum(seen.where == "files" for seen in standin.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/file/1",
        "http://127.0.0.2/file/1",
        f"http://filev2.getsession.org/file/1#p={'ab' * 32}",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_server_that_a_sender_chose_is_asked(standin: StandIn, url: str) -> None:
    async def fetch(network: Network) -> int:
        before = network.report.requests
        with pytest.raises(BadFile):
            await network.download(url)
        return network.report.requests - before

    assert online(way_to(standin, direct=True), fetch) == 0


def test_a_file_that_is_too_large_never_leaves(standin: StandIn) -> None:
    with pytest.raises(TooLarge):
        online(way_to(standin), lambda network: network.upload(bytes(10_000_001)))
    assert not any(seen.where == "files" for seen in standin.requests)


def test_with_enough_no_more_nodes_are_asked(standin: StandIn) -> None:
    async def poll(network: Network) -> Tour:
        return await network.collect(visitor(network), enough=2)

    assert online(way_to(standin), poll).asks == 2


def test_a_swarm_is_looked_up_once(standin: StandIn) -> None:
    async def thrice(network: Network) -> None:
        for _ in range(3):
            await network.collect(visitor(network), enough=2)

    online(way_to(standin), thrice)
    assert sum(seen.what == "get_swarm" for seen in standin.requests) == 1


def test_whoever_is_interrupted_leaves_nothing_behind(standin: StandIn) -> None:
    standin.faults.slow = dict.fromkeys(range(NODES), 30.0)

    async def interrupted() -> set[asyncio.Task[object]]:
        async def work() -> None:
            async with connect(
                way_to(standin), now=lambda: NOW, random=Random(1), rng=Random(1).randbytes, sleep=Pauses()
            ) as network:
                connected.set()
                await network.collect(visitor(network))

        connected = asyncio.Event()
        task = asyncio.create_task(work())
        await connected.wait()
        await until(lambda: any(seen.what == "onion" for seen in standin.requests))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(interrupted()) == set()


def test_the_way_to_a_stand_in_leads_nowhere_else(standin: StandIn) -> None:
    said = standin.way_in().decode().replace("127.0.0.1", "198.51.100.1")
    with pytest.raises(Exception, match="file of the stand-in network") as caught:
        Access.of_standin(said.encode())
    assert caught.value.exit_code == 2  # type: ignore[attr-defined]  # asserted: it is an error of ours


def test_a_network_is_connected_in_no_time(standin: StandIn) -> None:
    pauses = Pauses()
    online(way_to(standin), leave_and_find, pauses=pauses)
    assert pauses.seconds == []
