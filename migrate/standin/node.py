"""A storage node: it answers what is meant for it, and opens one layer of what is meant for others."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nacl import bindings as sodium

from .community import CommunityServer
from .faults import Faults
from .files import FileServer
from .http import Reply, Request
from .layers import KeyPair, Random, Sealing, split
from .refused import Refused
from .rpc import Rpc, Storage
from .sealed import PATH

RPC, ONION = "/storage_rpc/v1", "/onion_req/v2"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as whoever got it saw it. `depth` counts the layers that were opened before: 0 came directly."""

    number: int
    where: str
    what: str
    pubkey: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a node knows beside itself."""

    nodes: Sequence[Node]
    storage: Storage
    files: FileServer
    communities: Sequence[CommunityServer]
    faults: Faults
    random: Random
    saw: Callable[[str, str, str, int], Seen]


class Node:
    """One node: where it listens, its keys, and its answers."""

    def __init__(self, index: int, ip: str, seed: bytes) -> None:
        self.index, self.ip, self.port = index, ip, 0
        self.ed25519, self._secret = sodium.crypto_sign_seed_keypair(seed)
        self._pair = KeyPair(sodium.crypto_sign_ed25519_sk_to_curve25519(self._secret))
        self.x25519 = self._pair.public

    @property
    def key(self) -> str:
        return self.ed25519.hex()

    @property
    def name(self) -> str:
        return f"node {self.index}"

    def sign(self, said: bytes) -> str:
        return base64.b64encode(sodium.crypto_sign(said, self._secret)[:64]).decode("ascii")

    def in_swarm(self) -> dict[str, object]:
        return {
            "pubkey_legacy": self.key, "pubkey_x25519": self.x25519.hex(), "pubkey_ed25519": self.key,
            "ip": self.ip, "port": str(self.port), "port_https": self.port, "port_omq": self.port,
            "port_quic": self.port, "address": f"{self.index}.snode",
        }  # fmt: skip

    def as_state(self) -> dict[str, object]:
        return {
            "public_ip": self.ip, "storage_port": self.port, "pubkey_x25519": self.x25519.hex(),
            "pubkey_ed25519": self.key, "requested_unlock_height": 0,
        }  # fmt: skip

    async def handle(self, around: Surroundings, request: Request) -> Reply | None:
        """A request that came over a connection to this node."""
        if request.method != "POST" or request.path not in {RPC, ONION}:
            return Reply(404, b"Not found", "text/plain")
        if request.path == ONION:
            return await self.peel(around, request.body, 0)
        seen = around.saw(self.name, *_asked(request.body), 0)
        if (strange := await self._fault(around, seen)) is not _HEALTHY:
            return strange
        code, body = Rpc(around.storage, self.index).answer(request.body)
        return _plain(code, body)

    async def peel(self, around: Surroundings, frame: bytes, depth: int) -> Reply | None:
        """Open one layer and pass on what is in it, or answer it."""
        try:
            closed, said = split(frame)
            sealing = Sealing.between(self._pair, said.get("ephemeral_key"), said.get("enc_type"))
            plain = sealing.open(closed)
            inside, route = split(plain)
        except Refused as refusal:
            around.saw(self.name, "unreadable onion", "", depth)
            return _plain(refusal.code, refusal.body)
        meant_for_us = "headers" in route
        seen = around.saw(self.name, *(_asked(inside) if meant_for_us else ("onion", "")), depth)
        if (strange := await self._fault(around, seen)) is not _HEALTHY:
            return strange
        if meant_for_us:
            return self._sealed(around, sealing, inside, route)
        if "host" in route:
            return await self._to_server(around, plain, route)
        return await self._onward(around, inside, route, depth)

    def _sealed(self, around: Surroundings, sealing: Sealing, inside: bytes, route: dict[str, object]) -> Reply:
        code, body = Rpc(around.storage, self.index).answer(inside)
        said = body if route.get("json") is True or isinstance(body, str) else json.dumps(body)
        if self.index in around.faults.wrong_key:
            sealing = Sealing(around.random(32), sealing.xchacha20)
        answer = sealing.close(json.dumps({"status": code, "body": said}).encode(), around.random)
        return Reply(200, answer if route.get("base64") is False else base64.b64encode(answer), "text/plain")

    async def _to_server(self, around: Surroundings, plain: bytes, route: dict[str, object]) -> Reply:
        """Only our own servers are known here, the file server by any of its names: the stand-in looks no further."""
        for server in around.communities:
            if (route.get("host"), route.get("port"), route.get("protocol")) == (server.host, server.port, "http"):
                return self._to_community(around, server, plain, route)
        if route.get("target") != "/oxen/v4/lsrpc" or around.faults.files_down:
            return _plain(504 if around.faults.files_down else 400, "Request to the server failed")
        if route.get("host") not in {around.files.host, "filev2.getsession.org"}:
            return _plain(502, "The stand-in reaches nothing beyond itself")
        around.saw("files", "lsrpc", "", 0)
        return around.files.sealed(plain)

    def _to_community(
        self, around: Surroundings, server: CommunityServer, plain: bytes, route: dict[str, object]
    ) -> Reply:
        down = server.index in around.faults.communities_down
        if down or route.get("target") != PATH:
            return _plain(504 if down else 400, "Request to the server failed")
        around.saw(f"community {server.index}", "lsrpc", "", 0)
        return server.sealed(plain)

    async def _onward(self, around: Surroundings, inside: bytes, route: dict[str, object], depth: int) -> Reply | None:
        destination = route.get("destination")
        lost = around.faults.unknown | around.faults.down
        for node in around.nodes:
            if node.key == destination and node.index not in lost:
                rest = {name: route[name] for name in ("ephemeral_key", "enc_type") if name in route}
                frame = len(inside).to_bytes(4, "little") + inside + json.dumps(rest).encode()
                reply = await node.peel(around, frame, depth + 1)
                return _plain(504, "Request to the next node timed out") if reply is None else reply
        return _plain(502, f"Next node not found: {destination}")

    async def _fault(self, around: Surroundings, seen: Seen) -> Reply | None:
        """What goes wrong with this request, if anything does: see `Faults`."""
        faults = around.faults
        wait = faults.slow.get(self.index, 0.0) + faults.slow_requests.get(seen.number, 0.0)
        if wait:
            await asyncio.sleep(wait)
        if self.index in faults.down or faults.drops(seen.number):
            return None
        if self.index in faults.statuses:
            return _plain(*faults.statuses[self.index])
        return _HEALTHY


_HEALTHY = Reply(200)


def _asked(body: bytes) -> tuple[str, str]:
    """Method and account of a request, for the list of requests. A batch names what it holds."""
    try:
        said = json.loads(body)
        params = said["params"]
        inner = params.get("requests", [])
        what = str(said["method"]) + (f"({', '.join(str(one['method']) for one in inner)})" if inner else "")
        pubkeys = [str(one["params"].get("pubkey", "")) for one in inner] or [str(params.get("pubkey", ""))]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "unreadable", ""
    return what, pubkeys[0]


def _plain(code: int, body: str | dict[str, object]) -> Reply:
    if isinstance(body, str):
        return Reply(code, body.encode(), "text/plain")
    return Reply(code, json.dumps(body).encode())
