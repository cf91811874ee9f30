"""SimpleX: an account of the strict double, over the WebSocket of its program, and the owner with another one."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridges.api import AnyEvent, Posted
from bridges.relay.model import Mode
from tests.bridges.simplex.friend import SimplexFriend
from tests.bridges.simplex.world import SimplexWorld, over_the_program
from tests.servers.simplex import Account

from .child import Seated
from .far import Far, Heard


class Simplex(Far):
    """Contacts are groups of two. The relay logs in with nothing: the program is the account, or has none any more."""

    title, mode, keeps_pictures = "SimpleX", Mode.CHATS, False
    file_limit = 1 << 30
    owner: SimplexFriend

    def __init__(self, world: SimplexWorld) -> None:
        self._world, self.owner = world, world.friend
        self._chat = ""
        desk = world.desk()
        self.seated = Seated(name="simplex", settings=dict(desk.settings), folder=str(desk.folder))

    async def open(self, first: Posted, contact: str) -> None:
        self.owner.chat, self._chat = first.chat.id, first.chat.title

    async def called(self, contact: str) -> str:
        return self._chat

    async def picture(self, contact: str) -> bytes | None:
        self.owner.look()
        image = self.owner.account.group(int(self.owner.chat[1:])).room.profile.get("image")
        return base64.b64decode(str(image).partition(",")[2]) if image else None

    def seen(self) -> list[AnyEvent]:
        self.owner.look()
        return self.owner.seen

    async def reads(self, message: str) -> None:
        """Who opens a chat has read all of it, and what disappears begins to."""
        self.owner.account.see()

    async def restart(self) -> None:
        await self._world.break_network()
        await self._world.mend_network()

    @asynccontextmanager
    async def stranger(self, contact: str, text: str) -> AsyncIterator[Heard]:
        """They open the relay's own address, which lets nobody in who was not accepted: so they cannot even write."""
        stranger = Account(self._world.network, text)
        [address] = self._world.network.addresses
        answer = stranger.command(f"/_connect 1 {address}")
        assert answer["type"] != "chatCmdError", answer

        async def heard() -> list[str]:
            found = []
            while (event := stranger.next_event()) is not None:
                found.append(event)
            return found

        yield heard

    async def shut_out(self) -> None:
        self._user, self._world.account.user = self._world.account.user, None
        await self.restart()

    async def let_in(self) -> None:
        self._world.account.user = self._user

    def attempts(self) -> int:
        return self._world.account.log.count("/user")


@asynccontextmanager
async def home(folder: Path) -> AsyncIterator[Far]:
    async with over_the_program(folder) as world:
        yield Simplex(world)
