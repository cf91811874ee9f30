"""Delete messages from a swarm, and learn which of its nodes have done so.

Facts: formats page of the Session network, section 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..model import Json
from .answers import items, mapping, text
from .clock import Clock
from .deliver import FINAL, ask_around, has_signed
from .errors import BadAnswer, NoAnswer
from .flow import Ask, Flow
from .nodes import Node
from .poll import Trouble
from .signers import Signer
from .storage import delete
from .swarm import Swarm, read_swarm


@dataclass(slots=True)
class Removal:
    """What came of it. A node that never had the messages has done its part too."""

    swarm: Swarm
    done: set[bytes] = field(default_factory=set)
    """Ed25519 keys of nodes that signed that they have none of them any more."""
    without: dict[str, str] = field(default_factory=dict)
    """Nodes that did not delete or did not sign, and why."""
    troubles: list[tuple[Node, Trouble]] = field(default_factory=list)


def remove(
    signer: Signer, hashes: Sequence[str], swarm: Swarm, clock: Clock, known: Mapping[bytes, Node]
) -> Flow[Removal]:
    """Ask one node of the swarm to delete messages everywhere; when it does not, the next, but not for ever."""
    removal = Removal(swarm)
    yield from ask_around(removal, lambda node: _ask(signer, hashes, node, removal, clock, known))
    return removal


def _ask(
    signer: Signer,
    hashes: Sequence[str],
    node: Node,
    removal: Removal,
    clock: Clock,
    known: Mapping[bytes, Node],
) -> Flow[Trouble | None]:
    try:
        answer = yield Ask(node, delete(signer, hashes), len(removal.troubles) + 1)
        body = answer.json() if answer.status in {200, 421} else {}
    except NoAnswer as error:
        return Trouble.GONE if error.gone else Trouble.UNREACHABLE
    except BadAnswer:
        return Trouble.NONSENSE
    clock.learn(node, body.get("t"))
    if answer.status == 421:
        named = read_swarm(body, known)
        removal.swarm = named if named.nodes else removal.swarm.without(node)
        return Trouble.WRONG_SWARM
    if answer.status != 200:
        return FINAL.get(answer.status, Trouble.BUSY)
    _count(signer.pubkey, hashes, body, removal, known)
    return None if removal.done else Trouble.NONSENSE


def _count(
    pubkey: str, hashes: Sequence[str], body: Mapping[str, Json], removal: Removal, known: Mapping[bytes, Node]
) -> None:
    """Whose signature is there, below what was asked and what was deleted; only nodes that the list of all has."""
    nodes = {node.key: node for node in known.values()}
    for key, said in mapping(body.get("swarm")).items():
        result, node = mapping(said), nodes.get(key)
        gone = [name for name in map(text, items(result.get("deleted"))) if name is not None]
        signed = "".join([pubkey, *hashes, *gone])
        if result.get("failed"):
            removal.without[key] = text(result.get("reason")) or ("timeout" if result.get("timeout") else "failed")
        elif node is not None and has_signed(node, signed, result.get("signature")):
            removal.done.add(node.ed25519)
        else:
            removal.without[key] = "not signed"
