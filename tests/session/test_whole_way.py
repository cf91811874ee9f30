"""An account of 5,000 messages, read through onions from reordered nodes of a network that fails now and then.

All that `migrate.network` adds to this is sockets: the flow, the paths and the layers are the real ones.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

import pytest
from nacl import bindings as sodium

from migrate.session.errors import BadAnswer, NoAnswer
from migrate.session.flow import Flow
from migrate.session.nodes import Node
from migrate.session.onion import Cipher, Layer, to_node
from migrate.session.paths import Paths, Pool, Verdict
from migrate.session.poll import Visitor, collect
from migrate.session.receive import Inbox
from migrate.session.storage import OF_AN_ACCOUNT, body_of
from tests.session.played import known, swarm_answer
from tests.session.shelves import NOW, SIGNER, Shelf, visitor

Result = TypeVar("Result")
TRIES = 3
SECRETS = {bytes([number]) * 32: bytes([number ^ 0x55]) * 32 for number in range(1, 41)}
NODES = [
    Node(f"1.{number}.0.1", 1, key, sodium.crypto_scalarmult_base(secret))
    for number, (key, secret) in enumerate(SECRETS.items())
]
SWARM = NODES[:5]


@dataclass
class Network:
    """What all nodes do together: open layers, pass on, answer; or fail."""

    shelves: dict[bytes, Shelf]
    random: Random
    faults: float = 0.0
    cipher: Cipher = Cipher.AES_GCM
    posts: int = 0
    depths: Counter[int] = field(default_factory=Counter)

    def post(self, guard: Node, body: bytes) -> tuple[int, bytes]:
        """One HTTP request to a guard, as it goes through the network."""
        self.posts += 1
        fault = self.random.random()
        if fault < self.faults:
            return self.random.choice([(504, b""), (200, b"garbage"), (503, b"Service node is not ready")])
        here, depth = guard.ed25519, 0
        while True:
            size = int.from_bytes(body[:4], "little")
            sealed, said = body[4 : 4 + size], json.loads(body[4 + size :])
            if "headers" in said:
                break
            assert said.get("enc_type", "aes-gcm") == self.cipher
            if depth:
                here = bytes.fromhex(said["destination"])
            layer = Layer.as_receiver(SECRETS[here], bytes.fromhex(said["ephemeral_key"]), self.cipher)
            body, depth = layer.open(sealed), depth + 1
        self.depths[depth] += 1
        answer = json.dumps({"status": 200, "body": json.dumps(self._answer(here, json.loads(sealed)))})
        return 200, base64.b64encode(layer.seal(answer.encode(), bytes(24 if self.cipher is Cipher.XCHACHA20 else 12)))

    def _answer(self, here: bytes, request: dict[str, object]) -> dict[str, object]:
        return swarm_answer(*SWARM) if request["method"] == "get_swarm" else self.shelves[here].answer(request)


def run(flow: Flow[Result], paths: Paths, network: Network) -> Result:
    """The driver, without a socket and without waiting."""
    try:
        ask = next(flow)
        while True:
            for _ in range(TRIES):
                path = paths.pick(ask.node)
                onion = to_node(body_of(ask.call), ask.node, path.nodes, network.random.randbytes, network.cipher)
                status, body = network.post(path.guard, onion.body)
                if paths.judge(path, ask.node, status, body) is not Verdict.DELIVERED:
                    continue
                try:
                    answer = onion.node_answer(body)
                except BadAnswer:
                    paths.failed(path)
                    continue
                paths.worked(path)
                ask = flow.send(answer)
                break
            else:
                ask = flow.throw(NoAnswer("no path led there"))
    except StopIteration as stop:
        result: Result = stop.value
        return result


@pytest.mark.parametrize(
    ("faults", "cipher"),
    [(0.0, Cipher.AES_GCM), (0.0, Cipher.XCHACHA20), (0.02, Cipher.AES_GCM), (0.2, Cipher.AES_GCM)],
)
def test_everything_comes_once_in_a_bounded_number_of_requests(faults: float, cipher: Cipher) -> None:
    random = Random(7)
    messages = [b"message %d" % number for number in range(5000)]
    kept = [{0: random.sample(messages, 5000), 3: [b"contacts"]} for _ in SWARM]
    shelves = {node.ed25519: Shelf(node, SIGNER.pubkey, have, page=500) for node, have in zip(SWARM, kept, strict=True)}
    network = Network(shelves, random, faults, cipher)
    one = Visitor(SIGNER, OF_AN_ACCOUNT, Inbox(SIGNER.pubkey), visitor(NOW).clock, known(*NODES))
    tour = run(collect(one, NODES[20:]), Paths(Pool(NODES), random), network)
    found = list(one.inbox.fresh())
    assert len(found) == 5001
    assert {message.data for message in found} == {*messages, b"contacts"}
    assert tour.missing(OF_AN_ACCOUNT) == {}
    assert set(network.depths) == {4}
    if not faults:
        assert network.posts == 1 + len(SWARM) * 10
    assert network.posts <= (1 + len(SWARM) * 10) * (1 + 3 * faults)
