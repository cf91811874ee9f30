"""A made-up account on a stand-in network, and decamp reading it: what all tests of recovery begin with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, cast

from migrate.archive.read import Archive
from migrate.demo.online import Size, Told, populate
from migrate.export import Report, export
from migrate.model import Message
from migrate.network.access import Access
from migrate.network.network import Network, connect
from migrate.session.keys import AccountKeys
from migrate.session.poll import Tour, Visitor
from migrate.sources.recovery.fetch import Fetched, Fetcher, Line
from migrate.sources.recovery.source import RecoverySource
from migrate.sources.recovery.spool import Spool
from migrate.standin.network import StandIn

NOW = 1_771_000_000_000
KEYS = AccountKeys(bytes(range(16)).ljust(32, b"\0"))
CHANGES = {"store", "delete", "delete_all", "expire", "expire_all", "delete_before"}


@contextmanager
def lively(**options: Any) -> Iterator[tuple[StandIn, Told]]:
    """A network with an account on it: its clock stands still, and everything but ports is the same each time."""
    with StandIn(lambda: NOW, Random(7).randbytes, nodes=9, **options) as network:
        yield network, populate(network, KEYS, Size(), Random(3), NOW)


@dataclass
class Restored:
    """What a run of recovery did."""

    report: Report
    fetched: Fetched


class Killed(BaseException):
    """What Ctrl-C does, at a place of the test's choosing."""


class Stopping:
    """A network that somebody's Ctrl-C reaches while it is asked."""

    def __init__(self, line: Network, left: int) -> None:
        self._line, self._left = line, left
        self.clock, self.known = line.clock, line.known

    async def collect(self, visitor: Visitor, *, enough: int | None = None) -> Tour:
        self._left -= 1
        if self._left < 0:
            raise Killed
        return await self._line.collect(visitor, enough=enough)


def restore(
    network: StandIn,
    archive: Path,
    spool: Path,
    *,
    keys: AccountKeys = KEYS,
    download: Callable[[str], bytes] | None = None,
    enough: int | None = None,
    now: int = NOW,
    stop_after: int | None = None,
) -> Restored:
    """Read the account into an archive, over onions. With `stop_after` the run is killed after so many places."""
    access = Access.of_standin(network.way_in())

    async def soon(_: float) -> None:
        await asyncio.sleep(0)

    with asyncio.Runner() as runner, Spool(spool) as kept:
        way = connect(access, now=lambda: now, random=Random(1), rng=Random(2).randbytes, sleep=soon)
        line = runner.run(way.__aenter__())
        try:
            watched = line if stop_after is None else cast("Line", Stopping(line, stop_after))
            fetched = runner.run(Fetcher(keys, kept, watched).fetch(enough=enough))
            source = RecoverySource(
                keys, kept, fetched, download or (lambda url: runner.run(line.download(url))), lambda: now
            )
            return Restored(export(source, archive, now=now), fetched)
        finally:
            runner.run(way.__aexit__(None, None, None))


def messages_in(archive: Path) -> list[Message]:
    """Everything in an archive, by conversation and time."""
    with Archive.at(archive) as opened:
        return [
            message
            for number, where in opened.numbered_conversations()
            for _, message in opened.messages(number, where.id)
        ]
