"""Protocol buffers by hand: patient with what is new, strict with what is impossible, and never expensive."""

from __future__ import annotations

import time
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.session import content as contents
from migrate.session.content import (
    CONTENT,
    Call,
    CommunityInvitation,
    Content,
    DataMessage,
    Extraction,
    Pointer,
    Preview,
    Profile,
    Quote,
    Reaction,
    Receipt,
    RequestResponse,
    Typing,
    Unsend,
)
from migrate.session.errors import BadMessage
from migrate.session.group_updates import (
    DeleteMemberContent,
    GroupUpdate,
    InfoChange,
    Invite,
    InviteResponse,
    MemberChange,
    MemberLeft,
    MemberLeftNotification,
    Promote,
)
from migrate.session.wire import (
    LARGEST,
    LATEST,
    MOST_FIELDS,
    MOST_NESTED_GROUPS,
    Part,
    Table,
    delimited,
    entries,
    varint,
)
from tests.speed import slowness

FULL = Content(
    data=DataMessage(
        body="Grüße 👋",
        attachments=(
            Pointer(type="image/png", key=b"k", size=0, digest=b"d", name="a.png", flags=1, width=1, height=2, url="u"),
            Pointer(old_id=1 << 63, caption="c"),
        ),
        flags=0,
        profile_key=bytes(32),
        quote=Quote(sent_at=1, author="a"),
        previews=(Preview(url="u", title="t", image=Pointer(url="i")),),
        reaction=Reaction(sent_at=1, author="a", emoji="🔥", action=1),
        profile=Profile(name="n", avatar_url="u", updated=1),
        invitation=CommunityInvitation(url="u", name="n"),
        sync_target="05",
        blocks_community_requests=False,
        group_update=GroupUpdate(
            invite=Invite(group="03", name="n", member_auth=b"m", signature=b"s"),
            info_change=InfoChange(type=1, name="n", expiry_seconds=0, signature=b"s"),
            member_change=MemberChange(type=2, members=("a", "b"), history_shared=True, signature=b"s"),
            promote=Promote(seed=bytes(32), name="n"),
            member_left=MemberLeft(),
            invite_response=InviteResponse(approved=True),
            delete_content=DeleteMemberContent(members=("a",), hashes=("h", "i"), signature=b"s"),
            member_left_notification=MemberLeftNotification(),
        ),
    ),
    call=Call(type=6, sdps=("a", ""), sdp_line_indexes=(0, 1), sdp_mids=("m",), uuid="u"),
    receipt=Receipt(type=1, sent_at=(1, 2)),
    typing=Typing(sent_at=1, action=0),
    extraction=Extraction(type=2, sent_at=1),
    unsend=Unsend(sent_at=1, author="a"),
    request_response=RequestResponse(approved=False, profile_key=b"k", profile=Profile(name="n")),
    expiry_type=0,
    expiry_seconds=(1 << 32) - 1,
    sent_at=LATEST,
)


def tables(table: Table[Part]) -> list[Table[Part]]:
    inner = [one.holds for one in table.fields.values() if isinstance(one.holds, Table)]
    return [table, *(found for one in inner for found in tables(one))]


def test_everything_a_message_can_hold_comes_back() -> None:
    assert contents.read(contents.write(FULL)) == FULL


def test_the_nouns_and_the_tables_have_the_same_fields() -> None:
    for table in tables(CONTENT):
        named = [one.name for one in table.fields.values()]
        assert named == list(table.made().__struct_fields__)
        assert list(table.fields) == sorted(table.fields)


def test_absent_is_not_zero() -> None:
    assert contents.write(Content()) == b""
    assert contents.write(Content(expiry_type=0)) == b"\x60\x00"
    assert contents.read(b"").expiry_type is None
    assert contents.read(b"\x60\x00").expiry_type == 0


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, (1 << 32) - 1, 1 << 32, LATEST, (1 << 64) - 1])
def test_numbers_come_back(value: int) -> None:
    assert list(entries(b"\x08" + varint(value))) == [(1, value)]


def test_a_negative_number_takes_ten_bytes_as_others_write_it() -> None:
    assert varint(-1) == b"\xff" * 9 + b"\x01"


def test_what_a_newer_app_adds_is_skipped() -> None:
    added = delimited(99, b"new") + varint(98 << 3) + b"\x01" + varint(97 << 3 | 1) + bytes(8)
    group = varint(96 << 3 | 3) + delimited(1, b"inside") + varint(96 << 3 | 4)
    assert contents.read(added + group + contents.write(FULL) + varint(95 << 3 | 5) + bytes(4)) == FULL


def test_a_field_of_another_type_is_skipped() -> None:
    assert contents.read(b"\x08\x05" + delimited(15, b"\x01")) == Content()


def test_the_last_of_two_counts() -> None:
    assert contents.read(b"\x60\x01\x60\x02").expiry_type == 2


def test_a_list_of_numbers_may_be_packed() -> None:
    packed = delimited(5, b"\x08\x01" + delimited(2, b"\x05\x06\x87\x01"))
    assert contents.read(packed).receipt == Receipt(type=1, sent_at=(5, 6, 135))


def test_text_that_is_no_text_is_still_shown() -> None:
    data = contents.read(delimited(1, delimited(1, b"caf\xe9"))).data
    assert data is not None
    assert data.body == "caf\N{REPLACEMENT CHARACTER}"


def test_a_time_after_the_last_is_no_time() -> None:
    assert contents.read(b"\x78" + varint(LATEST + 1)).sent_at is None
    assert contents.read(b"\x78" + varint(LATEST)).sent_at == LATEST


@pytest.mark.parametrize(
    "data",
    [
        b"\x08",
        b"\x08" + b"\xff" * 10,
        b"\x08" + b"\x80" * 100_000,
        b"\x00\x00",
        b"\x0a\x05abc",
        b"\x0a" + varint((1 << 63) - 1),
        b"\x09\x01",
        b"\x0d\x01",
        b"\x0e",
        b"\x0c",
        b"\x0b",
        b"\x0b" * (MOST_NESTED_GROUPS + 1) + b"\x0c" * (MOST_NESTED_GROUPS + 1),
        varint(1 << 33) + b"\x00",
        b"\x60\x01" * (MOST_FIELDS + 1),
        delimited(5, delimited(2, b"\x01" * (MOST_FIELDS + 1))),
    ],
    ids=lambda data: data[:6].hex(),
)
def test_what_no_app_could_have_written_is_refused(data: bytes) -> None:
    with pytest.raises(BadMessage) as refused:
        contents.read(data)
    assert refused.value.code == "malformed"


def test_a_message_of_a_megabyte_is_not_even_looked_at() -> None:
    with pytest.raises(BadMessage) as refused:
        contents.read(bytes(LARGEST + 1))
    assert refused.value.code == "too_large"


@pytest.mark.parametrize("data", [delimited(1, b"") * MOST_FIELDS, delimited(1, b"\x12\x00" * MOST_FIELDS)])
def test_many_small_parts_cost_little(data: bytes) -> None:
    tracemalloc.start()
    began = time.process_time()
    try:
        contents.read(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 5 * slowness()
    assert peak < 64 << 20


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(BadMessage):
        again = contents.read(data)
        assert contents.read(contents.write(again)) == again


@given(st.integers(0, 10_000), st.binary(max_size=4), st.integers(0, 4))
def test_a_damaged_message_is_read_or_refused(place: int, put: bytes, cut: int) -> None:
    whole = contents.write(FULL)
    place %= len(whole)
    with suppress(BadMessage):
        contents.read(whole[:place] + put + whole[place + cut :])
