"""Leave one message with the nodes that keep an account's, and learn which of them have it.

Facts: formats page of the Session network, sections 0 and 3. However often it is tried, the bytes are the same, so
that whoever gets them gets them once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError

from ..model import Json
from .answers import decoded, mapping, text
from .clock import Clock
from .errors import BadAnswer, NoAnswer
from .flow import Ask, Flow
from .nodes import Node
from .poll import Trouble
from .signers import Signer
from .storage import hash_of, info, store
from .swarm import Swarm, read_swarm

MOST_NODES = 5  # that are asked to take one message; each passes it on to the whole swarm
FINAL = {400: Trouble.BAD_REQUEST, 401: Trouble.REFUSED, 403: Trouble.BAD_REQUEST, 413: Trouble.BAD_REQUEST}


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be left, for whom, and for how long, in milliseconds."""

    pubkey: str = field(repr=False)
    namespace: int
    data: bytes = field(repr=False)
    ttl: int

    @property
    def hash(self) -> str:
        """The name that every node will give to it."""
        return hash_of(self.pubkey, self.namespace, self.data)


class Outcome(Protocol):
    """What came of asking a swarm, while it is asked."""

    swarm: Swarm
    troubles: list[tuple[Node, Trouble]]


@dataclass(slots=True)
class Delivery:
    """What came of it: delivered as soon as one node has signed that it has the message."""

    hash: str
    swarm: Swarm
    holders: set[bytes] = field(default_factory=set)
    """Ed25519 keys of nodes that signed that they have it."""
    without: dict[str, str] = field(default_factory=dict)
    """Nodes that did not take it or did not sign, and why."""
    troubles: list[tuple[Node, Trouble]] = field(default_factory=list)
    asks: int = 0

    @property
    def is_delivered(self) -> bool:
        return bool(self.holders)


def deliver(
    parcel: Parcel, swarm: Swarm, clock: Clock, known: Mapping[bytes, Node], signer: Signer | None = None
) -> Flow[Delivery]:
    """Ask one node of the swarm to take a message and pass it on; when it does not, the next, but not for ever."""
    delivery = Delivery(parcel.hash, swarm)
    yield from ask_around(delivery, lambda node: _leave(parcel, node, delivery, clock, known, signer))
    return delivery


def ask_around(outcome: Outcome, ask: Callable[[Node], Flow[Trouble | None]]) -> Flow[None]:
    """Ask one node of a swarm after the other until one has done it, or no other would; those of the last swarm named.

    The troubles that there were stand in the outcome.
    """
    waiting, met = list(outcome.swarm.nodes), set[bytes]()
    while waiting and len(met) < MOST_NODES:
        node = waiting.pop(0)
        if node.ed25519 in met:
            continue
        met.add(node.ed25519)
        trouble = yield from ask(node)
        if trouble is None:
            return
        outcome.troubles.append((node, trouble))
        if trouble in FINAL.values():
            return  # the next node would say the same
        if trouble is Trouble.WRONG_SWARM and outcome.swarm.nodes:
            waiting = list(outcome.swarm.nodes)


def _leave(
    parcel: Parcel,
    node: Node,
    delivery: Delivery,
    clock: Clock,
    known: Mapping[bytes, Node],
    signer: Signer | None,
) -> Flow[Trouble | None]:
    """Ask one node; when it does not accept the time, ask what time it is and try once more."""
    for clock_was_set in (False, True):
        request = store(parcel.pubkey, parcel.namespace, parcel.data, parcel.ttl, clock.time(node), signer)
        delivery.asks += 1
        try:
            answer = yield Ask(node, request, len(delivery.troubles) + 1)
            body = answer.json() if answer.status in {200, 421} else {}
        except NoAnswer as error:
            return Trouble.GONE if error.gone else Trouble.UNREACHABLE
        except BadAnswer:
            return Trouble.NONSENSE
        clock.learn(node, body.get("t"))
        if answer.status == 421:
            named = read_swarm(body, known)
            delivery.swarm = named if named.nodes else delivery.swarm.without(node)
            return Trouble.WRONG_SWARM
        if answer.status in {406, 425}:
            if clock_was_set or not (yield from _set_clock(node, delivery, clock)):
                return Trouble.CLOCK
            continue
        if answer.status != 200:
            return FINAL.get(answer.status, Trouble.BUSY)
        _count(body, delivery, known)
        return None if delivery.is_delivered else Trouble.NONSENSE
    return Trouble.CLOCK


def _set_clock(node: Node, delivery: Delivery, clock: Clock) -> Flow[bool]:
    delivery.asks += 1
    try:
        answer = yield Ask(node, info())
        return clock.learn(node, answer.json().get("t"))
    except (NoAnswer, BadAnswer):
        return False


def _count(body: Mapping[str, Json], delivery: Delivery, known: Mapping[bytes, Node]) -> None:
    """Who has it: a node counts when the list of all nodes has it, and its own signature of the hash is there.

    Without the list one node could invent others, with keys of its own.
    """
    nodes = {node.key: node for node in known.values()}
    for key, said in mapping(body.get("swarm")).items():
        result, node = mapping(said), nodes.get(key)
        if result.get("failed"):
            delivery.without[key] = text(result.get("reason")) or ("timeout" if result.get("timeout") else "failed")
        elif node is not None and has_signed(node, delivery.hash, result.get("signature")):
            delivery.holders.add(node.ed25519)
        else:
            delivery.without[key] = "not signed"


def has_signed(node: Node, said: str, signature: Json) -> bool:
    """Whether a node itself said this: `signature` is what the answer has in base64."""
    given = decoded(signature)
    if given is None or len(given) != sodium.crypto_sign_BYTES:
        return False
    try:
        sodium.crypto_sign_open(given + said.encode(), node.ed25519)
    except BadSignatureError:
        return False
    return True
