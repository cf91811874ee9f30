"""Deleting from a swarm: only what nodes have signed counts, and nobody is asked for ever."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.session.clock import Clock
from migrate.session.deliver import MOST_NODES
from migrate.session.errors import NoAnswer
from migrate.session.flow import Answer, Ask
from migrate.session.keys import AccountKeys
from migrate.session.nodes import Node
from migrate.session.poll import Trouble
from migrate.session.remove import Removal, remove
from migrate.session.signers import AccountSigner
from migrate.session.storage import Call
from migrate.session.swarm import Swarm
from tests.session.played import Reply, known, play, swarm_answer

KEYS = [AccountKeys(bytes([number]) * 32) for number in range(1, 9)]
NODES = [Node(f"1.2.{number}.4", 1, keys.ed25519_public, keys.x25519_public) for number, keys in enumerate(KEYS)]
SIGNER = AccountSigner(AccountKeys(b"a" * 32))
HASHES = ("A" * 43, "B" * 43)
NOW = 1771000000000


def receipt(keys: AccountKeys, deleted: tuple[str, ...] = HASHES, asked: tuple[str, ...] = HASHES) -> dict[str, Any]:
    said = "".join([SIGNER.pubkey, *asked, *deleted])
    return {"deleted": list(deleted), "signature": base64.b64encode(keys.sign(said.encode())).decode()}


def deleted(*keys: AccountKeys, **more: Any) -> dict[str, Any]:
    return {"swarm": {one.ed25519_public.hex(): receipt(one) for one in keys} | more, "t": NOW}


def removed(replies: list[Reply], asked: list[Ask[Call]] | None = None) -> Removal:
    flow = remove(SIGNER, HASHES, Swarm(tuple(NODES[:6])), Clock(lambda: NOW), known(*NODES))
    return play(flow, replies, asked, most=MOST_NODES)


def test_every_node_that_signed_counts_also_one_that_never_had_it() -> None:
    asked: list[Ask[Call]] = []
    removal = removed([deleted(KEYS[0], **{NODES[1].key: receipt(KEYS[1], ())})], asked)
    assert removal.done == {NODES[0].ed25519, NODES[1].ed25519}
    assert (removal.without, removal.troubles) == ({}, [])
    assert [(ask.call.method, ask.call.params["messages"]) for ask in asked] == [("delete", list(HASHES))]


def test_what_was_not_signed_for_these_messages_does_not_count() -> None:
    removal = removed(
        [
            deleted(
                KEYS[0],
                **{
                    NODES[1].key: receipt(KEYS[1], asked=("C" * 43,)),
                    NODES[2].key: receipt(KEYS[3]),
                    NODES[3].key: {**receipt(KEYS[3]), "deleted": []},
                    NODES[4].key: {"failed": True, "timeout": True},
                    NODES[5].key: {"failed": True, "reason": "no"},
                },
            )
        ]
    )
    assert removal.done == {NODES[0].ed25519}
    assert removal.without == {
        **{node.key: "not signed" for node in NODES[1:4]}, NODES[4].key: "timeout", NODES[5].key: "no"
    }  # fmt: skip


def test_the_next_node_is_asked_when_one_does_not_do_it() -> None:
    asked: list[Ask[Call]] = []
    removal = removed([NoAnswer(), NoAnswer(gone=True), Answer(503, b""), {"t": NOW}, deleted(KEYS[4])], asked)
    assert removal.done == {NODES[4].ed25519}
    assert [ask.attempt for ask in asked] == [1, 2, 3, 4, 5]
    assert [trouble for _, trouble in removal.troubles] == [
        Trouble.UNREACHABLE, Trouble.GONE, Trouble.BUSY, Trouble.NONSENSE
    ]  # fmt: skip


@pytest.mark.parametrize(("status", "trouble"), [(401, Trouble.REFUSED), (400, Trouble.BAD_REQUEST)])
def test_what_every_node_would_refuse_is_asked_once(status: int, trouble: Trouble) -> None:
    assert removed([Answer(status, b"no")]).troubles == [(NODES[0], trouble)]


def test_a_swarm_that_moved_is_followed() -> None:
    assert removed([Answer(421, b"{}"), deleted(KEYS[1])]).done == {NODES[1].ed25519}
    named = Answer(421, json.dumps(swarm_answer(NODES[7])).encode())
    asked: list[Ask[Call]] = []
    removal = removed([named, deleted(KEYS[7])], asked)
    assert removal.swarm.nodes == (NODES[7],)
    assert [ask.node for ask in asked] == [NODES[0], NODES[7]]


@given(st.lists(st.sampled_from(["none", "moved", "busy", "garbage", "unsigned"]), min_size=MOST_NODES))
def test_no_network_makes_it_ask_for_ever(faults: list[str]) -> None:
    replies: dict[str, Reply] = {
        "none": NoAnswer(),
        "moved": Answer(421, json.dumps(swarm_answer(*NODES)).encode()),
        "busy": Answer(503, b""),
        "garbage": Answer(200, b"\xff"),
        "unsigned": {"swarm": {NODES[0].key: {"deleted": []}}},
    }
    left = iter(faults)
    flow = remove(SIGNER, HASHES, Swarm(tuple(NODES[:6])), Clock(lambda: NOW), known(*NODES))
    assert not play(flow, lambda ask: replies[next(left)], most=MOST_NODES).done
