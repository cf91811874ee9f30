"""Plain clients of the stand-in network, which know nothing of ours."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from random import Random
from typing import Any

from nacl.signing import SigningKey

from migrate.standin.network import StandIn
from migrate.standin.node import Node
from tests.patience import PATIENCE

NOW = 1_771_000_000_000
RPC, ONION = "/storage_rpc/v1", "/onion_req/v2"


def start(**settings: Any) -> StandIn:
    """A network whose clock stands still and whose keys are the same each time."""
    return StandIn(lambda: NOW, Random(7).randbytes, **settings)


def unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def post(node: Node, path: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPSConnection(node.ip, node.port, context=unchecked(), timeout=PATIENCE)
    try:
        connection.request("POST", path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def ask(node: Node, method: str, params: dict[str, Any]) -> tuple[int, Any]:
    """Code of the answer, and its JSON or its text."""
    code, body = post(node, RPC, json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())
    try:
        return code, json.loads(body)
    except ValueError:
        return code, body.decode()


class Person:
    """An account that signs with PyNaCl."""

    def __init__(self, seed: bytes = bytes(32)) -> None:
        self._key = SigningKey(seed)
        self.ed25519 = bytes(self._key.verify_key).hex()
        self.pubkey = "05" + bytes(self._key.verify_key.to_curve25519_public_key()).hex()

    def signed(self, said: str) -> dict[str, Any]:
        signature = base64.b64encode(self._key.sign(said.encode()).signature).decode()
        return {"pubkey": self.pubkey, "pubkey_ed25519": self.ed25519, "signature": signature}

    def store(self, content: bytes, **changes: Any) -> dict[str, Any]:
        text = base64.b64encode(content).decode()
        return {"pubkey": self.pubkey, "namespace": 0, "ttl": 86_400_000, "timestamp": NOW, "data": text, **changes}

    def retrieve(self, now: int = NOW, **changes: Any) -> dict[str, Any]:
        return {"namespace": 0, "timestamp": now, **self.signed(f"retrieve{now}"), **changes}


def listed(node: Node, person: Person, **changes: Any) -> list[bytes]:
    code, body = ask(node, "retrieve", person.retrieve(**changes))
    assert code == 200, body
    return [base64.b64decode(one["data"]) for one in body["messages"]]
