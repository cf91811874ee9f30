"""Layers of onion requests, byte for byte, and answers that nobody should have to believe."""

from __future__ import annotations

import base64
import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.session.answers import LARGEST_ANSWER
from migrate.session.errors import BadAnswer
from migrate.session.nodes import Node
from migrate.session.onion import Cipher, Layer, Onion, Server, to_node, to_server
from migrate.session.v4 import ServerRequest, read_server_answer

NONCE = {"aes-gcm": 12, "xchacha20": 24}


@pytest.fixture(scope="session")
def vectors(samples: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((samples / "session-network" / "vectors.json").read_text("utf-8"))["onion"]
    return found


def node(item: dict[str, Any]) -> Node:
    return Node("1.2.3.4", 22021, bytes.fromhex(item["ed25519"]), bytes.fromhex(item["x25519"]))


def scripted(*pieces: str) -> Callable[[int], bytes]:
    """Randomness as the vector had it, in the order in which it is asked for."""
    left = [bytes.fromhex(piece) for piece in pieces]

    def random(size: int) -> bytes:
        piece = left.pop(0)
        assert len(piece) == size
        return piece

    return random


def of_vector(item: dict[str, Any]) -> Onion:
    size = 2 * NONCE[item["enc_type"]]
    pieces = [piece for one in item["layers"] for piece in (one["ephemeral_secret"], one["ciphertext"][:size])]
    *path, destination = map(node, item["path"])
    return to_node(item["request_body"].encode(), destination, path, scripted(*pieces), Cipher(item["enc_type"]))


@pytest.mark.parametrize("number", [0, 1])
def test_a_request_to_a_node_is_the_one_of_the_vectors(vectors: dict[str, Any], number: int) -> None:
    item = vectors["to_storage_node"][number]
    onion = of_vector(item)
    assert onion.body.hex() == item["post_body"]
    assert onion.guard.key == item["path"][0]["ed25519"]


@pytest.mark.parametrize("number", [0, 1])
def test_every_node_of_the_way_opens_its_layer_and_no_other(vectors: dict[str, Any], number: int) -> None:
    item = vectors["to_storage_node"][number]
    for layer, hop in zip(item["layers"], reversed(item["path"]), strict=True):
        cipher, ephemeral = Cipher(item["enc_type"]), bytes.fromhex(layer["ephemeral_public"])
        ours = Layer.for_receiver(bytes.fromhex(hop["x25519"]), bytes.fromhex(layer["ephemeral_secret"]), cipher)
        theirs = Layer.as_receiver(bytes.fromhex(hop["x25519_secret"]), ephemeral, cipher)
        assert ours.ephemeral == ephemeral
        assert ours.open(bytes.fromhex(layer["ciphertext"])).hex() == layer["plaintext"]
        assert theirs.open(bytes.fromhex(layer["ciphertext"])).hex() == layer["plaintext"]
        for other in item["layers"]:
            if other is not layer:
                with pytest.raises(BadAnswer):
                    ours.open(bytes.fromhex(other["ciphertext"]))


@pytest.mark.parametrize("number", [0, 1])
def test_the_answer_of_the_vectors_is_read(vectors: dict[str, Any], number: int) -> None:
    item = vectors["to_storage_node"][number]
    answer = of_vector(item).node_answer(item["response_http_body"].encode())
    assert answer.status == 200
    assert answer.json() == {"t": 1771000000000, "version": [2, 10, 0]}
    wrapped = json.dumps({"result": item["response_http_body"]}).encode()
    assert of_vector(item).node_answer(wrapped) == answer


def test_an_answer_in_the_older_cipher_is_read_too(vectors: dict[str, Any]) -> None:
    item = vectors["to_storage_node"][1]
    onion = of_vector(item)
    destination = item["layers"][0]
    older = Layer.for_receiver(onion.innermost.receiver, bytes.fromhex(destination["ephemeral_secret"]), Cipher.AES_GCM)
    sealed = older.seal(item["response_plaintext"].encode(), bytes(12))
    assert onion.node_answer(base64.b64encode(sealed)).status == 200


def test_a_request_to_a_server_is_the_one_of_the_vectors(vectors: dict[str, Any]) -> None:
    item, path = vectors["to_server_v4"], vectors["to_storage_node"][0]["path"][:1]
    request = ServerRequest("POST", "/file", {}, bytes.fromhex(item["request_body"])).encode()
    server = Server("filev2.getsession.org", bytes.fromhex(item["server_x25519"]))
    pieces = [item["ephemeral_secret"], item["ciphertext"][:24], "11" * 32, "22" * 12]
    onion = to_server(request, server, [node(path[0])], scripted(*pieces))
    hop = Layer.for_receiver(bytes.fromhex(path[0]["x25519"]), bytes.fromhex("11" * 32), Cipher.AES_GCM)
    length = int.from_bytes(onion.body[:4], "little")
    assert hop.open(onion.body[4 : 4 + length]).hex() == item["third_hop_plaintext"]
    answer = onion.server_answer(bytes.fromhex(item["response_http_body"]))
    assert answer.hex() == item["response_v4"]
    assert read_server_answer(answer).status == 200


def test_for_https_the_last_node_is_not_told_the_protocol() -> None:
    assert Server("example.org", bytes(32), 443, "https").route().keys() == {"host", "target", "method"}


# -- hostile answers ---------------------------------------------------------------------------------

ONION = to_node(
    b"{}", Node("1.2.3.4", 1, b"d" * 32, b"\x09" * 32), [Node("1.2.3.5", 1, b"g" * 32, b"\x0a" * 32)], bytes
)


def sealed(plain: bytes) -> bytes:
    """What the destination would answer."""
    return base64.b64encode(ONION.innermost.seal(plain, bytes(12)))


@pytest.mark.parametrize(
    ("plain", "code"),
    [
        (b"", "not json"),
        (b"[]", "not json"),
        (b"{}", "no status"),
        (b'{"status":true,"body":""}', "no status"),
        (b'{"status":"200"}', "no status"),
        (b'{"status":1e400}', "not json"),
        (b'{"status":7}', "no status"),
        (b"[" * 100_000, "not json"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(plain: bytes, code: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        ONION.node_answer(sealed(plain))
    assert caught.value.code == code


def test_an_answer_of_too_much_is_refused_before_it_is_opened() -> None:
    for read in (ONION.node_answer, ONION.server_answer):
        with pytest.raises(BadAnswer) as caught:
            read(bytes(LARGEST_ANSWER + 1))
        assert caught.value.code == "too large"


def test_an_object_as_body_is_given_on_as_json() -> None:
    assert ONION.node_answer(sealed(b'{"status":200,"body":{"t":1}}')).json() == {"t": 1}


def test_nobody_is_sent_to_a_node_whose_key_hides_nothing() -> None:
    with pytest.raises(BadAnswer, match="hides nothing"):
        Layer.for_receiver(bytes(32), b"e" * 32, Cipher.AES_GCM)


@given(st.binary(max_size=200))
def test_garbage_is_an_error_of_ours(data: bytes) -> None:
    for read in (ONION.node_answer, ONION.server_answer):
        with pytest.raises(BadAnswer):
            read(data)


ANSWER = b'{"status":200,"body":"{\\"t\\":1771000000000,\\"results\\":[]}"}'
DAMAGE = (st.binary(max_size=6), st.integers(0, len(ANSWER)), st.integers(0, 6))


def answer_or_error(plain: bytes) -> None:
    try:
        answer = ONION.node_answer(sealed(plain))
    except BadAnswer:
        return
    assert 100 <= answer.status <= 599


@given(st.binary(max_size=200))
def test_garbage_from_the_right_node_is_an_error_of_ours_or_an_answer(plain: bytes) -> None:
    answer_or_error(plain)


@given(*DAMAGE)
def test_a_damaged_answer_from_the_right_node_is_an_error_of_ours_or_an_answer(new: bytes, at: int, gone: int) -> None:
    answer_or_error(ANSWER[:at] + new + ANSWER[at + gone :])


@pytest.mark.long
@settings(max_examples=20_000, derandomize=False)
@given(*DAMAGE)
def test_many_damaged_answers_are_errors_of_ours_or_answers(new: bytes, at: int, gone: int) -> None:
    answer_or_error(ANSWER[:at] + new + ANSWER[at + gone :])


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    data = bytearray(base64.b64decode(sealed(b'{"status":200,"body":"{}"}')))
    data[place % len(data)] ^= change
    with pytest.raises(BadAnswer):
        ONION.node_answer(base64.b64encode(data))


def test_the_keys_of_a_layer_are_shown_and_written_nowhere() -> None:
    layer = ONION.innermost
    assert repr(layer) == "<layer>"
    assert repr(ONION) == f"Onion(guard={ONION.guard!r})"
    with pytest.raises(TypeError):
        pickle.dumps(layer)
    with pytest.raises(TypeError):
        copy.deepcopy(ONION)
