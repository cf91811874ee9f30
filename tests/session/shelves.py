"""Storage nodes in memory, what lies on them, and somebody who reads it all."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from migrate.session.clock import Clock
from migrate.session.errors import NoAnswer
from migrate.session.flow import Ask
from migrate.session.keys import AccountKeys
from migrate.session.nodes import Node
from migrate.session.poll import Tour, Visitor, every_node
from migrate.session.receive import Inbox
from migrate.session.signers import AccountSigner
from migrate.session.storage import OF_AN_ACCOUNT, Call, body_of, hash_of
from migrate.session.swarm import Swarm
from tests.session.played import Reply, known, node, play

SIGNER = AccountSigner(AccountKeys(bytes(range(32))))
NOW = 1771000000000
NODES = [node(number) for number in range(1, 9)]
MANY = {0: [b"message %d" % number for number in range(10)], 2: [b"profile"], 3: [b"contacts", b"more contacts"]}

_hashed = cache(hash_of)


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
        return self.answer(json.loads(body_of(ask.call)))

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asks += 1
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
        kept = self.kept.get(namespace, [])
        hashes = [_hashed(self.pubkey, namespace, data) for data in kept]
        start = hashes.index(params["last_hash"]) + 1 if params["last_hash"] in hashes else 0
        found = [self.message(namespace, data) for data in kept[start : start + self.page]]
        return {"code": 200, "body": {"messages": found, "more": start + self.page < len(kept), "t": self.now}}

    def message(self, namespace: int, data: bytes) -> dict[str, Any]:
        return {
            "hash": _hashed(self.pubkey, namespace, data),
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


def visitor(now: int = NOW, namespaces: tuple[int, ...] = OF_AN_ACCOUNT) -> Visitor:
    return Visitor(SIGNER, namespaces, Inbox(SIGNER.pubkey), Clock(lambda: now), known(*NODES))


def shelf(one: Node, kept: dict[int, list[bytes]] = MANY, **options: Any) -> Shelf:
    return Shelf(one, SIGNER.pubkey, kept, **options)


def contents(one: Visitor) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    for message in one.inbox.fresh():
        found.setdefault(message.namespace, []).append(message.data)
    return found


def read(one: Visitor, *swarm: Shelf) -> Tour:
    """A tour of the whole swarm."""
    return play(every_node(one, Tour(Swarm(tuple(each.node for each in swarm)))), shelves(*swarm))


def sorted_contents(one: Visitor) -> dict[int, list[bytes]]:
    return {namespace: sorted(data) for namespace, data in contents(one).items()}


EVERYTHING = {namespace: sorted(data) for namespace, data in MANY.items()}
