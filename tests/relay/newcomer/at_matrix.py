"""Matrix, on a Synapse: with an account, and as an application service.

What `decamp bridge setup` asks is answered as a person would, who has read the page of the network.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from bridges.api import Post, Posted

from .place import WITH_RELAY, Absent, Place, known, needs
from .terminal import Command


@asynccontextmanager
async def matrix(folder: Path, absent: Absent, *, service: bool = False) -> AsyncIterator[Place]:
    """An account on a Synapse, or with `service` a Synapse of one's own."""
    needs(absent, "nio", "aiohttp")
    from urllib.parse import quote

    from tests.bridges.matrix.friend import Friend as MatrixFriend
    from tests.bridges.matrix.world import V3
    from tests.environments import NotThere, python_with
    from tests.servers import synapse

    class Matrix(Place):
        bridge = "matrix"
        owner: MatrixFriend
        stranger: MatrixFriend

        async def set_up(self, command: Command) -> None:
            await command.answer("The homeserver", server.url)
            await command.answer("The account that decamp uses", bot.id)
            await command.answer_unseen("Its password", bot.password)
            await command.answer("Your own Matrix address", self.owner.user.id)
            await command.answer("Whether rooms that are made here are encrypted")
            await command.answer("Whether others see what was read here")

        async def go_to(self, chat: str) -> None:
            self.owner.room = chat

        async def is_called(self, seen: Posted) -> str:
            return str(self.owner.client.rooms[seen.chat.id].display_name)

        async def go_to_relay(self) -> None:
            self.owner.room = await known(self._relays)

        def _relays(self) -> str | None:
            rooms = self.owner.client.rooms.items()
            return next((id for id, room in rooms if room.display_name == WITH_RELAY), None)

        async def strange_words(self, text: str) -> None:
            """Somebody whom the owner asked into this very room."""
            room = self._relays()
            assert room is not None
            if not self.stranger.room:
                self.stranger.room = room
                invited: dict[str, object] = {"user_id": self.stranger.user.id}
                server.call("POST", f"{V3}/rooms/{quote(room)}/invite", invited, self.owner.user.token)
                await known(lambda: self.stranger.client.rooms.get(room))
            await self.stranger.do(Post(key=text, text=text))

        def heard_by_stranger(self) -> list[str]:
            """They are in the same room, and see what the owner is answered; anything twice was not for the owner."""
            texts = [event.text for event in self.owner.events if isinstance(event, Posted)]
            return [text for text in texts if texts.count(text) > 1]

    class Service(Matrix):
        bridge = "matrix-appservice"

        async def set_up(self, command: Command) -> None:
            await command.answer("The address where the homeserver answers", server.url)
            await command.answer("The name of the homeserver", "localhost")
            await command.answer("Your own Matrix address", self.owner.user.id)
            await command.answer("Where decamp waits for the homeserver", f"127.0.0.1:{port}")
            await command.answer("What the addresses of contacts begin with")
            file = Path(re.sub(r"\s", "", (await command.says(r"\S*registration\.yaml"))))
            await command.answer("Whether others see what was read here")
            await command.says("Has the homeserver been restarted")
            await asyncio.to_thread(server.learns, file)
            await command.answer("")

    try:
        python_with(Path(synapse.__file__).with_suffix(".txt"))
    except NotThere as why:
        absent(str(why))
    with synapse.running(folder) as server:
        bot, port = server.user("relay"), next(server.services).port
        owner = MatrixFriend(server.url, server.user("robin"), folder / "owner", sealed=not service)
        stranger = MatrixFriend(server.url, server.user("eve"), folder / "stranger", sealed=not service)
        await owner.start()
        await stranger.start()
        there = Service() if service else Matrix()
        there.owner, there.stranger = owner, stranger
        try:
            yield there
        finally:
            await owner.stop()
            await stranger.stop()


def appservice(folder: Path, absent: Absent) -> AbstractAsyncContextManager[Place]:
    return matrix(folder, absent, service=True)
