"""The frame around requests to servers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.session.errors import BadAnswer
from migrate.session.v4 import ServerRequest, read_server_answer

GOOD = b'l41:{"code":200,"headers":{"ETag":"a","n":1}}3:abce'


def test_the_frames_of_the_vectors_are_written_and_read(samples: Path) -> None:
    item = json.loads((samples / "session-network" / "vectors.json").read_text("utf-8"))["onion"]["to_server_v4"]
    request = ServerRequest("POST", "/file", {}, bytes.fromhex(item["request_body"]))
    assert request.encode().hex() == item["v4_request"]
    answer = read_server_answer(bytes.fromhex(item["response_v4"]))
    assert (answer.status, answer.headers) == (200, {"content-type": "application/json"})
    assert json.loads(answer.body)["size"] == 40


def test_without_a_body_the_second_string_is_left_out() -> None:
    assert (
        ServerRequest("GET", "/file/1?a=b").encode() == b'l54:{"method":"GET","endpoint":"/file/1?a=b","headers":{}}e'
    )
    assert ServerRequest("POST", "/x", {"a": "b"}, b"").encode().endswith(b"}0:e")


def test_an_endpoint_begins_with_a_slash() -> None:
    with pytest.raises(ValueError, match="slash"):
        ServerRequest("GET", "file")


def test_header_names_are_in_lower_case_and_only_texts() -> None:
    answer = read_server_answer(GOOD)
    assert (answer.status, answer.headers, answer.body) == (200, {"etag": "a"}, b"abc")
    assert read_server_answer(b'l12:{"code":404}e').body == b""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"le",
        b"l",
        b"de",
        b"l2:{}0:e",
        b'l12:{"code":200}',
        b'l12:{"code":200}e ',
        b'l12:{"code":200}0:0:e',
        b'l13:{"code":200}0:e',
        b'l99999999:{"code":200}0:e',
        b'l999999999999999999999:{"code":200}0:e',
        b'l-1:{"code":200}0:e',
        b'l12:{"code":200}4:abce',
        b'l13:{"code":2000}0:e',
        b'l13:{"code":true}0:e',
        b"l\xb2:{}0:e",
    ],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(BadAnswer):
        read_server_answer(data)


@given(st.binary(max_size=4), st.integers(0, len(GOOD)), st.integers(0, 4))
def test_a_damaged_frame_is_an_error_of_ours_or_an_answer(new: bytes, place: int, gone: int) -> None:
    try:
        answer = read_server_answer(GOOD[:place] + new + GOOD[place + gone :])
    except BadAnswer:
        return
    assert 100 <= answer.status <= 599
