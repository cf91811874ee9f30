"""Runs a flow on canned replies, and a node in memory that gives them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from migrate.session.errors import NoAnswer
from migrate.session.flow import Answer, Ask, Flow
from migrate.session.nodes import Node
from migrate.session.storage import Call, body_of, hash_of

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


@dataclass
class Shelf:
    """A storage node in memory: it keeps messages in an order of its own and gives them in pages."""

    node: Node
    pubkey: str
    kept: dict[int, list[bytes]] = field(default_factory=dict)
    page: int = 3
    now: int = 1771000000000
    codes: dict[int, int] = field(default_factory=dict)
    """Namespaces that are answered with another code than 200."""
    asks: int = 0
    methods: list[str] = field(default_factory=list)

    def __call__(self, ask: Ask[Call]) -> Reply:
        self.asks += 1
        request = json.loads(body_of(ask.call))
        self.methods.append(request["method"])
        if request["method"] == "info":
            return {"version": [2, 10, 0], "timestamp": self.now, "t": self.now}
        self.methods += [one["method"] for one in request["params"]["requests"]]
        return {"results": [self.retrieve(one["params"]) for one in request["params"]["requests"]]}

    def retrieve(self, params: dict[str, Any]) -> dict[str, Any]:
        namespace = params["namespace"]
        if abs(params["timestamp"] - self.now) > 60_000:
            return {"code": 406, "body": "Timestamp error: check your clock"}
        if namespace in self.codes:
            return {"code": self.codes[namespace], "body": "no"}
        messages = [self.message(namespace, data) for data in self.kept.get(namespace, [])]
        places = [place for place, one in enumerate(messages) if one["hash"] == params["last_hash"]]
        start = places[-1] + 1 if places else 0
        found = messages[start : start + self.page]
        return {"code": 200, "body": {"messages": found, "more": start + self.page < len(messages), "t": self.now}}

    def message(self, namespace: int, data: bytes) -> dict[str, Any]:
        return {
            "hash": hash_of(self.pubkey, namespace, data),
            "timestamp": self.now,
            "expiration": self.now + 1000,
            "data": base64.b64encode(data).decode(),
        }


def shelves(*all_of_them: Shelf) -> Callable[[Ask[Call]], Reply]:
    """Several nodes; one that is none of them cannot be reached."""
    by_key = {shelf.node.ed25519: shelf for shelf in all_of_them}

    def answer(ask: Ask[Call]) -> Reply:
        shelf = by_key.get(ask.node.ed25519)
        return NoAnswer("nobody is there") if shelf is None else shelf(ask)

    return answer
