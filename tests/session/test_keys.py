"""From seeds to Session IDs and signatures, and that a key never leaves the place where it is used."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings as sodium

from migrate.session.keys import AccountKeys, BadKey, Seed, session_id_of
from migrate.session.mnemonic import decode

P = 2**255 - 19
SMALL_ORDER = [
    bytes(32),
    bytes([1, *[0] * 31]),
    (P - 1).to_bytes(32, "little"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
]
KEYS = AccountKeys.from_seed(Seed(bytes(range(16))))


@pytest.mark.parametrize("number", range(8))
def test_every_sample_account_has_its_keys(accounts: dict[str, Any], number: int) -> None:
    item = accounts["items"][number]
    keys = AccountKeys.from_seed(decode(item["recovery_password"]))
    assert keys == AccountKeys(bytes.fromhex(item["ed25519_seed32"]))
    assert keys.ed25519_public.hex() == item["ed25519_public"]
    assert keys.x25519_public.hex() == item["x25519_public"]
    assert keys.session_id == session_id_of(keys.ed25519_public) == item["account_id"]


@pytest.mark.parametrize("sample", ["plain", "password", "old-schema"])
def test_the_words_of_every_sample_profile_give_its_account(samples: Path, sample: str) -> None:
    account = json.loads((samples / "session-desktop" / sample / "expected.json").read_text("utf-8"))["account"]
    words = next(value for name, value in account.items() if isinstance(value, str) and value.count(" ") == 12)
    keys = AccountKeys.from_seed(decode(words))
    assert keys.session_id in account.values()
    assert keys.ed25519_public.hex() in account.values()


@given(st.binary(), st.binary(min_size=32, max_size=32))
def test_a_signature_is_good_for_what_was_signed(data: bytes, seed: bytes) -> None:
    keys = AccountKeys(seed)
    signature = keys.sign(data)
    assert len(signature) == 64
    assert sodium.crypto_sign_open(signature + data, keys.ed25519_public) == data


@pytest.mark.parametrize("key", SMALL_ORDER)
def test_a_key_that_anybody_can_sign_for_has_no_session_id(key: bytes) -> None:
    with pytest.raises(BadKey):
        session_id_of(key)


@pytest.mark.parametrize("y", [0, 1, 2, 3, 5, 18])
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_a_key_in_an_unusual_spelling_has_no_session_id(y: int, sign: int) -> None:
    """The same point with y + p in the place of y: libraries disagree about whether that is a key."""
    with pytest.raises(BadKey):
        session_id_of((y + P | sign).to_bytes(32, "little"))


def test_a_key_outside_of_the_main_group_has_no_session_id() -> None:
    mixed = sodium.crypto_core_ed25519_add(KEYS.ed25519_public, SMALL_ORDER[2])
    with pytest.raises(BadKey):
        session_id_of(mixed)


@given(st.binary(max_size=40))
def test_bytes_are_a_key_or_refused(data: bytes) -> None:
    try:
        session_id = session_id_of(data)
    except BadKey:
        return
    assert session_id.startswith("05")
    assert len(session_id) == 66


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(BadKey, match="16 bytes"):
        Seed(bytes(length))


@pytest.mark.parametrize("length", [0, 16, 31, 64])
def test_an_ed25519_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(BadKey, match="32 bytes"):
        AccountKeys(bytes(length))


# -- nothing gets out --------------------------------------------------------------------------------

SECRETS = [KEYS, Seed(bytes(range(16)))]


def test_keys_are_shown_by_the_account_and_a_seed_not_at_all() -> None:
    assert repr(KEYS) == str(KEYS) == f"<keys of {KEYS.session_id[:4]}…{KEYS.session_id[-4:]}>"
    assert f"{SECRETS[1]}" == "<seed>"


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_never_pickled_copied_or_written_as_json(secret: object) -> None:
    with pytest.raises(TypeError, match="is not written anywhere"):
        pickle.dumps(secret)
    with pytest.raises(TypeError, match="is not written anywhere"):
        copy.deepcopy(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        msgspec.json.encode(secret)
    with pytest.raises(TypeError):
        vars(secret)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_cannot_be_changed(secret: object) -> None:
    for name in ("_secret", "_bytes", "session_id", "anything"):
        with pytest.raises(AttributeError):
            setattr(secret, name, b"other")
        with pytest.raises(AttributeError):
            delattr(secret, name)


def test_two_keys_are_the_same_if_they_are_of_one_account() -> None:
    assert {AccountKeys.from_seed(Seed(bytes(range(16)))), KEYS} == {KEYS}
    assert len({Seed(bytes(16)), Seed(bytes(16)), Seed(bytes(range(16)))}) == 2
    assert KEYS not in (Seed(bytes(range(16))), bytes(16))
