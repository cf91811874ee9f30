"""What one node of the stand-in accepts and refuses."""

from __future__ import annotations

from typing import Any

import pytest

from migrate.session import storage
from migrate.session.keys import AccountKeys, Seed
from migrate.session.signers import AdminSigner, MemberSigner
from migrate.standin.network import StandIn
from tests.standin.clients import NOW, RPC, Person, ask, listed, post


def test_every_request_of_the_vectors_is_accepted(network: StandIn, vectors: Any) -> None:
    requests = [one["request"] for one in vectors["storage_rpc"]["items"]]
    member = vectors["groups"]["member"]
    for request in [*requests, member["store"], member["retrieve"]]:
        code, body = ask(network.nodes[0], request["method"], request["params"])
        assert code == 200, (request["method"], body)
    code, body = ask(network.nodes[0], "batch", vectors["storage_rpc"]["batch"]["params"])
    assert [one["code"] for one in body["results"]] == [200] * 5


def test_a_group_message_gets_the_name_that_the_vectors_give_it(network: StandIn, vectors: Any) -> None:
    group = vectors["groups"]
    _, body = ask(network.nodes[0], "store", group["member"]["store"]["params"])
    assert body["hash"] == group["messages"][0]["hash_in_namespace_11"]
    _, body = ask(network.nodes[3], "retrieve", group["member"]["retrieve"]["params"])
    assert [one["data"] for one in body["messages"]] == [group["messages"][0]["data"]]


def test_every_signature_of_the_vectors_counts(network: StandIn, vectors: Any) -> None:
    member = vectors["groups"]["member"]
    requests = [one["request"] for one in vectors["storage_rpc"]["items"] if one["signature"]]
    assert requests
    for request in [*requests, member["store"], member["retrieve"]]:
        wrong = dict(request["params"])
        wrong["signature"] = ("A" if wrong["signature"][0] != "A" else "B") + wrong["signature"][1:]
        assert ask(network.nodes[0], request["method"], wrong)[0] == 401, request["method"]


def test_what_is_stored_comes_back_from_every_node_once(network: StandIn, person: Person) -> None:
    code, body = ask(network.nodes[0], "store", person.store(b"hello"))
    assert code == 200
    assert set(body["swarm"]) == {node.key for node in network.nodes}
    _, again = ask(network.nodes[1], "store", person.store(b"hello"))
    assert again["hash"] == body["hash"]
    assert again["swarm"][network.nodes[0].key]["already"] is True
    assert all(listed(node, person) == [b"hello"] for node in network.nodes)
    assert listed(network.nodes[0], person, last_hash=body["hash"]) == []
    assert network.stored() == {person.pubkey: {0: [body["hash"]]}}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"data": "A" * 102_404}, 400),
        ({"data": "not base64"}, 400),
        ({"ttl": 9_999}, 403),
        ({"ttl": 14 * 86_400_000 + 1}, 403),
        ({"timestamp": NOW + 10_001}, 406),
        ({"timestamp": NOW - 86_410_001}, 406),
        ({"namespace": 2}, 401),
        ({"namespace": 40_000}, 400),
        ({"pubkey": "05"}, 400),
    ],
)
def test_a_store_that_real_nodes_refuse_is_refused(
    network: StandIn, person: Person, changes: dict[str, Any], code: int
) -> None:
    assert ask(network.nodes[0], "store", person.store(b"x", **changes))[0] == code
    assert network.stored() in ({}, {person.pubkey: {}})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"timestamp": NOW + 1}, 401),
        ({"pubkey_ed25519": "00" * 32}, 401),
        ({"signature": None}, 401),
        ({"last_hash": "short"}, 400),
        ({"lastHash": "", "last_hash": ""}, 400),
        ({"namespace": 3}, 401),
    ],
)
def test_a_retrieve_that_is_not_signed_as_it_should_be_is_refused(
    network: StandIn, person: Person, changes: dict[str, Any], code: int
) -> None:
    assert ask(network.nodes[0], "retrieve", person.retrieve(**changes))[0] == code


def test_a_clock_more_than_a_minute_off_is_refused(network: StandIn, person: Person) -> None:
    assert ask(network.nodes[0], "retrieve", person.retrieve(NOW + 60_000))[0] == 200
    assert ask(network.nodes[0], "retrieve", person.retrieve(NOW - 60_001))[0] == 406


