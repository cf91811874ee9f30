"""Leaving a message with a swarm: the same bytes each time, a known number of requests, and only signed receipts."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.session.clock import Clock
from migrate.session.deliver import MOST_NODES, Delivery, Parcel, deliver
from migrate.session.errors import NoAnswer
from migrate.session.flow import Answer, Ask
from migrate.session.keys import AccountKeys
from migrate.session.nodes import Node
from migrate.session.poll import Trouble
from migrate.session.signers import AccountSigner
from migrate.session.storage import Call
from migrate.session.swarm import Swarm
from tests.session.played import Reply, known, play, swarm_answer

KEYS = [AccountKeys(bytes([number]) * 32) for number in range(1, 9)]
NODES = [Node(f"1.2.{number}.4", 1, keys.ed25519_public, keys.x25519_public) for number, keys in enumerate(KEYS)]
SWARM = Swarm(tuple(NODES[:5]))
PARCEL = Parcel("05" + "ab" * 32, 0, b"hello", 14 * 86_400_000)
NOW = 1771000000000


def stored(*keys: AccountKeys, **more: Any) -> dict[str, Any]:
    """What a node answers when these have the message."""
    return {"swarm": {one.ed25519_public.hex(): receipt(one) for one in keys} | more, "hash": PARCEL.hash, "t": NOW}


def receipt(keys: AccountKeys, said: str = PARCEL.hash) -> dict[str, Any]:
    return {"hash": said, "signature": base64.b64encode(keys.sign(said.encode())).decode(), "expiry": NOW + 1}


def left(replies: list[Reply], asked: list[Ask[Call]] | None = None, now: int = NOW) -> Delivery:
    return play(deliver(PARCEL, SWARM, Clock(lambda: now), known(*NODES)), replies, asked)


def test_a_message_is_delivered_when_nodes_have_signed_for_it() -> None:
    delivery = left([stored(*KEYS[:5])])
    assert delivery.is_delivered
    assert delivery.holders == {one.ed25519 for one in NODES[:5]}
    assert (delivery.asks, delivery.without, delivery.troubles) == (1, {}, [])


def test_nodes_that_did_not_take_it_are_named_with_their_reason() -> None:
    missing = {NODES[1].key: {"failed": True, "timeout": True}, NODES[2].key: {"failed": True, "reason": "full"}}
    delivery = left([stored(KEYS[0], **missing)])
    assert delivery.holders == {NODES[0].ed25519}
    assert delivery.without == {NODES[1].key: "timeout", NODES[2].key: "full"}


@pytest.mark.parametrize("key", ["aa" * 32, "x", "", "é"])
def test_a_receipt_that_nobody_on_the_list_signed_is_none(key: str) -> None:
    invented = AccountKeys(b"z" * 32)
    delivery = left([stored(invented, **{key: receipt(KEYS[0])}), stored(KEYS[1])])
    assert delivery.holders == {NODES[1].ed25519}
    assert delivery.troubles == [(NODES[0], Trouble.NONSENSE)]


def test_a_receipt_for_another_message_is_none() -> None:
    wrong = {NODES[1].key: receipt(KEYS[1], "A" * 43), NODES[2].key: receipt(KEYS[3]), NODES[3].key: {"signature": "!"}}
    delivery = left([stored(KEYS[0], **wrong)])
    assert delivery.holders == {NODES[0].ed25519}
    assert set(delivery.without.values()) == {"not signed"}


def test_every_try_leaves_the_same_bytes() -> None:
    asked: list[Ask[Call]] = []
    replies: list[Reply] = [NoAnswer(), Answer(503, b""), Answer(200, b"?"), {"t": NOW}, stored(KEYS[4])]
    delivery = left(replies, asked)
    assert delivery.is_delivered
    assert [ask.node for ask in asked] == NODES[:5]
    assert [ask.attempt for ask in asked] == [1, 2, 3, 4, 5]
    assert {ask.call.params["data"] for ask in asked} == {base64.b64encode(b"hello").decode()}
    assert [trouble for _, trouble in delivery.troubles] == [
        Trouble.UNREACHABLE,
        Trouble.BUSY,
        Trouble.NONSENSE,
        Trouble.NONSENSE,
    ]


@pytest.mark.parametrize(("status", "trouble"), [(400, Trouble.BAD_REQUEST), (403, Trouble.BAD_REQUEST)])
def test_what_every_node_would_refuse_is_tried_once(status: int, trouble: Trouble) -> None:
    delivery = left([Answer(status, b"no")])
    assert not delivery.is_delivered
    assert delivery.troubles == [(NODES[0], trouble)]


def test_after_a_wrong_time_it_is_left_with_the_right_one() -> None:
    asked: list[Ask[Call]] = []
    delivery = left([Answer(406, b"clock"), {"t": NOW, "timestamp": NOW}, stored(KEYS[0])], asked, now=NOW + 90_000)
    assert delivery.is_delivered
    assert [ask.call.method for ask in asked] == ["store", "info", "store"]
    assert asked[2].call.params["timestamp"] == NOW


def test_a_node_that_refuses_its_own_time_is_passed_over() -> None:
    delivery = left(
        [Answer(406, b""), {"t": NOW}, Answer(406, b""), Answer(406, b""), Answer(500, b""), stored(KEYS[2])]
    )
    assert [trouble for _, trouble in delivery.troubles] == [Trouble.CLOCK, Trouble.CLOCK]
    assert delivery.is_delivered


def test_a_node_that_names_another_swarm_is_followed() -> None:
    asked: list[Ask[Call]] = []
    moved = Answer(421, json.dumps(swarm_answer(*NODES[5:7])).encode())
    delivery = left([moved, stored(KEYS[5])], asked)
    assert asked[1].node == NODES[5]
    assert delivery.swarm == Swarm(tuple(NODES[5:7]))


def test_nodes_that_send_us_around_are_asked_once_each() -> None:
    everybody = Answer(421, json.dumps(swarm_answer(*NODES)).encode())
    asked: list[Ask[Call]] = []
    delivery = play(deliver(PARCEL, SWARM, Clock(lambda: NOW), known(*NODES)), [everybody] * MOST_NODES, asked)
    assert not delivery.is_delivered
    assert len({ask.node for ask in asked}) == len(asked) == MOST_NODES


def test_settings_are_signed_by_their_owner() -> None:
    signer, asked = AccountSigner(KEYS[0]), list[Ask[Call]]()
    parcel = Parcel(signer.pubkey, 3, b"contacts", 1000)
    flow = deliver(parcel, SWARM, Clock(lambda: NOW), known(*NODES), signer)
    said = receipt(KEYS[0], parcel.hash)
    delivery = play(flow, [{"swarm": {NODES[0].key: said}}], asked)
    assert delivery.is_delivered
    assert asked[0].call.params["signature"] == signer.signed(f"store3{NOW}".encode())["signature"]


FAULTS: list[Reply] = [
    NoAnswer(),
    NoAnswer(gone=True),
    *(Answer(status, b"x") for status in (200, 400, 401, 406, 413, 421, 425, 429, 500, 503)),
    {"swarm": None},
    {"swarm": {NODES[0].key: None, NODES[1].key: {"failed": 1}}},
    stored(AccountKeys(b"q" * 32)),
]


@given(st.lists(st.sampled_from(FAULTS), min_size=1))
def test_whatever_nodes_do_it_ends_and_nothing_counts_that_was_not_signed(faults: list[Reply]) -> None:
    turn = 0

    def answer(ask: Ask[Call]) -> Reply:
        nonlocal turn
        turn += 1
        return faults[turn % len(faults)]

    flow = deliver(PARCEL, SWARM, Clock(lambda: NOW), known(*NODES))
    assert not play(flow, answer, most=3 * MOST_NODES).is_delivered
