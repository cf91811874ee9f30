"""Delta Chat: an account on a mail server, and the owner with Delta Chat's own core."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridges.api import AnyEvent, MarkRead, Posted, Reference
from bridges.relay.model import Mode
from tests.bridges.deltachat.friend import DeltaChatFriend
from tests.bridges.deltachat.world import Home, somebody
from tests.servers import mail

from .child import Seated
from .far import OWNER, Far, Heard
from .waiting import soon


class DeltaChat(Far):
    """Contacts are groups of two."""

    title, mode, keeps_pictures = "Delta Chat", Mode.CHATS, False
    file_limit = 18_874_368
    owner: DeltaChatFriend

    def __init__(self, server: mail.MailServer, home: Home, folder: Path) -> None:
        self._server, self._home, self._folder = server, home, folder
        self.owner = home.friend
        self.seated = Seated(name="deltachat", settings=home.settings(), folder=str(home.folder))

    async def open(self, first: Posted, contact: str) -> None:
        self.owner.chat = int(first.chat.id)
        await asyncio.to_thread(self.owner.accept)

    async def called(self, contact: str) -> str:
        return str((await self._chat())["name"])

    async def picture(self, contact: str) -> bytes | None:
        path = (await self._chat())["profileImage"]
        return await asyncio.to_thread(Path(str(path)).read_bytes) if path else None

    async def _chat(self) -> dict[str, object]:
        chat: dict[str, object] = await asyncio.to_thread(self.owner.ask, "get_basic_chat_info", self.owner.chat)
        return chat

    def seen(self) -> list[AnyEvent]:
        self.owner.look()
        return self.owner.events

    async def reads(self, message: str) -> None:
        await self.owner.do(MarkRead(key=message, message=Reference(id=message)))

    async def restart(self) -> None:
        await asyncio.to_thread(self._server.stop)
        await asyncio.to_thread(self._server.start)
        await asyncio.to_thread(self.owner.reconnect)

    @asynccontextmanager
    async def stranger(self, contact: str, text: str) -> AsyncIterator[Heard]:
        """They know the relay's address and key, as anybody may, and write to it directly: its groups are closed."""
        [relay] = [id for id in self.owner.ask("get_chat_contacts", self.owner.chat) if id != 1]
        card = self.owner.ask("make_vcard", [relay])
        with somebody(self._folder / "stranger", self._server) as stranger:
            [there] = stranger.ask("import_vcard_contents", card)
            stranger.chat = stranger.ask("create_chat_by_contact_id", there)
            stranger.ask("send_msg", stranger.chat, {"text": text})
            await soon(stranger.rpc.is_sending_finished)

            async def heard() -> list[str]:
                stranger.look()
                return [str(event) for event in stranger.events if isinstance(event, Posted)]

            yield heard

    async def shut_out(self) -> None:
        """The owner's own connections stay: their program would take half a minute to find out that one is gone."""
        self._server.let_in(self._home.box.address, "another password")
        self._server.drop(self._home.box.address)

    async def let_in(self) -> None:
        self._server.let_in(*self._home.box)

    def attempts(self) -> int:
        return self._server.logins(self._home.box.address)


@asynccontextmanager
async def home(folder: Path) -> AsyncIterator[Far]:
    with mail.running() as server, somebody(folder / "owner", server, busy=False) as owner:
        await owner.rename(OWNER)
        place = folder / "deltachat"
        place.mkdir(mode=0o700)
        yield DeltaChat(server, await asyncio.to_thread(Home, place, server, owner), folder)
