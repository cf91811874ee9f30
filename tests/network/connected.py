"""A client of the stand-in network whose pauses take no time, and what an account of it does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, TypeVar

from migrate.network.access import Access, Patience
from migrate.network.network import Network, connect
from migrate.session.deliver import Parcel
from migrate.session.keys import AccountKeys
from migrate.session.poll import Visitor
from migrate.session.receive import Inbox
from migrate.session.signers import AccountSigner
from migrate.session.storage import OF_AN_ACCOUNT
from migrate.standin.network import StandIn
from tests.patience import PATIENCE
from tests.standin.clients import NOW

Result = TypeVar("Result")
KEYS = AccountKeys(bytes(range(32)))
SIGNER = AccountSigner(KEYS)
DAY = 86_400_000
IMPATIENT = Patience(connect=1.0, seed=1.0, node=0.4, file=0.5)
"""For tests in which somebody is too slow, and for no others: on a busy machine everybody may be so for a moment."""
NODES = 9


@dataclass
class Pauses:
    """How long somebody would have waited."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


def way_to(standin: StandIn, **changes: Any) -> Access:
    return replace(Access.of_standin(standin.way_in()), **changes)


async def until(happened: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for something that the stand-in does in its own thread."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110  another thread sets no event of this loop
            await asyncio.sleep(0.005)


def online(
    access: Access,
    work: Callable[[Network], Awaitable[Result]],
    *,
    pauses: Pauses | None = None,
    now: int = NOW,
    seed: int = 1,
) -> Result:
    """Connect, do the work, and be gone."""

    async def connected() -> Result:
        random = Random(seed)
        async with connect(
            access, now=lambda: now, random=random, rng=Random(seed).randbytes, sleep=pauses or Pauses()
        ) as network:
            return await work(network)

    return asyncio.run(connected())


def visitor(network: Network) -> Visitor:
    return Visitor(SIGNER, OF_AN_ACCOUNT, Inbox(SIGNER.pubkey), network.clock, network.known)


def parcel(data: bytes = b"a message") -> Parcel:
    return Parcel(SIGNER.pubkey, 0, data, DAY)
