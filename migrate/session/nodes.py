"""Storage nodes: what is known of one, and lists of them as seeds, nodes and saved files give them.

Facts: formats page of the Session network, sections 2.1 and 2.2. A list is taken node by node: one that cannot be
used is counted and left out, and never costs the others.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import msgspec
from nacl import bindings as sodium

from ..model import Json
from .answers import number, read_json, text
from .errors import BadAnswer

KEY_BYTES = 32
MOST_NODES = 20_000  # ten times as many as there have ever been
BLOCK_MS = 120_000
FIELDS = ("public_ip", "storage_port", "pubkey_x25519", "pubkey_ed25519", "requested_unlock_height", "height")


@dataclass(frozen=True, slots=True)
class Node:
    """One storage node: where it listens, and the keys by which it is known and written to."""

    ip: str
    port: int
    ed25519: bytes = field(repr=False)
    x25519: bytes = field(repr=False)
    unlock_height: int = field(default=0, repr=False, compare=False)

    @property
    def key(self) -> str:
        """Its Ed25519 key in hex: the name that paths and answers call it by."""
        return self.ed25519.hex()

    @property
    def neighbourhood(self) -> str:
        """Its /24 network, where one owner often has many nodes."""
        return self.ip.rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class NodeList:
    """The nodes that one answer or file named, at which height of the chain, and how many of them were unusable."""

    nodes: tuple[Node, ...]
    height: int = 0
    dropped: int = 0

    def after(self, milliseconds: int) -> NodeList:
        """What is likely to be left of an old list: nodes whose owners had asked to leave by then are not."""
        height = self.height + max(0, milliseconds) // BLOCK_MS
        left = tuple(node for node in self.nodes if not 0 < node.unlock_height <= height)
        return NodeList(left, self.height, self.dropped + len(self.nodes) - len(left))

    def to_json(self) -> bytes:
        """The list as a seed would answer it, so that a saved file is read as an answer is."""
        states = [
            {
                "public_ip": node.ip,
                "storage_port": node.port,
                "pubkey_x25519": node.x25519.hex(),
                "pubkey_ed25519": node.key,
                "requested_unlock_height": node.unlock_height,
            }
            for node in self.nodes
        ]
        return msgspec.json.encode({"result": {"service_node_states": states, "height": self.height}})


def node_list_request() -> bytes:
    """What a seed is asked: every active node. Without a limit, as the app asks, so that nobody stands out."""
    params = {"active_only": True, "fields": dict.fromkeys(FIELDS, True)}
    return msgspec.json.encode({"jsonrpc": "2.0", "method": "get_n_service_nodes", "params": params})


def read_node_list(body: bytes, *, local: bool = False) -> NodeList:
    """The usable nodes of a seed's answer, of a node's answer to the same question, or of a saved list.

    `local` lets addresses of this machine and its surroundings pass, which only a stand-in network has: nobody else
    may make us connect there.
    """
    answer = read_json(body)
    result = answer.get("result", answer)
    states = result.get("service_node_states") if isinstance(result, Mapping) else None
    if not isinstance(result, Mapping) or not isinstance(states, list) or len(states) > MOST_NODES:
        raise BadAnswer("no node list", "A seed answered something that is no list of nodes.")
    nodes = _once(read_node(state, "public_ip", ("storage_port",), local=local) for state in states)
    return NodeList(nodes, number(result.get("height")) or 0, len(states) - len(nodes))


def read_node(state: Json, ip: str, ports: tuple[str, ...], *, local: bool = False) -> Node | None:
    """One node of a list, or nothing if it cannot be used. `ip` and `ports` are the names its fields have there."""
    if not isinstance(state, Mapping):
        return None
    address = text(state.get(ip))
    port = next(islice(_ports(state.get(name) for name in ports), 1), None)
    ed25519, x25519 = _key(state.get("pubkey_ed25519")), _key(state.get("pubkey_x25519"))
    if address is None or not _reachable(address, local=local) or port is None or ed25519 is None or x25519 is None:
        return None
    try:
        sodium.crypto_scalarmult(bytes([1]) * KEY_BYTES, x25519)
    except RuntimeError:  # a key with which everybody shares the same secret
        return None
    return Node(address, port, ed25519, x25519, number(state.get("requested_unlock_height")) or 0)


def agreed(lists: Iterable[NodeList], least: int = 24) -> tuple[Node, ...]:
    """The nodes that all lists name, or none if fewer than `least`: then seeds have to be asked again."""
    first, *others = [one.nodes for one in lists] or [()]
    common = tuple(node for node in first if all(node in other for other in map(set, others)))
    return common if len(common) >= least else ()


def _once(nodes: Iterable[Node | None]) -> tuple[Node, ...]:
    return tuple({node.ed25519: node for node in nodes if node is not None}.values())


def _ports(values: Iterable[Json]) -> Iterator[int]:
    """Ports as numbers: swarm answers have one of them as text."""
    for value in values:
        port = (
            int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6 else value
        )
        if isinstance(port, int) and not isinstance(port, bool) and 0 < port < 1 << 16:
            yield port


def _key(value: Json) -> bytes | None:
    """The 32 bytes of a key in hex. `fromhex` skips blanks, so the length of the text is checked too."""
    try:
        return bytes.fromhex(value) if isinstance(value, str) and len(value) == 2 * KEY_BYTES else None
    except ValueError:
        return None


def _reachable(address: str, *, local: bool) -> bool:
    try:
        ip = ipaddress.IPv4Address(address)
    except ValueError:
        return False
    return not ip.is_unspecified and (ip.is_global or local)
