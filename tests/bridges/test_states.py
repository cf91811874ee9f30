"""What a bridge says and does when its server is gone or lets nobody in: few words, few questions, and patience."""

from __future__ import annotations

import asyncio
import importlib.util
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from bridges.api import Desk, Post, Posted, State
from bridges.contract import Seat, World
from bridges.contract.world import says
from tests.patience import PATIENCE
from tests.servers.gate import Gate
from tests.speed import slowness

WINDOW = 4.0
"""Seconds in which a server that is gone is asked. Pauses begin with one, and each is longer than the one before."""
AT_MOST = 6
Absent = Callable[[str], NoReturn]
Worlds = Callable[[Path, Absent], AbstractAsyncContextManager[tuple[World, Gate]]]


def needs(absent: Absent, *libraries: str) -> None:
    for name in libraries:
        if importlib.util.find_spec(name) is None:
            absent(f"{name} is not installed")


def through(world: World, gate: Gate, **settings: str) -> tuple[World, Gate]:
    """The same world, whose bridge reaches its server only through the gate."""
    straight = world.desk

    def desk(cursor: str | None = None, *, wrong: bool = False) -> Desk:
        at = straight(cursor, wrong=wrong)
        return replace(at, settings={**at.settings, **settings})

    world.desk = desk  # type: ignore[method-assign]  # only this one object is led through the gate
    return world, gate


@asynccontextmanager
async def opened(port: int) -> AsyncIterator[Gate]:
    gate = Gate(port)
    await gate.open()
    try:
        yield gate
    finally:
        await gate.close()


@asynccontextmanager
async def xmpp(folder: Path, absent: Absent) -> AsyncIterator[tuple[World, Gate]]:
    needs(absent, "slixmpp")
    from tests.bridges.xmpp.world import direct
    from tests.servers import prosody

    if (missing := prosody.missing()) is not None:
        absent(missing)
    place = folder / "prosody"
    place.mkdir()
    with prosody.running(place) as server:
        async with direct(server, folder) as world, opened(server.c2s) as gate:
            yield through(world, gate, port=str(gate.port))


@asynccontextmanager
async def deltachat(folder: Path, absent: Absent) -> AsyncIterator[tuple[World, Gate]]:
    needs(absent, "deltachat_rpc_client", "deltachat_rpc_server")
    from tests.bridges.deltachat.world import Home, somebody, world_in
    from tests.servers import mail

    if (missing := mail.missing()) is not None:
        absent(missing)
    place = folder / "bridge"
    place.mkdir()
    with mail.running() as server, somebody(folder / "friend", server) as friend:
        async with world_in(Home(place, server, friend)) as world, opened(server.imap) as gate:
            yield through(world, gate, imap_port=str(gate.port))


@asynccontextmanager
async def simplex(folder: Path, absent: Absent) -> AsyncIterator[tuple[World, Gate]]:
    needs(absent, "simplex_chat")
    from tests.bridges.simplex.world import over_the_program

    async with over_the_program(folder) as world, opened(world.program.port) as gate:
        yield through(world, gate, port=str(gate.port))


class Closed:
    """A port behind which nobody is any more: every attempt is counted and turned away."""

    def __init__(self, port: int) -> None:
        self._port, self.tried = port, 0
        self.is_tried, self.is_too_much = asyncio.Event(), asyncio.Event()

    async def __aenter__(self) -> Closed:
        self._server = await asyncio.start_server(self._turn_away, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _turn_away(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tried += 1
        writer.transport.abort()
        self.is_tried.set()
        if self.tried > AT_MOST:
            self.is_too_much.set()


@pytest.mark.parametrize("worlds", [xmpp, pytest.param(deltachat, marks=pytest.mark.long), simplex])
def test_a_server_that_stops_is_asked_a_few_times_and_found_again(
    worlds: Worlds, tmp_path: Path, absent: Absent
) -> None:
    """Matrix and Session have such tests of their own, which count in other ways."""

    async def scene() -> None:
        async with worlds(tmp_path, absent) as (world, gate), Seat(world) as seat:
            await gate.close()
            began = time.process_time()
            async with Closed(gate.port) as closed:
                await seat.reaches(State.INTERRUPTED)
                health = seat.bridge.health
                assert health.said
                assert health.todo
                await asyncio.wait_for(closed.is_tried.wait(), PATIENCE)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(closed.is_too_much.wait(), WINDOW)
            assert time.process_time() - began < 2 * slowness()
            await gate.open()
            await seat.reaches(State.CONNECTED, seconds=2 * PATIENCE)
            await world.friend.do(Post(key="back", text="are you back?"))
            await seat.saw(Posted, says("are you back?"))

    asyncio.run(scene())


@pytest.mark.parametrize("worlds", [xmpp, deltachat])
def test_who_is_not_let_in_asks_no_more(worlds: Worlds, tmp_path: Path, absent: Absent) -> None:
    async def scene() -> None:
        async with (
            worlds(tmp_path, absent) as (world, gate),
            Seat(world, wrong=True, until=State.BAD_CREDENTIALS) as seat,
        ):
            assert 0 < gate.passed <= AT_MOST
            assert "decamp bridge setup" in seat.bridge.health.todo
            await gate.close()
            async with Closed(gate.port) as closed:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(closed.is_too_much.wait(), 2)
                assert closed.tried == 0
            assert seat.bridge.health.state is State.BAD_CREDENTIALS

    asyncio.run(scene())


def test_an_expired_certificate_is_named_and_waited_for(tmp_path: Path, absent: Absent) -> None:
    """It is the server's own authority that expired: nothing is sent until there is a new one, and then by itself."""

    async def scene() -> None:
        from tests.bridges.xmpp.world import XmppWorld

        async with xmpp(tmp_path, absent) as (world, _):
            assert isinstance(world, XmppWorld)
            await world.break_network()
            await asyncio.to_thread(world.server.certify, -1)
            await world.mend_network()
            async with Seat(world, until=State.INTERRUPTED) as seat:
                health = seat.bridge.health
                assert "localhost is not valid: certificate has expired" in health.said
                assert "renew" in health.todo
                assert not [secret for secret in world.secrets if secret in f"{health}"]
                await world.break_network()
                await asyncio.to_thread(world.server.certify, 30)
                await world.mend_network()
                await seat.reaches(State.CONNECTED)

    asyncio.run(scene())
