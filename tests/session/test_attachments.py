"""Files sealed in both ways, as three other programs seal and open them; and damaged ones."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings as sodium

from migrate.session.attachments import (
    AVATARS,
    FILES,
    LARGEST_BLOB,
    open_file,
    open_legacy,
    open_stream,
    padded_size,
    parse_url,
    seal_legacy,
    seal_stream,
)
from migrate.session.content import Pointer
from migrate.session.errors import BadFile
from migrate.session.keys import AccountKeys

URL = "http://filev2.getsession.org/file/XhYk-Fg1m1cbpcHGMmdDVyngP8hP__YJgUZ1CTBR7Dwo"
ACCOUNT = AccountKeys(bytes([7]) * 32)
KEY, IV = bytes(range(64)), bytes(range(16))
BLOB, DIGEST = seal_legacy(b"a cat", KEY, IV)
STREAM, STREAM_KEY = seal_stream(b"a cat", ACCOUNT)


@pytest.fixture(scope="session")
def vectors(samples: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((samples / "session-network" / "vectors.json").read_text("utf-8"))
    return found


def data(item: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(item[name]) if name in item else base64.b64decode(item[f"{name}_base64"])


@pytest.mark.parametrize("size", [0, 1, 540, 541, 542, 1000, 4096])
def test_a_file_of_today_opens_and_is_sealed_the_same(vectors: dict[str, Any], size: int) -> None:
    items = vectors["attachments_legacy"]["items"]
    assert len(items) == 7
    item = next(item for item in items if item["plaintext_size"] == size)
    plain, blob = data(item, "plaintext"), data(item, "ciphertext")
    key, digest = bytes.fromhex(item["key"]), bytes.fromhex(item["ciphertext_sha256_is_digest"])
    assert seal_legacy(plain, key, bytes.fromhex(item["iv"])) == (blob, digest)
    assert open_legacy(blob, key, digest, size) == plain
    assert open_file(Pointer(url=URL, key=key, digest=digest, size=size), blob) == plain


def test_padded_sizes_are_those_of_the_app(vectors: dict[str, Any]) -> None:
    table = vectors["attachments_legacy"]["padded_size_table"]
    assert len(table) >= 15
    assert [padded_size(size) for size, _ in table] == [padded for _, padded in table]


@pytest.mark.parametrize("number", range(7))
def test_a_file_of_tomorrow_opens_and_is_sealed_the_same(vectors: dict[str, Any], number: int) -> None:
    items = vectors["attachments_deterministic"]["items"]
    assert len(items) == 7
    item = items[number]
    plain = bytes(7 * place % 256 for place in range(item["plaintext_size"]))
    purpose = {"attachment": FILES, "profilePic": AVATARS}[item["domain"]]
    blob, key = seal_stream(plain, AccountKeys(bytes.fromhex(item["uploader_seed32"])), purpose)
    assert key.hex() == item["key"]
    assert blob[1:25].hex() == item["header"]
    assert len(blob) == item["ciphertext_size"]
    assert hashlib.sha256(blob).hexdigest() == item["ciphertext_sha256"]
    if item["ciphertext_base64"]:
        assert base64.b64decode(item["ciphertext_base64"]) == blob
    assert open_stream(blob, key) == plain
    assert open_file(Pointer(url=URL + "#d", key=key), blob) == plain


@pytest.mark.parametrize(
    ("size", "sealed"), [(0, 4096), (4053, 4096), (4054, 8192), (33333, 36864), (261982, 262144), (261983, 270336)]
)
def test_the_size_of_a_file_hides_in_blocks(size: int, sealed: int) -> None:
    assert len(seal_stream(bytes(size), ACCOUNT)[0]) == sealed


@pytest.mark.parametrize("size", [*range(32700, 32790), 65535, 65536, *range(98250, 98300), 524_287, 1_000_000])
def test_no_size_falls_between_the_chunks(size: int) -> None:
    blob, key = seal_stream(bytes(size), ACCOUNT)
    assert len(blob) % 4096 == 0
    assert open_stream(blob, key) == bytes(size)


def test_the_same_file_of_another_account_looks_different() -> None:
    other, key = seal_stream(b"a cat", AccountKeys(bytes([8]) * 32))
    assert other != STREAM
    assert seal_stream(b"a cat", ACCOUNT, AVATARS)[1] not in (key, STREAM_KEY)
    assert seal_stream(b"a cat", ACCOUNT) == (STREAM, STREAM_KEY)


def refused(blob: bytes, **changes: Any) -> str:
    given_here = {"key": KEY, "digest": hashlib.sha256(blob).digest(), "size": 5, **changes}
    with pytest.raises(BadFile) as why:
        open_legacy(blob, **given_here)
    return why.value.code


def test_a_file_that_was_changed_on_the_way_is_refused() -> None:
    assert refused(BLOB[:-1] + bytes([BLOB[-1] ^ 1])) == "damaged"
    assert refused(BLOB[:20] + b"!" + BLOB[21:]) == "damaged"
    assert refused(BLOB[:60]) == "cut_off"
    assert refused(b"") == "cut_off"
    assert refused(bytes(LARGEST_BLOB + 1)) == "too_large"
    assert refused(BLOB, digest=None) == "digest"
    assert refused(BLOB, digest=b"") == "digest"
    assert refused(BLOB, digest=bytes(32)) == "digest"
    assert refused(BLOB, key=b"") == "key"
    assert refused(BLOB, key=KEY[:32]) == "key"
    assert refused(BLOB, size=542) == "cut_off"


def test_a_sealed_file_that_is_not_whole_blocks_is_refused_after_its_signature() -> None:
    import hmac

    sealed = BLOB[:-33]
    assert refused(sealed + hmac.digest(KEY[32:], sealed, "sha256")) == "damaged"


def test_a_message_without_a_size_leaves_the_padding() -> None:
    assert open_legacy(BLOB, KEY, DIGEST, None) == b"a cat".ljust(541, b"\0")
    assert open_legacy(BLOB, KEY, DIGEST, 0) == b""


def stream_refused(blob: bytes, key: bytes = STREAM_KEY) -> str:
    with pytest.raises(BadFile) as why:
        open_stream(blob, key)
    return why.value.code


def stream_of(*chunks: tuple[bytes, int]) -> bytes:
    """A stream as libsodium writes it, with chunks and tags of our choice."""
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, bytes(24), STREAM_KEY)
    push = sodium.crypto_secretstream_xchacha20poly1305_push
    return b"S" + bytes(24) + b"".join(push(state, chunk, None, tag) for chunk, tag in chunks)


def test_a_stream_that_ends_too_early_or_too_late_is_refused() -> None:
    final = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    whole = b"\0" * 32767 + b"\x01"
    assert open_stream(stream_of((whole, 0), (b"cat", final)), STREAM_KEY) == b"cat"
    assert stream_refused(stream_of((whole, 0))) == "cut_off"
    assert stream_refused(stream_of((whole, final), (b"cat", final))) == "damaged"
    assert stream_refused(stream_of((whole[:-1], 0), (b"cat", final))) == "damaged"
    assert stream_refused(stream_of((bytes(100), final))) == "damaged"
    assert stream_refused(stream_of((b"\0\x02cat", final))) == "damaged"
    assert stream_refused(stream_of((b"", final))) == "cut_off"
    assert open_stream(stream_of((b"\x01", final)), STREAM_KEY) == b""


def test_a_stream_of_another_key_or_kind_is_refused() -> None:
    assert stream_refused(STREAM, bytes(32)) == "damaged"
    assert stream_refused(STREAM, b"") == "key"
    assert stream_refused(STREAM, KEY) == "key"
    assert stream_refused(b"T" + STREAM[1:]) == "cut_off"
    assert stream_refused(b"") == "cut_off"
    assert stream_refused(bytes(LARGEST_BLOB + 1)) == "too_large"


@given(st.integers(0, len(STREAM) - 1), st.binary(max_size=3), st.integers(0, 40))
def test_a_damaged_stream_is_refused(place: int, put: bytes, cut: int) -> None:
    changed = STREAM[:place] + put + STREAM[place + cut :]
    if changed != STREAM:
        assert stream_refused(changed) in ("damaged", "cut_off")


@given(st.integers(0, len(BLOB) - 1), st.binary(max_size=3), st.integers(0, 40))
def test_a_damaged_file_is_refused(place: int, put: bytes, cut: int) -> None:
    changed = BLOB[:place] + put + BLOB[place + cut :]
    if changed != BLOB:
        assert refused(changed) in ("damaged", "cut_off")


@given(st.binary(max_size=2000))
def test_any_file_comes_back(plain: bytes) -> None:
    blob, digest = seal_legacy(plain, KEY, IV)
    assert open_legacy(blob, KEY, digest, len(plain)) == plain
    blob, key = seal_stream(plain, ACCOUNT)
    assert open_stream(blob, key) == plain


@pytest.mark.parametrize("fragment", ["#d", "#d=", "#d=1", "#p=" + "ab" * 32 + "&d=&e=" + "cd" * 32])
def test_the_address_says_that_a_file_is_sealed_in_the_newer_way(fragment: str) -> None:
    assert parse_url(URL + fragment).deterministic
    assert not parse_url(URL).deterministic
    assert not parse_url(URL + "#e=" + "cd" * 32).deterministic


def test_only_the_server_that_everybody_uses_is_asked_unasked() -> None:
    assert parse_url(URL).usual
    assert parse_url(URL).id == "XhYk-Fg1m1cbpcHGMmdDVyngP8hP__YJgUZ1CTBR7Dwo"
    assert not parse_url(URL.replace("filev2.getsession.org", "files.example")).usual
    assert not parse_url(URL.replace("filev2.getsession.org", "filev2.getsession.org@files.example")).usual
    named = parse_url(URL + "#p=" + "AB" * 32)
    assert not named.usual
    assert named.server_key == b"\xab" * 32


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "cat.jpg",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http:///file/1",
        "http://[::1/file/1",
        "http://filev2.getsession.org:port/file/1",
        "http://filev2.getsession.org/file/",
        "http://filev2.getsession.org/file/..",
        "http://filev2.getsession.org/file/a%2fb",
        "http://filev2.getsession.org/file/" + "a" * 65,
        URL + "#p=short",
        URL + "#d&p=" + "zz" * 32,
        URL + "#" + "d&" * 100,
    ],
)
def test_an_address_that_leads_to_no_file_is_refused(url: str | None) -> None:
    with pytest.raises(BadFile):
        open_file(Pointer(url=url, key=KEY, digest=DIGEST, size=5), BLOB)


@given(st.text(max_size=60))
def test_any_address_is_one_or_refused(url: str) -> None:
    try:
        found = parse_url("http://filev2.getsession.org/file/" + url)
    except BadFile:
        return
    assert found.id
    assert "/" not in found.id
