"""Runs a flow on canned replies."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from migrate.session.errors import NoAnswer
from migrate.session.flow import Answer, Ask, Flow
from migrate.session.nodes import Node
from migrate.session.storage import Call

Result = TypeVar("Result")
Reply: TypeAlias = "dict[str, Any] | Answer | NoAnswer"


def play(
    flow: Flow[Result],
    replies: Sequence[Reply] | Callable[[Ask[Call]], Reply],
    asked: list[Ask[Call]] | None = None,
    most: int = 1000,
) -> Result:
    """What a flow returns when it is answered so. Too few replies, too many, or more than `most` asks fail the test."""
    asked = [] if asked is None else asked
    left = None if callable(replies) else list(replies)
    try:
        ask = next(flow)
        while True:
            asked.append(ask)
            assert len(asked) <= most, f"asked more than {most} times"
            assert left != [], f"asked {len(asked)} times, with fewer replies"
            reply = replies(ask) if callable(replies) else (left or []).pop(0)
            if isinstance(reply, NoAnswer):
                ask = flow.throw(reply)
            else:
                ask = flow.send(reply if isinstance(reply, Answer) else Answer(200, json.dumps(reply).encode()))
    except StopIteration as stop:
        assert not left, f"{len(left)} replies were not asked for"
        result: Result = stop.value
        return result


def node(number: int) -> Node:
    """One of as many nodes as a test needs; each in a neighbourhood of its own."""
    key = number.to_bytes(2, "big") * 16
    return Node(f"1.{number % 200}.{number // 200}.7", 22021, key, bytes([9]) + key[1:])


def known(*nodes: Node) -> dict[bytes, Node]:
    return {one.ed25519: one for one in nodes}


def state(one: Node) -> dict[str, Any]:
    """A node as the answer to `get_swarm` has it."""
    return {
        "ip": one.ip,
        "port": str(one.port),
        "port_https": one.port,
        "pubkey_ed25519": one.key,
        "pubkey_x25519": one.x25519.hex(),
    }


def swarm_answer(*nodes: Node, t: int = 1771000000000) -> dict[str, Any]:
    return {"snodes": [state(one) for one in nodes], "swarm": "1f", "t": t, "hf": [19, 4]}
