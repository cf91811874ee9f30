"""Ids, signatures and messages against what a real community server and a second implementation made."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from migrate.session.community import requests
from migrate.session.community.blinding import Blinded, Plain, candidates, ed25519_of, has_signed, is_on_server
from migrate.session.keys import AccountKeys
from migrate.session.v4 import ServerRequest

SECONDS, NONCE = 1_722_470_400, b64decode("IYUVSYbLlTgmnigr/H3Tdg==")


@pytest.fixture(scope="session")
def vectors(samples: Path) -> Any:
    return json.loads((samples / "sogs" / "auth_vectors.json").read_bytes())


@pytest.fixture
def keys(vectors: Any) -> AccountKeys:
    return AccountKeys(bytes.fromhex(vectors["ed25519_seed"]))


@pytest.fixture
def server_key(vectors: Any) -> bytes:
    return bytes.fromhex(vectors["server_pubkey"])


def test_an_account_is_called_on_a_server_as_the_server_calls_it(
    vectors: Any, keys: AccountKeys, server_key: bytes
) -> None:
    assert Blinded(keys, server_key).id == vectors["blind15"]["id"]
    expected = {*vectors["blind15"]["candidates_from_session_id"], vectors["blind25"]["id"]}
    assert candidates(keys.session_id, server_key) == expected


def test_every_account_of_the_sample_is_recognised_by_its_session_id_alone(samples: Path, server_key: bytes) -> None:
    people = json.loads((samples / "sogs" / "expected.json").read_bytes())["test_identities"]
    assert len(people) > 50
    for said in people.values():
        keys, session_id = AccountKeys(bytes.fromhex(said["seed"])), said["session_id"]
        assert (keys.session_id, Blinded(keys, server_key).id) == (session_id, said["blinded"])
        assert is_on_server(said["blinded"], session_id, server_key)
        assert is_on_server(session_id, session_id, server_key)
        assert not is_on_server(said["blinded"], session_id, bytes(32))
    assert not is_on_server("15" + "0" * 64, "05" + "zz" * 32, server_key)


@pytest.mark.parametrize("name", ["get_with_query", "batch_post", "reaction_put", "unblinded_get"])
def test_requests_are_signed_byte_for_byte_as_the_server_saw_them(
    name: str, vectors: Any, keys: AccountKeys, server_key: bytes
) -> None:
    item = next(one for one in vectors["requests"] if one["name"] == name)
    member = Plain(keys) if item["mode"] == "unblinded" else Blinded(keys, server_key)
    request = ServerRequest(item["method"], item["url_path_on_the_wire"], {}, item["body"].encode() or None)
    signed = requests.signed(request, member, server_key, nonce=NONCE, seconds=SECONDS)
    assert signed.headers == item["headers"]


def test_the_requests_that_we_make_are_those_of_the_vectors(vectors: Any) -> None:
    paths = {item["name"]: item for item in vectors["requests"]}
    react = requests.react("lobby", 59, "👍")
    assert (react.endpoint, react.body) == (paths["reaction_put"]["url_path_on_the_wire"], b"{}")
    assert requests.since("lobby", 7).endpoint.startswith("/room/lobby/messages/since/7?t=r&")


def test_messages_are_signed_byte_for_byte_and_each_kind_of_id_is_checked(
    vectors: Any, keys: AccountKeys, server_key: bytes
) -> None:
    said = vectors["message_signature"]
    data = b64decode(said["padded_data_b64"])
    assert Blinded(keys, server_key).sign_message(data) == b64decode(said["blinded15"]["signature_b64"])
    for kind in ("blinded15", "blinded25", "unblinded_xed25519"):
        id, signature = said[kind]["verify_with"], b64decode(said[kind]["signature_b64"])
        assert has_signed(id, data, signature)
        assert not has_signed(id, data + b"\0", signature)
        assert not has_signed(id, data, signature[:-1] + bytes([signature[-1] ^ 1]))
    derived = said["unblinded_xed25519"]["ed25519_pubkey_derived_from_session_id"]
    assert ed25519_of(keys.x25519_public).hex() == derived


@pytest.mark.parametrize("seed", range(12))
def test_what_we_sign_without_blinding_is_good_under_the_session_id(seed: int) -> None:
    """Whatever the sign of the key: half of all keys have the other one."""
    keys = AccountKeys(bytes([seed + 1]) * 32)
    assert has_signed(keys.session_id, b"hello", Plain(keys).sign_message(b"hello"))


@pytest.mark.parametrize(
    "id", ["", "05", "15" + "0" * 63, "15" + "G" * 64, "ff" + "0" * 64, "deleted", "15" + "f" * 64]
)
def test_an_id_that_is_none_has_signed_nothing(id: str) -> None:
    assert not has_signed(id, b"x", bytes(64))
    assert not has_signed(id, b"x", b"")
