"""Answers of a real community server, replayed, and what nobody should answer."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.session import content as contents
from migrate.session.community import answers
from migrate.session.community.answers import Row
from migrate.session.community.blinding import Blinded
from migrate.session.community.links import CommunityLink
from migrate.session.community.messages import LARGEST, file_number, file_url, opened, read, seal
from migrate.session.content import Content, DataMessage, Pointer
from migrate.session.envelope import ENVELOPE, Envelope, pad
from migrate.session.errors import BadAnswer, BadMessage, TooLarge
from migrate.session.keys import AccountKeys

_KEYS = st.sampled_from(
    ("id", "seqno", "session_id", "posted", "edited", "data", "signature", "deleted", "reactions", "count", "index",
     "reactors", "whisper", "filtered", "👍")
)  # fmt: skip
LINK = CommunityLink(server="https://sogs.example.org", room="lobby", key="42" * 32)


@pytest.fixture(scope="module")
def recorded(samples: Path) -> list[dict[str, Any]]:
    with gzip.open(samples / "sogs" / "http.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def expected(samples: Path) -> dict[int, dict[str, Any]]:
    with gzip.open(samples / "sogs" / "expected_messages.jsonl.gz", "rt", encoding="utf-8") as lines:
        return {one["id"]: one for one in map(json.loads, lines)}


def pages(recorded: list[dict[str, Any]]) -> Iterator[answers.Rows]:
    for one in recorded:
        if "/messages/" in one["path"] and one["status"] == 200:
            yield answers.read_rows(json.dumps(one["json"]).encode())


def test_every_message_of_the_real_server_says_what_it_should(
    recorded: list[dict[str, Any]], expected: dict[int, dict[str, Any]]
) -> None:
    seen = bad = 0
    for page in pages(recorded):
        assert page.unreadable == 0
        assert page.count == len(page.rows)
        assert page.up_to == max(row.seqno for row in page.rows)
        for row in page.rows:
            if row.data is None:
                continue
            seen += 1
            wanted = expected[row.id]
            assert (row.session_id, row.posted_at) == (wanted["author"], wanted["posted_ms"])
            if wanted["signature_valid"]:
                _same(opened(row.session_id or "", row.data, row.signature), wanted)
                continue
            bad += 1
            with pytest.raises(BadMessage, match="not signed"):
                opened(row.session_id or "", row.data, row.signature)
    assert seen > 2_000
    assert bad >= 1


def _same(content: Content, wanted: dict[str, Any]) -> None:
    data = content.data
    assert data is not None
    assert (data.body or None) == wanted.get("body")
    assert (data.profile.name if data.profile else None) == wanted.get("display_name")
    quote = wanted.get("quote")
    said = (data.quote.sent_at, data.quote.author) if data.quote else None
    assert said == ((quote["id"], quote["author"]) if quote else None)
    files = [{"url": one.url, "size": one.size, "name": one.name} for one in data.attachments]
    assert files == [
        {"url": one["url"], "size": one["size"], "name": one["filename"]} for one in wanted.get("attachments", [])
    ]
    for pointer in data.attachments:
        link = CommunityLink.of("https://sogs.example.org", wanted["room"], "42" * 32)
        assert file_number(pointer, link) == int((pointer.url or "").rpartition("/")[2])


def test_rows_of_reactions_alone_are_told_from_messages(recorded: list[dict[str, Any]]) -> None:
    rows = [row for page in pages(recorded) for row in page.rows]
    felt = [row for row in rows if row.data is None and not row.deleted]
    assert felt
    assert all(row.session_id is None and row.reactions for row in felt)


def test_rooms_and_capabilities_of_the_real_server_are_read(recorded: list[dict[str, Any]]) -> None:
    said = {(one["as"], one["path"]): one for one in recorded if one["status"] == 200}
    room = next(one["json"] for (_, path), one in said.items() if path == "/room/lobby")
    read_room = answers.read_room(json.dumps(room).encode())
    assert (read_room.token, read_room.name, read_room.message_sequence) == ("lobby", room["name"], 2719)
    capable = answers.read_capabilities(json.dumps(said[None, "/capabilities"]["json"]).encode())
    assert capable == {"blind", "reactions", "sogs"}


@pytest.mark.parametrize(
    "row",
    [
        {"id": -1, "seqno": 5},
        {"id": 1 << 60, "seqno": 5},
        {"id": "1", "seqno": 5},
        {"id": 1, "seqno": 5, "posted": "now"},
        {"id": 1, "seqno": 5, "posted": -1},
        {"id": 1, "seqno": 5, "posted": 1e300},
        {"id": 1, "seqno": 5, "session_id": "x" * 1000},
        {"id": 1, "seqno": 5, "data": {"a": 1}},
        {"id": 1, "seqno": 5, "reactions": {"👍": {"count": "many"}}},
        [1, 2],
        None,
    ],
)
def test_a_row_that_is_none_costs_itself_and_not_the_page(row: object) -> None:
    good = {"id": 7, "seqno": 4, "reactions": {}}
    page = answers.read_rows(json.dumps([row, good]).encode())
    assert [one.id for one in page.rows] == [7]
    assert (page.count, page.unreadable) == (2, 1)
    assert page.up_to == (5 if isinstance(row, dict) else 4)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[", b"\xff", b"[" * 100_000, b"x" * (17 << 20)])
def test_what_is_no_page_is_refused(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        answers.read_rows(body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(_KEYS, inside, max_size=6),
    max_leaves=20,
)


@given(st.lists(_JSON, max_size=5) | _JSON)
def test_whatever_a_server_says_is_rows_or_an_error(said: object) -> None:
    try:
        page = answers.read_rows(json.dumps(said).encode())
    except BadAnswer:
        return
    for row in page.rows:
        assert 0 <= row.posted_at < 1 << 53
        list(row.feelings)
        with suppress(BadMessage):
            opened(row.session_id or "", row.data or "", row.signature)


@pytest.mark.parametrize("body", [b"[]", b'{"token": 1}', b'{"name": "x"}'])
def test_what_is_no_room_is_refused(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        answers.read_room(body)


def test_reactions_come_in_their_order_and_odd_ones_are_left_out() -> None:
    said = {"🎂": {"count": 1, "index": 1, "reactors": ["15aa"]}, "👍": {"count": 30, "index": 0, "reactors": ["15bb"]},
            "x" * 13: {"count": 1}}  # fmt: skip
    row = answers.read_row(json.dumps({"id": 1, "seqno": 2, "reactions": said}).encode())
    assert [(emoji, one.is_complete) for emoji, one in row.feelings] == [("👍", False), ("🎂", True)]


def test_what_we_seal_is_what_others_open() -> None:
    member = Blinded(AccountKeys(bytes(range(32))), LINK.server_key)
    sealed = seal(Content(data=DataMessage(body="hello"), sent_at=1), member, (4,))
    content = opened(member.id, b64encode(sealed.data).decode(), b64encode(sealed.signature).decode())
    assert content.data is not None
    assert content.data.body == "hello"
    assert len(sealed.data) % 160 == 0
    with pytest.raises(BadMessage, match="not signed"):
        opened("15" + "ab" * 32, b64encode(sealed.data).decode(), b64encode(sealed.signature).decode())
    with pytest.raises(BadMessage, match="not signed"):
        opened(member.id, b64encode(sealed.data).decode(), None)
    with pytest.raises(TooLarge):
        seal(Content(data=DataMessage(body="x" * LARGEST)), member)


def test_a_message_in_an_envelope_is_opened_and_one_that_says_nothing_is_named() -> None:
    inside = contents.write(Content(data=DataMessage(body="wrapped")))
    wrapped = ENVELOPE.write(Envelope(type=7, sent_at=1, content=pad(inside)))
    found = read(pad(wrapped)).data
    assert found is not None
    assert found.body == "wrapped"
    for nothing in (b"", pad(b""), contents.write(Content(sent_at=5)), b"\xff" * 40):
        with pytest.raises(BadMessage):
            read(nothing)


@pytest.mark.parametrize(
    ("url", "number"),
    [
        (file_url(LINK, 59), 59),
        ("https://SOGS.example.org:443/lobby/files/59", 59),
        ("https://sogs.example.org/room/lobby/file/59/cake.png", 59),
        ("http://sogs.example.org/room/lobby/file/59?x=1", 59),
        ("https://elsewhere.example.org/room/lobby/file/59", None),
        ("https://sogs.example.org:8443/room/lobby/file/59", None),
        ("https://me@sogs.example.org/room/lobby/file/59", None),
        ("file:///room/lobby/file/59", None),
        ("https://sogs.example.org/room/lobby/file/../../inbox", None),
        ("https://[/file/1", None),
        ("https://sogs.example.org/room/lobby/file/999999999999999999", None),
    ],
)
def test_files_are_taken_from_the_rooms_own_server_only(url: str, number: int | None) -> None:
    assert file_number(Pointer(url=url, old_id=7), LINK) == number


def test_a_file_without_an_address_goes_by_its_number() -> None:
    assert file_number(Pointer(old_id=7), LINK) == 7
    assert file_number(Pointer(old_id=0), LINK) is None
    assert file_number(Pointer(old_id=1 << 60), LINK) is None
    assert Row(id=1, seqno=1, posted=1722376318.894629).posted_at == 1722376318894