def test_pages_end_where_they_are_full_and_go_on_from_there(network: StandIn, person: Person) -> None:
    for number in range(5):
        ask(network.nodes[0], "store", person.store(bytes([number])))
    _, body = ask(network.nodes[0], "retrieve", person.retrieve(max_count=2))
    assert (len(body["messages"]), body["more"]) == (2, True)
    last = body["messages"][-1]["hash"]
    assert listed(network.nodes[0], person, last_hash=last) == [bytes([2]), bytes([3]), bytes([4])]
    assert len(listed(network.nodes[0], person, max_size=1)) == 1


def test_messages_can_be_shortened_extended_and_deleted(network: StandIn, person: Person) -> None:
    _, body = ask(network.nodes[0], "store", person.store(b"x"))
    name, node = body["hash"], network.nodes[0]
    sooner, later = NOW + 1000, NOW + 86_400_001

    def expire(way: str, expiry: int) -> Any:
        said = person.signed(f"expire{way}{expiry}{name}")
        return ask(node, "expire", {**said, "messages": [name], "expiry": expiry, way: True})[1]["swarm"][node.key]

    assert expire("shorten", later)["unchanged"] == {name: NOW + 86_400_000}
    assert expire("extend", later)["updated"] == [name]
    assert expire("shorten", sooner)["updated"] == [name]
    said = person.signed(f"get_expiries{NOW}{name}")
    _, expiries = ask(node, "get_expiries", {**said, "messages": [name], "timestamp": NOW})
    assert expiries["expiries"] == {name: sooner}
    network.faults.clock = 2000
    assert listed(node, person) == []
    ask(node, "store", person.store(b"y"))
    said = person.signed(f"delete_allall{NOW}")
    _, body = ask(node, "delete_all", {**said, "namespace": "all", "timestamp": NOW})
    assert len(body["swarm"][node.key]["deleted"]["0"]) == 1
    assert network.stored() == {}


def test_a_member_who_was_revoked_reads_only_what_is_meant_for_them(network: StandIn, vectors: Any) -> None:
    group = vectors["groups"]
    keys = AccountKeys.from_seed(Seed(bytes.fromhex(group["member"]["seed16"])))
    member = MemberSigner(group["group_id"], bytes.fromhex(group["member"]["auth_data_100"]), keys)

    def codes() -> list[int]:
        requests = [storage.retrieve(member, namespace, NOW) for namespace in (11, -11)]
        return [ask(network.nodes[0], one.method, dict(one.params))[0] for one in requests]

    assert codes() == [200, 200]
    revoked = bytes.fromhex(group["member"]["subaccount_token"])
    admin = AdminSigner(AccountKeys(bytes.fromhex(group["group_seed"])))
    said = admin.signed(f"revoke_subaccount{NOW}".encode() + revoked)
    code, _ = ask(network.nodes[1], "revoke_subaccount", {**said, "revoke": [revoked.hex()], "timestamp": NOW})
    assert code == 200
    assert codes() == [401, 200]


def test_a_sequence_stops_where_a_batch_goes_on(network: StandIn, person: Person) -> None:
    requests: list[dict[str, Any]] = [{"method": name, "params": {}} for name in ("info", "nonsense", "info")]
    results = {
        way: [one["code"] for one in ask(network.nodes[0], way, {"requests": requests})[1]["results"]]
        for way in ("batch", "sequence")
    }
    assert results == {"batch": [200, 400, 200], "sequence": [200, 400]}
    assert ask(network.nodes[0], "batch", {"requests": requests * 7})[0] == 400


def test_nodes_list_the_swarm_and_each_other(network: StandIn, person: Person) -> None:
    _, swarm = ask(network.nodes[0], "get_swarm", {"pubkey": person.pubkey})
    assert [one["port"] for one in swarm["snodes"]] == [str(node.port) for node in network.nodes]
    _, nodes = ask(network.nodes[0], "oxend_request", {"endpoint": "get_service_nodes", "params": {}})
    assert len(nodes["result"]["service_node_states"]) == 6


@pytest.mark.parametrize("body", [b"", b"\xff", b"5", b"null", b"[" * 100_000, b'{"method": "info", "params": []}'])
def test_a_request_that_is_none_is_refused(network: StandIn, body: bytes) -> None:
    assert post(network.nodes[0], RPC, body)[0] == 400
