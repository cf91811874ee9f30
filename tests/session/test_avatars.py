"""Pictures of people, sealed as the app does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.session.avatars import open_avatar, seal_avatar, seal_avatar_stream
from migrate.session.errors import BadFile
from migrate.session.keys import AccountKeys

URL = "http://filev2.getsession.org/file/1"
KEY, IV = bytes(range(32)), bytes(12)
BLOB = seal_avatar(b"a face", KEY, IV)


@pytest.mark.parametrize("number", range(2))
def test_an_avatar_of_the_app_opens_and_is_sealed_the_same(samples: Path, number: int) -> None:
    items: list[dict[str, Any]] = json.loads((samples / "session-network" / "vectors.json").read_text("utf-8"))[
        "avatars"
    ]["items"]
    assert len(items) == 2
    item = {name: bytes.fromhex(value) for name, value in items[number].items()}
    assert seal_avatar(item["plaintext"], item["profile_key"], item["iv"]) == item["ciphertext"]
    assert open_avatar(URL, item["profile_key"], item["ciphertext"]) == item["plaintext"]


def test_an_avatar_sealed_in_the_newer_way_opens() -> None:
    blob, key = seal_avatar_stream(b"a face", AccountKeys(bytes([7]) * 32))
    assert open_avatar(URL + "#d", key, blob) == b"a face"
    with pytest.raises(BadFile):
        open_avatar(URL, key, blob)


@pytest.mark.parametrize(
    ("key", "blob", "code"),
    [
        (bytes(32), BLOB, "damaged"),
        (b"", BLOB, "key"),
        (KEY[:16], BLOB, "key"),
        (KEY, b"", "cut_off"),
        (KEY, BLOB[:28], "cut_off"),
        (KEY, BLOB[:-1], "damaged"),
    ],
)
def test_an_avatar_of_another_time_is_refused(key: bytes, blob: bytes, code: str) -> None:
    with pytest.raises(BadFile) as refused:
        open_avatar(URL, key, blob)
    assert refused.value.code == code


@given(st.integers(0, len(BLOB) - 1), st.binary(max_size=3), st.integers(0, 10))
def test_a_damaged_avatar_is_refused(place: int, put: bytes, cut: int) -> None:
    changed = BLOB[:place] + put + BLOB[place + cut :]
    if changed != BLOB:
        with pytest.raises(BadFile):
            open_avatar(URL, KEY, changed)
