"""What we write is, byte for byte, what the library writes: nobody can tell a made-up account by its configs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from migrate.session.config.message import Tree
from migrate.session.config.namespaces import Namespace
from migrate.session.config.read import read_config
from migrate.session.config.writing import wrap, write_config, write_message
from migrate.session.keys import AccountKeys
from tests.session.config import vectors
from tests.session.config.devices import KEYS, stored

SINGLE = [
    "contacts-04-tiny", "contacts-14-newer-fields", "convo-01-volatile", "profile-01-basic", "profile-02-no-name",
    "profile-03-newer-fields", "profile-05-uncompressed",
]  # fmt: skip


@pytest.mark.samples
@pytest.mark.parametrize("name", SINGLE)
def test_the_inside_of_a_message_is_that_of_the_library(samples: Path, name: str) -> None:
    vector = vectors.load(samples, name)
    keys, namespace = vectors.keys_of(vector["account"]), Namespace(vector["namespace"])
    data = read_config(namespace, vectors.stored(vector["messages"]), keys).data
    assert write_message(data).hex() == vector["messages"][0]["steps"]["plaintext_hex"]


@pytest.mark.samples
def test_without_compression_the_whole_message_is_that_of_the_library(samples: Path) -> None:
    """Compressed ones are alike too, with the same zstd: its versions may differ in a byte, and both be right."""
    vector = vectors.load(samples, "profile-05-uncompressed")
    keys = vectors.keys_of(vector["account"])
    data = read_config(Namespace.PROFILE, vectors.stored(vector["messages"]), keys).data
    assert write_config(Namespace.PROFILE, data, keys).hex() == vector["messages"][0]["data_hex"]


@pytest.mark.parametrize(
    ("namespace", "digest"),
    [
        (Namespace.PROFILE, "e5bcbe0595e82d55e80079dc9cf8c8b6952c099ee8306c413833e0eecd45ce03"),
        (Namespace.CONTACTS, "1573a2e233008a47f445a8f1b328fe37bcd49450c94b743202b68902a1a94a89"),
        (Namespace.CONVERSATIONS, "121dabefb251fa586c14f7e9c82590361c2db4efcb9817771bb4d9b0aaba9362"),
        (Namespace.GROUPS_JOINED, "b78bd9b62719db76ff7a9ec59eef3de0b4aaee4e4d55b515f70b04d674f8b8a9"),
    ],
)
def test_the_wrapping_is_the_one_that_the_library_pins(namespace: Namespace, digest: str) -> None:
    keys = AccountKeys(bytes.fromhex("0123456789abcdef0123456789abcdef").ljust(32, b"\0"))
    wrapped = wrap(b"Hello from the other side", namespace, keys, 1)
    assert hashlib.blake2b(wrapped, digest_size=32).hexdigest() == digest


@pytest.mark.parametrize("size", [0, 1, 100, 5_000, 20_000, 60_000])
def test_what_is_written_is_read_again(size: int) -> None:
    data: Tree = {b"n": hashlib.shake_256(b"noise").digest(size), b"s": frozenset({3, 1, b"b", b"a"}), b"d": {b"x": -1}}
    written = write_config(Namespace.PROFILE, data, KEYS, seqno=7)
    found = read_config(Namespace.PROFILE, [stored(written)], KEYS)
    assert (found.data, found.seqno, found.skipped) == (data, 7, ())


def test_equal_content_makes_equal_bytes() -> None:
    data: Tree = {b"n": b"Anna"}
    assert write_config(Namespace.PROFILE, data, KEYS) == write_config(Namespace.PROFILE, dict(data), KEYS)


def test_a_config_served_in_another_place_is_not_taken_for_one_of_that_place() -> None:
    written = write_config(Namespace.PROFILE, {b"n": b"Anna"}, KEYS)
    assert [one.code for one in read_config(Namespace.CONTACTS, [stored(written)], KEYS).skipped] == ["decrypt"]


def test_what_somebody_else_sealed_to_us_is_no_config_of_ours() -> None:
    stranger = AccountKeys(bytes(32))
    written = write_config(Namespace.PROFILE, {b"n": b"Anna"}, stranger)
    assert [one.code for one in read_config(Namespace.PROFILE, [stored(written)], KEYS).skipped] == ["decrypt"]
