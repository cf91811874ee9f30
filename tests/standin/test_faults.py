"""Each switch of the stand-in, on its own."""

from __future__ import annotations

import http.client
import json
from random import Random
from time import perf_counter, process_time

import pytest

from migrate.session import onion
from migrate.session.errors import BadAnswer
from migrate.session.nodes import Node as OurNode
from migrate.standin.network import NotLoopback, StandIn
from migrate.standin.node import Node
from tests.patience import PATIENCE
from tests.standin.clients import NOW, ONION, Person, ask, listed, post, start

CUT = (http.client.RemoteDisconnected, ConnectionError)


def ours(node: Node) -> OurNode:
    return OurNode(node.ip, node.port, node.ed25519, node.x25519)


def through(network: StandIn, *way: int) -> onion.Onion:
    *path, last = [ours(network.nodes[place]) for place in way]
    request = json.dumps({"method": "info", "params": {}}).encode()
    return onion.to_node(request, last, path, Random(1).randbytes)


def test_the_clock_of_one_node_or_of_all_is_ahead(network: StandIn, person: Person) -> None:
    network.faults.clock = 120_000
    network.faults.clocks[1] = 0
    assert ask(network.nodes[0], "retrieve", person.retrieve())[0] == 406
    assert ask(network.nodes[1], "retrieve", person.retrieve())[0] == 200
    assert ask(network.nodes[0], "info", {})[1]["t"] == NOW + 120_000


def test_an_account_that_moved_is_told_where(network: StandIn, person: Person) -> None:
    network.faults.moved[person.pubkey] = (4, 5)
    code, body = ask(network.nodes[0], "retrieve", person.retrieve())
    assert code == 421
    assert [one["pubkey_ed25519"] for one in body["snodes"]] == [network.nodes[4].key, network.nodes[5].key]
    assert ask(network.nodes[5], "retrieve", person.retrieve())[0] == 200


def test_a_node_that_is_down_says_nothing_and_its_swarm_says_so(network: StandIn, person: Person) -> None:
    network.faults.down.add(2)
    with pytest.raises(CUT):
        ask(network.nodes[2], "info", {})
    _, body = ask(network.nodes[0], "store", person.store(b"x"))
    assert body["swarm"][network.nodes[2].key]["failed"] is True


@pytest.mark.parametrize("switch", ["down", "unknown"])
def test_a_hop_that_cannot_be_reached_is_named(network: StandIn, switch: str) -> None:
    getattr(network.faults, switch).add(1)
    code, body = post(network.nodes[0], ONION, through(network, 0, 1, 2, 3).body)
    assert (code, body.decode()) == (502, f"Next node not found: {network.nodes[1].key}")


def test_a_node_answers_with_the_code_it_is_told_to(network: StandIn) -> None:
    network.faults.statuses[0] = (503, "Snode not ready")
    assert ask(network.nodes[0], "info", {}) == (503, "Snode not ready")


def test_chosen_requests_are_dropped(network: StandIn) -> None:
    network.faults.dropped = {2}
    assert ask(network.nodes[0], "info", {})[0] == 200
    with pytest.raises(CUT):
        ask(network.nodes[0], "info", {})
    network.faults.drop_every = 4
    assert ask(network.nodes[0], "info", {})[0] == 200
    with pytest.raises(CUT):
        ask(network.nodes[0], "info", {})


def test_slow_nodes_and_slow_requests_take_their_time(network: StandIn) -> None:
    network.faults.slow[0] = 0.05
    network.faults.slow_requests[2] = 0.05
    for node in network.nodes[:2]:
        began = perf_counter()
        ask(node, "info", {})
        assert perf_counter() - began >= 0.05


def test_an_answer_under_a_wrong_key_cannot_be_opened(network: StandIn) -> None:
    network.faults.wrong_key.add(3)
    sent = through(network, 0, 1, 2, 3)
    code, body = post(network.nodes[0], ONION, sent.body)
    assert code == 200
    with pytest.raises(BadAnswer):
        sent.node_answer(body)


def test_a_second_node_lists_in_another_order_and_one_lists_twice(network: StandIn, person: Person) -> None:
    network.faults.reordered.add(1)
    network.faults.duplicates.add(2)
    for data in (b"a", b"b", b"c"):
        ask(network.nodes[0], "store", person.store(data))
    assert listed(network.nodes[0], person) == [b"a", b"b", b"c"]
    assert listed(network.nodes[1], person) == [b"c", b"b", b"a"]
    assert listed(network.nodes[2], person) == [b"a", b"a", b"b", b"b", b"c", b"c"]
    ask(network.nodes[0], "store", person.store(b"d"))
    assert listed(network.nodes[1], person) == [b"c", b"b", b"a", b"d"]


def test_the_network_cannot_be_opened_to_others() -> None:
    with pytest.raises(NotLoopback):
        start(addresses=["0.0.0.0"])


def test_it_starts_within_a_second() -> None:
    began = process_time()
    with start():
        assert process_time() - began < 1


def test_it_stops_with_its_connections_open() -> None:
    with start() as network:
        connection = http.client.HTTPConnection("127.0.0.1", network.plain_port, timeout=PATIENCE)
        connection.request("GET", "/")
        assert connection.getresponse().read()
    connection.close()


def test_the_same_randomness_makes_the_same_keys() -> None:
    assert [node.key for node in start().nodes] == [node.key for node in start().nodes]
