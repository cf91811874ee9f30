"""A profile gives the keys of its account, from wherever in it they can still be read, and only those."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.demo import AccountKeys as MadeUp
from migrate.demo import ProfileBuilder
from migrate.errors import PasswordNeeded, WrongKey
from migrate.model import Json
from migrate.session.keys import AccountKeys, Seed, session_id_of
from migrate.session.mnemonic import encode
from migrate.sources.desktop import recognise
from migrate.sources.desktop.keys import NoSigningKey, signing_keys

from .conftest import SAMPLES
from .reading import database_of


def keys_of(folder: Path, work: Path, password: str | None = None) -> AccountKeys:
    profile = recognise(folder)
    assert profile is not None
    return signing_keys(profile, password, work)


def digest(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A profile whose items know the key pair and the words of one account."""
    seed = Seed(bytes(range(16)))
    with ProfileBuilder(tmp_path / "profile", keys=MadeUp.from_seed(bytes(seed)), mnemonic=encode(seed)) as builder:
        builder.person("Mara")
    return tmp_path / "profile"


def pair(seed: Seed) -> list[int]:
    return [*bytes(seed), *bytes(16), *AccountKeys.from_seed(seed).ed25519_public]


def change(folder: Path, name: str, edit: Callable[[Json], Json]) -> None:
    """Give one item another value."""
    with database_of(folder) as con:
        row = con.execute("SELECT json FROM items WHERE id = ?", (name,)).fetchone()
        value = edit(json.loads(row[0])["value"] if row else None)
        text = json.dumps({"id": name, "value": value})
        con.execute("INSERT OR REPLACE INTO items (id, json) VALUES (?, ?)", (name, text))


OURS = AccountKeys.from_seed(Seed(bytes(range(16))))
OTHER = Seed(bytes(16))


def test_every_sample_gives_the_keys_of_its_account_and_stays_as_it_is(sample: Path, tmp_path: Path) -> None:
    before = digest(sample)
    keys = keys_of(sample, tmp_path / "work", SAMPLES[sample.name])
    account = json.loads((sample / "expected.json").read_text("utf-8"))["account"]
    assert keys.session_id in account.values()
    assert keys.ed25519_public.hex() in account.values()
    assert session_id_of(keys.ed25519_public) == keys.session_id
    assert digest(sample) == before
    assert list((tmp_path / "work").iterdir()) == []


def test_a_profile_made_by_the_demo_gives_its_keys(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p", password="secret words") as builder:
        expected = builder.keys.id
    assert keys_of(tmp_path / "p", tmp_path / "w", "secret words").session_id == expected


def test_a_locked_profile_asks_for_its_password(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p", password="secret words"):
        pass
    with pytest.raises(PasswordNeeded):
        keys_of(tmp_path / "p", tmp_path / "w")
    with pytest.raises(WrongKey):
        keys_of(tmp_path / "p", tmp_path / "w", "other words")
    assert list((tmp_path / "w").iterdir()) == []


@pytest.mark.parametrize(
    "value",
    [
        {"ed25519KeyPair": {"privateKey": pair(Seed(bytes(range(16))))}},
        {"ed25519KeyPair": {"privateKey": {str(n): b for n, b in enumerate(pair(Seed(bytes(range(16)))))}}},
    ],
)
def test_the_key_may_be_a_list_or_an_object_with_numbers(profile: Path, tmp_path: Path, value: Json) -> None:
    change(profile, "identityKey", lambda _: value)
    change(profile, "mnemonic", lambda _: None)
    assert keys_of(profile, tmp_path / "w") == OURS


DAMAGED: list[Json] = [
    None,
    {},
    [],
    "text",
    {"ed25519KeyPair": None},
    {"ed25519KeyPair": {"privateKey": None}},
    {"ed25519KeyPair": {"privateKey": "00" * 64}},
    {"ed25519KeyPair": {"privateKey": [1, 2, 3]}},
    {"ed25519KeyPair": {"privateKey": [256] * 64}},
    {"ed25519KeyPair": {"privateKey": [1.5] * 64}},
    {"ed25519KeyPair": {"privateKey": [7] * 64}},
    {"ed25519KeyPair": {"privateKey": {str(n): 7 for n in range(1, 65)}}},
    {"ed25519KeyPair": {"privateKey": pair(OTHER)}},
]


@pytest.mark.parametrize("value", DAMAGED)
def test_where_the_key_is_missing_damaged_or_anothers_the_words_give_it(
    profile: Path, tmp_path: Path, value: Json
) -> None:
    change(profile, "identityKey", lambda _: value)
    assert keys_of(profile, tmp_path / "w") == OURS


@pytest.mark.parametrize("words", [None, 7, "", "no words of any list", " ".join(["abbey"] * 12)])
def test_a_profile_without_any_key_says_so_and_names_the_way_out(profile: Path, tmp_path: Path, words: Json) -> None:
    change(profile, "identityKey", lambda _: {})
    change(profile, "mnemonic", lambda _: words)
    with pytest.raises(NoSigningKey, match="no key in this profile") as caught:
        keys_of(profile, tmp_path / "w")
    assert "13 words" in caught.value.hint
    assert not isinstance(caught.value, WrongKey)  # it is not the password that is wrong


def test_an_account_that_its_keys_do_not_fit_cannot_sign(profile: Path, tmp_path: Path) -> None:
    change(profile, "identityKey", lambda _: {"pubKey": "BQ==", "privKey": "AA=="})
    change(profile, "mnemonic", lambda _: encode(OTHER))
    with pytest.raises(NoSigningKey, match="do not belong to its Session ID"):
        keys_of(profile, tmp_path / "w")


def test_a_profile_that_lost_its_id_still_gives_its_keys(profile: Path, tmp_path: Path) -> None:
    change(profile, "number_id", lambda _: "nobody")
    change(profile, "primaryDevicePubKey", lambda _: None)
    assert keys_of(profile, tmp_path / "w") == OURS


def test_a_profile_without_settings_is_told_plainly(profile: Path, tmp_path: Path) -> None:
    with database_of(profile) as con:
        con.execute("DROP TABLE items")
    with pytest.raises(NoSigningKey):
        keys_of(profile, tmp_path / "w")
