"""An independent client in the room of a community: it reads what we post, and reacts to it.

It knows servers of old only, which do not blind anybody, and cannot write in rooms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from bridges.api import Post, Reacted
from bridges.contract import Seat
from tests.bridges.session.room import in_a_room
from tests.peers.peer import Peer

pytestmark = [pytest.mark.peers, pytest.mark.usefixtures("hurry")]


def test_an_independent_client_reads_what_we_post_and_we_see_how_it_reacts(
    tmp_path: Path, absent: Callable[[str], NoReturn]
) -> None:
    async def check() -> None:
        async with in_a_room(tmp_path) as world:
            server = world.server
            server.capabilities = ["reactions", "sogs"]
            with Peer.started("direct", world.standin, "Dora", absent) as dora:
                async with Seat(world) as seat:
                    sent = await seat.bridge.send(world.chat, Post(key="x", text="Grüße 👋"))
                    ((author, number, text, name),) = await asyncio.to_thread(
                        dora.read_room, server.url, server.key, "Lobby"
                    )
                    assert (author, text, name) == (world.me, "Grüße 👋", "Robin")
                    assert await asyncio.to_thread(dora.react_in_room, server.url, server.key, "Lobby", number, "🎂")
                    felt = await seat.saw(Reacted)
                    assert (felt.sender.id, felt.emojis, felt.message) == (dora.id, ("🎂",), sent.id)

    asyncio.run(check())
