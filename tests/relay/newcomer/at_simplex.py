"""SimpleX, on the strict double over the WebSocket of its program.

What `decamp bridge setup` asks is answered as a person would, who has read the page of the network.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridges.api import Post, Posted

from .place import OWNER, Absent, Place, needs
from .terminal import Command


@asynccontextmanager
async def simplex(folder: Path, absent: Absent) -> AsyncIterator[Place]:
    """The strict double, over the WebSocket of its program: contacts are groups of two."""
    needs(absent, "simplex_chat", "aiohttp")
    from tests.bridges.simplex.friend import SimplexFriend
    from tests.servers.simplex import Account, Network, join
    from tests.servers.simplex_ways import Program

    class Simplex(Place):
        bridge = "simplex"
        owner: SimplexFriend
        stranger: SimplexFriend

        async def set_up(self, command: Command) -> None:
            await command.answer("How shall decamp reach SimpleX", "1")
            await command.answer("The machine of the program")
            await command.answer("The port that the program was started with", str(program.port))
            await command.answer("Does it run", "1")
            await command.answer("What the account is called", "Relay")
            await command.answer("Shall a group be made for each contact", "1")
            link = await command.says(r"https://\S+/i#\S+")
            self.owner.ask(f"/_connect 1 {link}")

        async def go_to(self, chat: str) -> None:
            self.owner.chat = chat

        async def go_to_relay(self) -> None:
            [contact] = self.owner.account.contacts
            self.owner.chat = f"@{contact}"

        async def is_called(self, seen: Posted) -> str:
            return seen.chat.title

        async def strange_words(self, text: str) -> None:
            if not self.stranger.chat:
                _, theirs = join(account, self.stranger.account, next(account.numbers),
                                 next(self.stranger.account.numbers), "")  # fmt: skip
                self.stranger.chat = f"@{theirs.id}"
            await self.stranger.do(Post(key=text, text=text))

        def heard_by_stranger(self) -> list[str]:
            self.stranger.look()
            return [event.text for event in self.stranger.seen if isinstance(event, Posted)]

    network = Network()
    account = Account(network)
    program = Program(account)
    there = Simplex()
    for name in ("owner", "stranger"):
        (folder / name).mkdir()
    there.owner = SimplexFriend(Account(network, OWNER), folder / "owner")
    there.stranger = SimplexFriend(Account(network, "Eve"), folder / "stranger")
    await program.start()
    try:
        yield there
    finally:
        await program.stop()
