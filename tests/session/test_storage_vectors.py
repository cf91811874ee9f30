"""Requests to storage nodes, as two independent clients and a node's own checks have them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from nacl import bindings as sodium

from migrate.session.keys import AccountKeys, BadKey, Seed
from migrate.session.signers import AccountSigner, AdminSigner, MemberSigner
from migrate.session.storage import (
    Change,
    Read,
    Together,
    Write,
    body_of,
    delete,
    delete_all,
    expire,
    get_expiries,
    hash_of,
    page_sizes,
    retrieve,
    store,
)

NOW = 1771000000000
HASHES = ["GNFw8AMGoQCfEg5R86vWayWUlGoE/geV+U13rfyR2JA", "jUgE2gvFl6vixNVRjYSC927lVcKSXTG3iUk40e6FJv8"]
SIGNER = AccountSigner(AccountKeys.from_seed(Seed(bytes.fromhex("0123456789abcdef0123456789abcdef"))))
DAY = 86_400_000


@pytest.fixture(scope="session")
def vectors(samples: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((samples / "session-network" / "vectors.json").read_text("utf-8"))
    return found


def made(item: dict[str, Any]) -> Read | Write:
    """The same request, made by us from what it is about."""
    params = item["request"]["params"]
    data = base64.b64decode(params.get("data", ""))
    sizes = page_sizes([0, 2, 3, 4, 5])
    match item["name"].split(",")[0]:
        case "store":
            signer = SIGNER if params["namespace"] else None
            return store(SIGNER.pubkey, params["namespace"], data, params["ttl"], NOW, signer)
        case "retrieve":
            return retrieve(SIGNER, params["namespace"], NOW, params["last_hash"], sizes[params["namespace"]])
        case "delete":
            return delete(SIGNER, HASHES)
        case "delete_all":
            return delete_all(SIGNER, NOW)
        case "expire":
            return expire(SIGNER, HASHES, NOW + 3_600_000)
        case "expire shorten":
            return expire(SIGNER, HASHES, NOW + 3_600_000, Change.SHORTEN)
        case "expire extend":
            return expire(SIGNER, HASHES, NOW + 3_600_000, Change.EXTEND)
        case "get_expiries":
            return get_expiries(SIGNER, HASHES, NOW)
    raise AssertionError(f"an item that this test does not know: {item['name']}")


def lowered(params: dict[str, Any]) -> dict[str, Any]:
    """The app writes this key in capitals here and there; nodes take both."""
    return {name: value.lower() if name == "pubkey_ed25519" else value for name, value in params.items()}


@pytest.mark.parametrize("number", range(13))
def test_every_request_of_the_vectors_is_made_as_it_is_there(vectors: dict[str, Any], number: int) -> None:
    item = vectors["storage_rpc"]["items"][number]
    request = made(item)
    sent = json.loads(body_of(request))
    assert sent["method"] == item["request"]["method"]
    assert sent["params"] == lowered(item["request"]["params"])
    assert sent["params"].get("signature") == item["signature"]


def test_there_are_no_more_requests_in_the_vectors(vectors: dict[str, Any]) -> None:
    assert len(vectors["storage_rpc"]["items"]) == 13


def test_requests_go_together_as_the_app_sends_them(vectors: dict[str, Any]) -> None:
    batch = vectors["storage_rpc"]["batch"]
    asked = [made({"name": "retrieve", "request": one}) for one in batch["params"]["requests"]]
    assert json.loads(body_of(Together(tuple(asked)))) == batch


def test_an_account_of_the_vectors_signs_what_the_vectors_say(vectors: dict[str, Any]) -> None:
    for item in vectors["storage_rpc"]["items"]:
        if item["string_to_sign"] is not None:
            assert SIGNER.signed(item["string_to_sign"].encode())["signature"] == item["signature"]


def test_a_message_has_the_hash_that_nodes_give_it(vectors: dict[str, Any]) -> None:
    for item in vectors["messages"]["items"]:
        data = base64.b64decode(item["data"])
        assert hash_of(item["recipient"], 0, data) == item["hash_in_namespace_0"]
    for item in vectors["groups"]["messages"]:
        assert (
            hash_of(vectors["groups"]["group_id"], 11, base64.b64decode(item["data"])) == item["hash_in_namespace_11"]
        )


# -- members of groups -------------------------------------------------------------------------------


def member(vectors: dict[str, Any]) -> MemberSigner:
    item = vectors["groups"]["member"]
    keys = AccountKeys.from_seed(Seed(bytes.fromhex(item["seed16"])))
    return MemberSigner(vectors["groups"]["group_id"], bytes.fromhex(item["auth_data_100"]), keys)


def test_a_member_asks_and_stores_as_the_vectors_do(vectors: dict[str, Any]) -> None:
    item, signer = vectors["groups"]["member"], member(vectors)
    assert signer.token.hex() == item["subaccount_token"]
    assert signer.is_vouched()
    asked = retrieve(signer, 11, NOW, max_size=-2)
    assert {"method": asked.method, "params": dict(asked.params)} == item["retrieve"]
    left = store(signer.pubkey, 11, base64.b64decode(item["store"]["params"]["data"]), 14 * DAY, NOW, signer)
    assert {"method": left.method, "params": dict(left.params)} == item["store"]


@pytest.mark.parametrize("number", range(4))
def test_a_member_of_either_sign_is_let_in(samples: Path, number: int) -> None:
    vector = json.loads((samples / "session-config" / "group-11-subaccount.json").read_text("utf-8"))
    case = vector["cases"][number]
    keys = AccountKeys(bytes.fromhex(case["user_ed25519_seed32"]))
    signer = MemberSigner(vector["group"], bytes.fromhex(case["auth_data"]), keys)
    fields, expected = signer.signed(case["message_utf8"].encode()), case["expected"]
    assert keys.session_id == case["user_session_id"]
    assert signer.token.hex() == expected["token_hex"]
    assert fields["subaccount"] == expected["subaccount_b64"]
    assert fields["subaccount_sig"] == expected["subaccount_sig_b64"]
    assert fields["signature"] == expected["signature_b64"]
    assert signer.is_vouched() is expected["admin_signature_valid"]
    assert "pubkey_ed25519" not in fields


def test_a_members_signature_is_an_ordinary_one_under_the_token(vectors: dict[str, Any]) -> None:
    signer = member(vectors)
    signature = base64.b64decode(signer.signed(b"anything")["signature"])
    assert sodium.crypto_sign_open(signature + b"anything", signer.token[4:]) == b"anything"


def test_a_token_that_no_admin_signed_is_seen(vectors: dict[str, Any]) -> None:
    item = vectors["groups"]["member"]
    auth = bytearray.fromhex(item["auth_data_100"])
    auth[-1] ^= 1
    keys = AccountKeys.from_seed(Seed(bytes.fromhex(item["seed16"])))
    assert not MemberSigner(vectors["groups"]["group_id"], bytes(auth), keys).is_vouched()


@pytest.mark.parametrize("auth", [b"", bytes(100), b"\x03" + bytes(98), b"\x05" + bytes(99), b"\x03" + bytes(99)])
def test_what_lets_nobody_into_a_group_is_refused(auth: bytes) -> None:
    with pytest.raises(BadKey):
        MemberSigner("03" + "ab" * 32, auth, AccountKeys(bytes(32)))


@pytest.mark.parametrize("group", ["", "05" + "ab" * 32, "03" + "ab" * 31, "03" + "a " * 32, "03" + "AB" * 32])
def test_what_is_no_group_has_no_members(group: str) -> None:
    with pytest.raises(BadKey, match="A group begins with 03"):
        MemberSigner(group, b"\x03" + bytes(99), AccountKeys(bytes(32)))


def test_an_admin_signs_with_the_key_of_the_group(vectors: dict[str, Any]) -> None:
    groups = vectors["groups"]
    signer = AdminSigner(AccountKeys(bytes.fromhex(groups["group_seed"])))
    fields = signer.signed(b"retrieve111771000000000")
    assert signer.pubkey == fields["pubkey"] == groups["group_id"]
    assert set(fields) == {"pubkey", "signature"}
    sodium.crypto_sign_open(
        base64.b64decode(fields["signature"]) + b"retrieve111771000000000", bytes.fromhex(signer.pubkey[2:])
    )


# -- what cannot be said -----------------------------------------------------------------------------


def test_namespace_zero_is_left_out_and_a_negative_one_is_not() -> None:
    said: list[bytes] = []

    class Listening:
        pubkey = "05"

        def signed(self, text: bytes) -> dict[str, str]:
            said.append(text)
            return {}

    for namespace in (0, -11, 11):
        retrieve(Listening(), namespace, NOW)
    assert said == [b"retrieve1771000000000", b"retrieve-111771000000000", b"retrieve111771000000000"]


@pytest.mark.parametrize("method", ["store", "delete", "delete_all", "expire", "batch", "sequence", "delete_before"])
def test_a_request_that_looks_cannot_change_anything(method: Any) -> None:
    with pytest.raises(ValueError, match="only looks"):
        Read(method, {})


@pytest.mark.parametrize("method", ["retrieve", "batch", "revoke_subaccount"])
def test_a_request_that_changes_something_says_so(method: Any) -> None:
    with pytest.raises(ValueError, match="changes something"):
        Write(method, {})


def test_what_a_node_would_refuse_is_not_even_made() -> None:
    with pytest.raises(ValueError, match="76800"):
        store(SIGNER.pubkey, 0, bytes(76_801), DAY, NOW)
    with pytest.raises(ValueError, match="only its owner"):
        store("05" + "ab" * 32, 3, b"", DAY, NOW, SIGNER)
    with pytest.raises(ValueError, match="1 to 20"):
        Together((retrieve(SIGNER, 0, NOW),) * 21)


def test_pages_of_several_namespaces_fit_into_one_answer() -> None:
    assert page_sizes([0, 2, 3, 5, 4]) == {0: -2, 2: -8, 3: -8, 5: -8, 4: -8}
    assert page_sizes([3]) == {3: -2}
    for namespaces in ([0], [2, 3], [-11, 11, 13, 14, 12], [0, 5]):
        assert sum(1 / -share for share in page_sizes(namespaces).values()) <= 1


def test_a_request_is_shown_without_what_is_in_it() -> None:
    shown = repr(Together((retrieve(SIGNER, 0, NOW), store(SIGNER.pubkey, 0, b"hidden", DAY, NOW))))
    assert SIGNER.pubkey not in shown
    assert "signature" not in shown
    assert msgspec.json.encode({"shown": shown})
