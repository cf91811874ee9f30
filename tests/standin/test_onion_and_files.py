"""Onions, the file server, the seeds and the debug view."""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
from random import Random
from typing import Any

import pytest

from migrate.session import nodes, onion, v4
from migrate.standin.layers import KeyPair, Sealing, split
from migrate.standin.network import StandIn
from tests.patience import PATIENCE
from tests.standin.clients import NOW, ONION, ask, post, unchecked
from tests.standin.test_faults import ours

CIPHERS = list(onion.Cipher)


@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_request_comes_through_three_nodes_to_a_fourth_and_back(network: StandIn, cipher: onion.Cipher) -> None:
    path, last = [ours(node) for node in network.nodes[:3]], ours(network.nodes[3])
    request = json.dumps({"method": "info", "params": {}}).encode()
    sent = onion.to_node(request, last, path, Random(1).randbytes, cipher)
    code, body = post(network.nodes[0], ONION, sent.body)
    answer = sent.node_answer(body)
    assert (code, answer.status, json.loads(answer.body)["t"]) == (200, 200, NOW)
    assert [(seen.where, seen.what, seen.depth) for seen in network.requests] == [
        ("node 0", "onion", 0), ("node 1", "onion", 1), ("node 2", "onion", 2), ("node 3", "info", 3),
    ]  # fmt: skip


@pytest.mark.parametrize("place", [0, 1])
def test_the_onions_of_the_vectors_open_layer_by_layer(vectors: Any, place: int) -> None:
    vector = vectors["onion"]["to_storage_node"][place]
    frame = bytes.fromhex(vector["post_body"])
    for hop, layer in zip(vector["path"], reversed(vector["layers"]), strict=True):
        closed, said = split(frame)
        pair = KeyPair(bytes.fromhex(hop["x25519_secret"]))
        plain = Sealing.between(pair, said["ephemeral_key"], said.get("enc_type")).open(closed)
        assert plain.hex() == layer["plaintext"]
        frame = plain
    assert split(frame)[0].decode() == vector["request_body"]


@pytest.mark.parametrize("frame", [b"", b"\xff\xff\xff\xff{}", b"\0\0\0\0{}", b"\0\0\0\0[", b"\x02\0\0\0ab{}"])
def test_an_onion_that_cannot_be_opened_is_refused(network: StandIn, frame: bytes) -> None:
    assert post(network.nodes[0], ONION, frame)[0] == 400


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("numeric", [False, True])
def test_a_file_goes_up_and_comes_down_through_onions(network: StandIn, cipher: onion.Cipher, numeric: bool) -> None:
    network.faults.numeric_file_ids = numeric
    path = [ours(node) for node in network.nodes[:3]]
    server = onion.Server("filev2.getsession.org", network.file_server.x25519)

    def asked(method: str, endpoint: str, body: bytes | None = None) -> v4.ServerAnswer:
        request = v4.ServerRequest(method, endpoint, body=body).encode()
        sent = onion.to_server(request, server, path, Random(1).randbytes, cipher)
        _, answer = post(network.nodes[0], ONION, sent.body)
        return v4.read_server_answer(sent.server_answer(answer))

    name = json.loads(asked("POST", "/file", b"\0picture\xff").body)["id"]
    assert name.isdigit() is numeric
    assert numeric or len(name) == 44
    assert asked("GET", f"/file/{name}").body == b"\0picture\xff"
    assert asked("GET", "/file/nothing").status == 404


def test_a_file_that_is_too_large_is_refused(network: StandIn) -> None:
    assert network.file_server.answer("POST", "/file", bytes(10_000_000)).status == 200
    assert network.file_server.answer("POST", "/file", bytes(10_000_001)).status == 413


def test_seeds_list_all_nodes_under_the_certificate_they_name(network: StandIn) -> None:
    for seed in network.seeds:
        connection = http.client.HTTPSConnection(seed.host, seed.port, context=unchecked(), timeout=PATIENCE)
        connection.request("POST", "/json_rpc", nodes.node_list_request())
        assert isinstance(connection.sock, ssl.SSLSocket)
        shown = connection.sock.getpeercert(binary_form=True)
        assert shown is not None
        assert hashlib.sha256(shown).hexdigest() == seed.fingerprint
        answer = connection.getresponse()
        assert answer.headers["Content-Type"] == "application/json"
        listed = nodes.read_node_list(answer.read(), local=True)
        assert listed.nodes == tuple(ours(node) for node in network.nodes)
        connection.close()


def test_the_debug_view_shows_what_was_asked(network: StandIn) -> None:
    ask(network.nodes[5], "info", {})
    connection = http.client.HTTPConnection("127.0.0.1", network.plain_port, timeout=PATIENCE)
    connection.request("GET", "/")
    view = json.loads(connection.getresponse().read())
    connection.close()
    assert view["requests"] == [[1, "node 5", "info", "", 0]]
    assert view["connections"] == network.connections == 2
