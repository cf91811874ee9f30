"""Bring prepared bytes to where they belong, and say which nodes have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from ..session.deliver import FINAL, Parcel
from ..session.errors import BadAnswer, NoAnswer
from ..session.nodes import Node
from ..session.outgoing import Delivery
from ..session.poll import Trouble
from ..session.remove import remove
from ..session.signers import AccountSigner, Signer
from .line import Line
from .prepared import Held, Prepared, Sent
from .standing import Standing, is_group


async def post(prepared: Prepared, line: Line, standing: Standing) -> Sent:
    """Send a message, then the copy for our own devices, then delete what it takes back.

    What failed is in the result. A copy that says that something was sent is not stored before it was. Raises
    `CannotSend` for a group that we are no longer in.
    """
    sent = Sent(conversation=prepared.conversation, sent_at=prepared.sent_at)
    signer = standing.signer(prepared.conversation) if is_group(prepared.conversation) else None
    if prepared.acceptance is not None:
        held = await _leave(prepared.acceptance, line)
        sent = replace(sent, acceptance=held)
        if not held.is_there:
            return sent
    sent = replace(sent, message=await _leave(prepared.message, line, signer))
    if not sent.is_delivered:
        return sent
    if prepared.copy is not None:
        sent = replace(sent, copy=await _leave(prepared.copy, line))
    if prepared.removes:
        removed = await _remove(prepared.removes, signer or AccountSigner(standing.keys), line)
        sent = replace(sent, removed=removed)
    return sent


async def _leave(delivery: Delivery, line: Line, signer: Signer | None = None) -> Held:
    parcel = Parcel(delivery.account, delivery.namespace, delivery.data, delivery.ttl)
    try:
        found = await line.deliver(parcel, signer)
    except (NoAnswer, BadAnswer) as error:
        return Held(hash=parcel.hash, troubles=(str(error),))
    return Held(
        hash=parcel.hash,
        holders=_keys(found.holders),
        without=found.without,
        troubles=_troubles(found.troubles),
        final=any(trouble in FINAL.values() for _, trouble in found.troubles),
    )


async def _remove(hashes: Sequence[str], signer: Signer, line: Line) -> Held:
    try:
        swarm = await line.swarm(signer.pubkey)
        found = await line.run(remove(signer, hashes, swarm, line.clock, line.known))
    except (NoAnswer, BadAnswer) as error:
        return Held(troubles=(str(error),))
    return Held(holders=_keys(found.done), without=found.without, troubles=_troubles(found.troubles))


def _keys(nodes: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(sorted(node.hex() for node in nodes))


def _troubles(troubles: Iterable[tuple[Node, Trouble]]) -> tuple[str, ...]:
    return tuple(f"{node.key[:8]}: {trouble}" for node, trouble in troubles)
