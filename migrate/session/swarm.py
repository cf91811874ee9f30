"""Which nodes keep the messages of an account: formats page of the Session network, section 2.3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..model import Json
from .answers import items
from .clock import Clock
from .errors import BadAnswer, NoAnswer
from .flow import Ask, Reading
from .nodes import Node, read_node
from .storage import Looking, get_swarm

FEWEST = 3  # with less than these left the app looks again
LARGEST = 50  # five times what the network makes of them
TRIES = 4


@dataclass(frozen=True, slots=True)
class Swarm:
    """The nodes that keep the messages of one account or group, none of them twice."""

    nodes: tuple[Node, ...]

    def without(self, node: Node) -> Swarm:
        return Swarm(tuple(one for one in self.nodes if one.ed25519 != node.ed25519))

    @property
    def is_thin(self) -> bool:
        """Whether so few are left that it is time to ask again which they are."""
        return len(self.nodes) < FEWEST


def read_swarm(body: Mapping[str, Json], known: Mapping[bytes, Node]) -> Swarm:
    """The swarm in an answer. Only nodes that the list of all nodes has too, by their keys, and as it has them:

    an answer comes from one node, and must not be able to send us anywhere.
    """
    found: dict[bytes, Node] = {}
    for state in items(body.get("snodes"))[:LARGEST]:
        node = read_node(state, "ip", ("port_https", "port"), local=True)
        if node is not None and node.ed25519 in known:
            found[node.ed25519] = known[node.ed25519]
    return Swarm(tuple(found.values()))


def swarm_of(
    pubkey: str, ask: Iterable[Node], known: Mapping[bytes, Node], clock: Clock, *, tries: int = TRIES
) -> Reading[Swarm]:
    """Ask nodes, one after the other, until one names nodes that keep the messages of `pubkey`.

    Raises the last trouble when none of `tries` nodes could say.
    """
    trouble: NoAnswer | BadAnswer = NoAnswer("There is no node that could be asked which nodes keep an account.")
    for node, _ in zip(ask, range(tries), strict=False):
        try:
            call: Looking = get_swarm(pubkey)
            answer = yield Ask(node, call)
            body = answer.json() if answer.status == 200 else {}
        except (NoAnswer, BadAnswer) as error:
            trouble = error
            continue
        clock.learn(node, body.get("t"))
        swarm = read_swarm(body, known)
        if swarm.nodes:
            return swarm
        trouble = BadAnswer("no swarm", f"A node (status {answer.status}) named no node that keeps the account.")
    raise trouble
