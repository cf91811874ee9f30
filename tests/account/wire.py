"""The shortest way from an account to the stand-in network: each request goes straight to its node, one at a time.

No onions, no retries, no waiting, so that these tests are about the account alone.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from random import Random
from typing import TypeVar

from migrate.session.attachments import parse_url
from migrate.session.clock import Clock
from migrate.session.deliver import Delivery, Parcel, deliver
from migrate.session.errors import NoAnswer
from migrate.session.flow import Answer, Ask, Flow
from migrate.session.nodes import Node
from migrate.session.poll import Tour, Visitor
from migrate.session.signers import Signer
from migrate.session.storage import Call, body_of
from migrate.session.swarm import Swarm, swarm_of
from migrate.standin.network import StandIn
from tests.standin.clients import RPC, post

Result = TypeVar("Result")


class Wire:
    """What `migrate.account` needs of the network, for one account."""

    def __init__(self, standin: StandIn, now: Clock | None = None, *, seed: int = 7) -> None:
        self.clock = now or Clock(lambda: 0)
        self.swarms: dict[str, Swarm] = {}
        self.asked: list[str] = []
        self.answers_lost = 0
        """So many requests that store something are done, and nobody hears of it."""
        self._standin, self._random = standin, Random(seed)
        self._known = {one.ed25519: Node(one.ip, one.port, one.ed25519, one.x25519) for one in standin.nodes}

    @property
    def known(self) -> Mapping[bytes, Node]:
        return self._known

    async def run(self, flow: Flow[Result]) -> Result:
        try:
            ask = next(flow)
            while True:
                try:
                    answer = self._answer(ask)
                except NoAnswer as error:
                    ask = flow.throw(error)
                else:
                    ask = flow.send(answer)
        except StopIteration as stop:
            result: Result = stop.value
            return result

    def _answer(self, ask: Ask[Call]) -> Answer:
        self.asked.append(ask.call.method)
        node = next(one for one in self._standin.nodes if one.ed25519 == ask.node.ed25519)
        try:
            status, body = post(node, RPC, body_of(ask.call))
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer("no answer") from error
        if ask.call.method == "store" and self.answers_lost:
            self.answers_lost -= 1
            raise NoAnswer("the answer was lost")
        return Answer(status, body)

    async def swarm(self, pubkey: str) -> Swarm:
        if pubkey not in self.swarms:
            nodes = list(self._known.values())
            self._random.shuffle(nodes)
            self.swarms[pubkey] = await self.run(swarm_of(pubkey, nodes, self._known, self.clock))
        return self.swarms[pubkey]

    async def collect(self, visitor: Visitor, *, enough: int | None = None) -> Tour:
        nodes = [*(await self.swarm(visitor.signer.pubkey)).nodes]
        self._random.shuffle(nodes)
        tour = Tour(Swarm(tuple(nodes)), enough)
        while (node := tour.next()) is not None:
            tour.add(await self.run(visitor.visit(node)))
        return tour

    async def deliver(self, parcel: Parcel, signer: Signer | None = None) -> Delivery:
        swarm = await self.swarm(parcel.pubkey)
        delivery = await self.run(deliver(parcel, swarm, self.clock, self._known, signer))
        self.swarms[parcel.pubkey] = delivery.swarm
        return delivery

    async def upload(self, blob: bytes) -> str:
        answer = self._standin.file_server.answer("POST", "/file", blob)
        if answer.status != 200:
            raise NoAnswer(f"the server said {answer.status}")
        return f"http://filev2.getsession.org/file/{json.loads(answer.body)['id']}"

    async def download(self, url: str) -> bytes:
        answer = self._standin.file_server.answer("GET", f"/file/{parse_url(url).id}", b"")
        if answer.status != 200:
            raise NoAnswer(f"the server said {answer.status}")
        return answer.body
