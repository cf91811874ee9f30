"""The stand-in of a community server: it takes what the real one took, and refuses what that refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from migrate.standin.callers import Callers
from migrate.standin.http import Request
from migrate.standin.refused import Refused
from migrate.standin.rooms import Room

SECONDS = 1_722_470_400


@pytest.fixture(scope="module")
def vectors(samples: Path) -> Any:
    return json.loads((samples / "sogs" / "auth_vectors.json").read_bytes())


def asked(item: dict[str, Any], **changes: str) -> Request:
    headers = {name.lower(): value for name, value in item["headers"].items()} | changes
    return Request(item["method"], item["url_path_on_the_wire"], headers, item["body"].encode())


def test_it_takes_every_request_that_the_real_server_took_and_each_only_once(vectors: Any) -> None:
    for item in vectors["requests"]:
        callers = Callers(bytes.fromhex(vectors["server_pubkey"]))
        blinds = item["mode"] == "blinded15"
        expected = vectors["blind15"]["id"] if blinds else vectors["session_id"]
        assert callers.who(asked(item), SECONDS, blinds=blinds) == expected
        with pytest.raises(Refused, match="reused"):
            callers.who(asked(item), SECONDS, blinds=blinds)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"x-sogs-timestamp": str(SECONDS + 1)}, 401),
        ({"x-sogs-timestamp": str(SECONDS - 90_000)}, 425),
        ({"x-sogs-nonce": "AAAAAAAAAAAAAAAAAAAAAA=="}, 401),
        ({"x-sogs-nonce": "AAAA"}, 400),
        ({"x-sogs-pubkey": "25" + "0" * 64}, 400),
        ({"x-sogs-pubkey": "00" + "0" * 64}, 400),
        ({"x-sogs-signature": "A" * 86 + "=="}, 401),
    ],
)
def test_it_refuses_with_the_codes_of_the_real_server(change: dict[str, str], code: int, vectors: Any) -> None:
    callers = Callers(bytes.fromhex(vectors["server_pubkey"]))
    with pytest.raises(Refused) as caught:
        callers.who(asked(vectors["requests"][0], **change), SECONDS, blinds=True)
    assert caught.value.code == code


def test_some_of_the_four_headers_are_no_signature_and_none_are_nobody(vectors: Any) -> None:
    callers = Callers(bytes.fromhex(vectors["server_pubkey"]))
    request = asked(vectors["requests"][0])
    assert callers.who(Request("GET", "/rooms", {}, b""), SECONDS, blinds=True) is None
    some = {name: value for name, value in request.headers.items() if name != "x-sogs-nonce"}
    with pytest.raises(Refused, match="missing 1/4"):
        callers.who(Request("GET", "/rooms", some, b""), SECONDS, blinds=True)


def test_changes_come_in_their_order_and_reactions_alone_without_the_message() -> None:
    """Formats page of communities, section 5.1: a message moves up when somebody reacts to it."""
    room = Room("lobby", "Lobby")
    for number in (1, 2, 3):
        room.post(number, "15aa", b"x", bytes(64), float(number), 99)
    assert room.react(1, "15bb", "👍", 9.0) == (True, 4)
    assert room.react(1, "15bb", "👍", 9.0) == (False, 4)
    told = room.since(2, None, 100, 20, felt=True)
    assert [(row["id"], row["seqno"], "data" in row) for row in told] == [(3, 3, True), (1, 4, False)]
    assert [row["id"] for row in room.since(2, None, 100, 20, felt=False)] == [3]
    assert [row["id"] for row in room.since(0, None, 100, 20, felt=True)] == [2, 3, 1]
    room.delete(3, "15aa", 10.0)
    assert room.since(2, None, 100, 20, felt=True)[-1]["id"] == 1, "whoever never saw it needs no tombstone"
    assert room.since(3, None, 100, 20, felt=True)[-1]["deleted"] is True
    assert [row["id"] for row in room.before(None, None, 100, 0)] == [2, 1]
    with pytest.raises(Refused):
        room.delete(2, "15bb", 11.0)
