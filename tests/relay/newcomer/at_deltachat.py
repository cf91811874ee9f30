"""Delta Chat, on a mail server.

What `decamp bridge setup` asks is answered as a person would, who has read the page of the network.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridges.api import Joined, Post, Posted

from .place import OWNER, Absent, Place, needs
from .terminal import Command


@asynccontextmanager
async def deltachat(folder: Path, absent: Absent) -> AsyncIterator[Place]:
    """A mail account for the bridge: contacts are groups of two."""
    needs(absent, "deltachat_rpc_client", "deltachat_rpc_server", "pymap", "aiosmtpd")
    from tests.bridges.deltachat.friend import DeltaChatFriend
    from tests.bridges.deltachat.world import somebody
    from tests.servers import mail

    class DeltaChat(Place):
        bridge = "deltachat"
        owner: DeltaChatFriend
        stranger: DeltaChatFriend
        link, relay = "", 0

        async def set_up(self, command: Command) -> None:
            await command.answer("Which account shall the bridge have", "1")
            await command.answer("What the bridge is called")
            await command.answer("The mail address of the bridge", box.address)
            await command.answer_unseen("Its password", box.password)
            await command.answer("The machine where its mail lies", "127.0.0.1")
            await command.answer("The port there", str(server.imap))
            await command.answer("How the connection there is encrypted", "4")
            await command.answer("The machine that sends its mail", "127.0.0.1")
            await command.answer("The port there", str(server.smtp))
            await command.answer("How the connection there is encrypted", "4")
            await command.answer("Which certificates", "3")
            await command.answer("A file with your contact")
            self.link = await command.says(r"https://i\.delta\.chat/\S+|OPENPGP4FPR:\S+")
            self.relay = await asyncio.to_thread(self.owner.ask, "secure_join", self.link)
            await command.answer(f"{OWNER} has come. Is that you", "1")

        async def go_to(self, chat: str) -> None:
            self.owner.chat = int(chat)
            await asyncio.to_thread(self.owner.ask, "accept_chat", self.owner.chat)

        async def go_to_relay(self) -> None:
            self.owner.chat = self.relay

        async def is_called(self, seen: Posted) -> str:
            about = await asyncio.to_thread(self.owner.ask, "get_basic_chat_info", int(seen.chat.id))
            return str(about["name"])

        async def strange_words(self, text: str) -> None:
            if not self.stranger.chat:
                self.stranger.chat = await asyncio.to_thread(self.stranger.ask, "secure_join", self.link)
                await self.stranger.saw(Joined, lambda _: True)
            await self.stranger.do(Post(key=text, text=text))

        def heard_by_stranger(self) -> list[str]:
            self.stranger.forget()
            return [event.text for event in self.stranger.events if isinstance(event, Posted)]

    with (
        mail.running() as server,
        somebody(folder / "owner", server, busy=False) as owner,
        somebody(folder / "stranger", server) as stranger,
    ):
        box = server.account("relay")
        await owner.rename(OWNER)
        there = DeltaChat()
        there.owner, there.stranger = owner, stranger
        yield there
