"""What becomes of messages when the mail server closes a connection, takes no mail, or lets the account in no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bridges.api import Post, Posted, State
from bridges.contract import Seat
from bridges.contract.world import says
from tests.bridges.deltachat.world import DeltaChatWorld, Home, played
from tests.patience import PATIENCE
from tests.servers.mail import MailServer

PAUSE = 30  # seconds that Delta Chat's own program waits before it sends again (read in its source, scheduler.rs)


def with_server(apart: Home, body: Callable[[DeltaChatWorld, MailServer], Awaitable[None]]) -> None:
    server = apart.server
    assert isinstance(server, MailServer)
    played(apart, lambda world: body(world, server))


def test_a_message_goes_out_though_the_server_has_closed_the_connection_for_sending(apart: Home) -> None:
    """As it has after a restart. Delta Chat finds out when it sends, and lets the message lie for half a minute."""

    async def body(world: DeltaChatWorld, server: MailServer) -> None:
        async with Seat(world) as seat:
            for text in ("before", "right after", "and again"):
                await seat.bridge.send(world.chat, Post(key=text, text=text))
                await world.friend.saw(Posted, says(text), PAUSE - 5)
                server.drop(apart.box.address, "smtp")
            assert seat.bridge.health.state is State.CONNECTED

    with_server(apart, body)


def test_who_mends_the_password_is_back_at_once_with_what_was_said_meanwhile(apart: Home) -> None:
    async def body(world: DeltaChatWorld, server: MailServer) -> None:
        async with Seat(world) as seat:
            server.stop("smtp")
            await seat.bridge.send(world.chat, Post(key="kept", text="kept meanwhile"))
            server.let_in(apart.box.address, "another password")
            server.drop(apart.box.address)
            await seat.reaches(State.BAD_CREDENTIALS)
        server.start("smtp")
        server.let_in(*apart.box)
        async with Seat(world) as later:
            await world.friend.saw(Posted, says("kept meanwhile"), PAUSE - 5)
            await world.friend.do(Post(key="x", text="are you back?"))
            await later.saw(Posted, says("are you back?"))

    with_server(apart, body)


def test_a_server_that_takes_no_mail_is_not_asked_without_an_end(apart: Home) -> None:
    """What was tried once more waits for its time: Delta Chat gives a message up at the seventh attempt."""
    attempts = 0

    async def turn_away(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal attempts
        attempts += 1
        writer.transport.abort()

    async def body(world: DeltaChatWorld, server: MailServer) -> None:
        async with Seat(world) as seat:
            server.stop("smtp")
            async with await asyncio.start_server(turn_away, "127.0.0.1", server.smtp):
                await seat.bridge.send(world.chat, Post(key="kept", text="kept for later"))
                async with asyncio.timeout(PATIENCE):
                    while attempts < 2:  # noqa: ASYNC110  nobody tells
                        await asyncio.sleep(0.02)
                await asyncio.sleep(2)
                assert attempts == 2
                assert seat.bridge.health.state is State.CONNECTED

    with_server(apart, body)
