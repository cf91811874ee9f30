"""Whatever lies in the folder, reading it ends soon, in little memory, and with a reason for what was not read."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.session.config.allowance import MOST_MESSAGES
from migrate.session.config.bencode import encode
from migrate.session.config.contacts import blinded_contacts_of, contacts_of
from migrate.session.config.conversations import conversations_of
from migrate.session.config.group_info import group_info_of, group_members_of
from migrate.session.config.group_keys import read_group_keys
from migrate.session.config.groups_joined import communities_of, groups_of, legacy_groups_of
from migrate.session.config.message import Tree
from migrate.session.config.profile import profile_of
from migrate.session.config.stored import StoredMessage
from migrate.session.config.writing import encrypt, write_message
from tests.session.config import vectors
from tests.session.config.devices import KEYS, PLACE, put, read_messages, stored
from tests.session.config.test_merge import ANNA, START

CODES = {"decrypt", "decompress", "format", "incomplete", "signature"}


def packed(content: bytes) -> StoredMessage:
    """A message whose content is exactly this."""
    return stored(encrypt(content, PLACE.domain, KEYS.config_key))


def code_of(message: StoredMessage) -> str:
    """Why a message is not read; a good one beside it is, whatever happens."""
    found = read_messages([message, START.message])
    assert (found.data, found.accepted) == (START.data, 1)
    (skipped,) = found.skipped
    assert skipped.hash == message.hash
    return skipped.code


@contextmanager
def within(megabytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes << 20
    finally:
        tracemalloc.stop()


def bomb(size: int) -> bytes:
    return zstandard.ZstdCompressor(level=19).compress(bytes(size))


@pytest.mark.parametrize("megabytes", [65, 512])
def test_a_message_that_unpacks_to_very_much_is_not_unpacked(megabytes: int) -> None:
    message = packed(b"z" + bomb(megabytes << 20))
    assert len(message.data) < 76_800
    with within(96):
        assert code_of(message) == "decompress"


def test_parts_that_unpack_to_very_much_are_not_unpacked() -> None:
    joined = b"z" + bomb(128 << 20)
    digest = hashlib.blake2b(joined, digest_size=32).digest()
    halves = [joined[:100], joined[100:]]
    parts = [packed(b"m" + encode([digest, bytes([n]), b"\2", half])) for n, half in enumerate(halves)]
    with within(96):
        found = read_messages([*parts, START.message])
    assert {(one.hash, one.code) for one in found.skipped} == {(part.hash, "decompress") for part in parts}
    assert found.data == START.data


def test_very_many_values_are_not_kept() -> None:
    values = b"d1:#i1e1:&de1:<le1:=de1:Zl" + b"d0:dee" * 1_500_000 + b"ee"
    assert code_of(put(values)) == "format"


@pytest.mark.parametrize("content", [b"l" * 50_000, b"d0:" * 20_000, b"d1:#i1e1:&" + b"d1:a" * 10_000])
def test_very_deep_values_are_not_followed(content: bytes) -> None:
    assert code_of(put(content)) == "format"


def test_after_very_many_messages_the_rest_is_named_and_left() -> None:
    junk = [StoredMessage(hash=f"{number}", timestamp=0, data=b"") for number in range(MOST_MESSAGES + 5)]
    found = read_messages([START.message, *junk])
    assert (found.data, len(found.skipped)) == (START.data, MOST_MESSAGES + 5)


def test_a_bad_copy_under_the_hash_of_a_good_message_does_not_hide_it() -> None:
    bad = StoredMessage(hash=START.message.hash, timestamp=0, data=START.message.data[:-1] + b"?")
    for messages in ([bad, START.message], [START.message, bad]):
        assert read_messages(messages).data == START.data


def part(joined: bytes, index: int, count: int, chunk: bytes) -> StoredMessage:
    digest = hashlib.blake2b(joined, digest_size=32).digest()
    return packed(b"m" + encode([digest, bytes([index]), bytes([count]), chunk]))


def test_parts_that_do_not_belong_together_are_named() -> None:
    parts = [part(b"something else", 0, 2, b"\0" + START.plain[:50]), part(b"something else", 1, 2, START.plain[50:])]
    assert {(one.hash, one.code) for one in read_messages(parts).skipped} == {(one.hash, "format") for one in parts}


def test_parts_in_any_order_with_padding_and_repetitions_are_one_message() -> None:
    joined = b"\0\0\0" + START.plain
    chunks = [joined[at : at + 40] for at in range(0, len(joined), 40)]
    parts = [part(joined, index, len(chunks), chunk) for index, chunk in enumerate(chunks)]
    found = read_messages([*reversed(parts), parts[0]])
    assert (found.data, found.skipped, found.accepted) == (START.data, (), 1)
    assert found.used_hashes == tuple(one.hash for one in parts)


@pytest.mark.parametrize(
    "row",
    [
        [b"x" * 32, b"\0", b"\1", b"one of one is no part"],
        [b"x" * 32, b"\2", b"\2", b"beyond the last"],
        [b"x" * 32, b"\0", b"\2", b""],
        [b"x" * 31, b"\0", b"\2", b"short hash"],
        [b"x" * 32, b"\0\0", b"\2", b"long index"],
        [b"x" * 32, 0, 2, b"numbers"],
        [b"x" * 32, b"\0", b"\2", b"one more", b""],
    ],
)
def test_a_part_that_is_not_written_as_one_is_named(row: list[bytes | int]) -> None:
    assert code_of(packed(b"m" + encode(row))) == "format"


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        (b"d1:#i1e1:&d1:ali1ei1eee1:<le1:=dee", "a set that holds something twice"),
        (b"d1:#i1e1:&d1:aleee1:<le1:=dee", "an empty set"),
        (b"d1:#i1e1:&d1:alleee1:<le1:=dee", "a list in a set"),
        (b"d1:#i1e1:&de1:<lli1e32:" + b"x" * 32 + b"deee1:=dee", "an earlier change that is not earlier"),
        (b"d1:#i1e1:&de1:<lli0e3:xxxdeee1:=dee", "a hash that is too short"),
        (b"d1:#i1e1:&de1:<le1:=d1:ai1eee", "a change that is a number"),
        (b"d1:#i1e1:&de1:<le1:=d1:a1:xee", "a change of an unknown kind"),
        (b"d1:#i1e1:&de1:<le1:=d1:al1:xeee", "half a change of a set"),
        (b"d1:#i01e1:&de1:<le1:=dee", "a number with a zero in front"),
        (b"d1:#i-0e1:&de1:<le1:=dee", "less than nothing"),
        (b"d1:#i9223372036854775808e1:&de1:<le1:=dee", "a number of more than 64 bits"),
        (b"d1:#1:11:&de1:<le1:=dee", "a number that is a text"),
        (b"d1:#i1e1:&de1:<le1:=d", "a message that is cut off"),
        (b"d1:#i1e1:&d999999999:ae1:<le1:=dee", "a text that is longer than everything"),
        (b"d1:#i1e1:&d01:ai1ee1:<le1:=dee", "a length with a zero in front"),
        (b"d1:#i1e1:&d-1:ai1ee1:<le1:=dee", "a negative length"),
        (b"d1:#i1e1:&d1:ai1e1:ai2ee1:<le1:=dee", "a key that comes twice"),
    ],
)
def test_what_is_not_written_as_a_config_is_named(plain: bytes, why: str) -> None:
    assert code_of(put(plain)) == "format", why


def test_half_of_a_compressed_message_is_not_taken_for_all() -> None:
    frame = zstandard.ZstdCompressor(write_content_size=False).compress(START.plain * 50)
    assert code_of(packed(b"z" + frame[:-4])) == "decompress"


ANY_LEAF = st.one_of(
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.binary(max_size=40),
    st.frozensets(st.one_of(st.integers(-5, 5), st.binary(min_size=33, max_size=33)), min_size=1, max_size=3),
)
NAMES = st.sampled_from([bytes([byte]) for byte in b"#!+@1ACDEGIKMNOPQRSTabcdefgijkmnopqrstuy"])
ANY_KEY = st.one_of(
    NAMES,
    st.sampled_from([ANNA, b"\x03" + bytes(32), b"https://example.org", b"http://\n", b"f" * 64]),
    st.binary(max_size=34),
)
ANY_TREE: st.SearchStrategy[Tree] = st.dictionaries(
    ANY_KEY,
    st.recursive(ANY_LEAF, lambda below: st.dictionaries(ANY_KEY, below, min_size=1, max_size=4), max_leaves=12),
    max_size=5,
)


@given(ANY_TREE)
def test_whatever_the_data_holds_it_has_a_meaning(data: Tree) -> None:
    found = read_messages([put(write_message(data))])
    assert (found.data, found.skipped) == (data, ())
    for meaning_of in (
        profile_of, blinded_contacts_of, conversations_of, communities_of, groups_of, legacy_groups_of, group_info_of,
        group_members_of,
    ):  # fmt: skip
        repr(meaning_of(found.data))
    assert all(one.id != KEYS.session_id for one in contacts_of(found.data, KEYS.session_id))


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """Bytes with some changed, cut out, repeated or put in."""
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 8))
        data[at : at + length] = draw(st.one_of(st.binary(max_size=8), st.just(bytes(data[at : at + 2 * length]))))
    return bytes(data)


RICH = START.then({b"c": {ANNA: {b"n": b"Anna", b"f": frozenset({1, b"x"})}}}).then({b"n": b"Anna"})
FRAME = zstandard.ZstdCompressor(level=1).compress(RICH.plain)
MUTATIONS = st.one_of(
    damaged(RICH.plain).map(put),
    damaged(RICH.plain).map(packed),
    damaged(FRAME).map(lambda frame: packed(b"z" + frame)),
    damaged(RICH.message.data).map(stored),
    damaged(encode([hashlib.blake2b(b"ab").digest()[:32], b"\0", b"\2", b"ab"])).map(lambda row: packed(b"m" + row)),
)


def check_mutated(message: StoredMessage) -> None:
    found = read_messages([START.message, message])
    assert {one.code for one in found.skipped} <= CODES
    assert found.accepted + len(found.skipped) == len({START.message.data, message.data})


@given(MUTATIONS)
def test_a_damaged_message_is_read_or_named_and_never_more(message: StoredMessage) -> None:
    check_mutated(message)


@pytest.mark.long
@settings(max_examples=50_000, derandomize=False)
@given(MUTATIONS)
def test_fifty_thousand_damaged_messages_are_read_or_named(message: StoredMessage) -> None:
    check_mutated(message)


@pytest.mark.samples
@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_wrapping_or_keys_message_is_read_or_named(samples: Path, data: st.DataObject) -> None:
    wrapped = vectors.load(samples, "contacts-03-double-wrapped")
    good = bytes.fromhex(wrapped["messages"][0]["data_hex"])
    message = stored(data.draw(damaged(good)))
    assert {one.code for one in read_messages([message]).skipped} <= {"decrypt"}
    group = vectors.load(samples, "group-05-supplement-view")
    good = bytes.fromhex(group["keys_messages"][2]["data_hex"])
    keys = vectors.keys_of(group["user"])
    found = read_group_keys([stored(data.draw(damaged(good)))], group["group_id"], keys)
    assert {one.code for one in found.skipped} <= {"format", "signature"}
