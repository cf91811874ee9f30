"""The world of the Delta Chat bridge: a mail server, an account of the bridge, and its owner with one of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

from bridges.api import Desk, Posted
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.deltachat.account import Account
from bridges.deltachat.bridge import DeltaChatBridge
from tests.bridges.deltachat.friend import PROGRAM, DeltaChatFriend, Phone, transport
from tests.bridges.desks import desk_of
from tests.patience import PATIENCE
from tests.servers.mail import Mailbox


class Server(Protocol):
    """A mail server that can be stopped and started."""

    @property
    def security(self) -> str: ...
    @property
    def imap(self) -> int: ...
    @property
    def smtp(self) -> int: ...
    def account(self, name: str, /) -> Mailbox: ...
    def stop(self) -> None: ...
    def start(self) -> None: ...


class Home:
    """The bridge's folder with an account in it that knows its owner. Chats are made in it, one for each test."""

    def __init__(self, folder: Path, server: Server, friend: DeltaChatFriend) -> None:
        self.folder, self.server, self.friend = folder, server, friend
        self.box = server.account("bridge")
        (folder / "core").mkdir(mode=0o700)
        with self.phone() as rpc:
            number = rpc.add_account()
            rpc.set_config(number, "bot", "1")
            rpc.add_or_update_transport(number, transport(server, self.box))
            [self.owner] = rpc.import_vcard_contents(number, friend.ask("make_vcard", [1]))
            friend.ask("import_vcard_contents", rpc.make_vcard(number, [1]))

    def phone(self) -> Phone:
        """The account without the bridge, as long as the bridge does not run."""
        return Phone(str(self.folder / "core"), rpc_server_path=PROGRAM)

    def make_chat(self) -> int:
        """A group of the bridge and its owner. Nobody knows of it until something is said in it."""
        with self.phone() as rpc:
            [number] = rpc.get_all_account_ids()
            chat: int = rpc.create_group_chat(number, "Kitchen", False)
            rpc.add_contact_to_chat(number, chat, self.owner)
            rpc.start_io(number)
            rpc.send_msg(number, chat, {"text": f"hello {chat}"})
            while not rpc.is_sending_finished():
                time.sleep(0.02)
        return chat

    def settings(self) -> dict[str, str]:
        server = self.server
        return {setting.name: setting.default or "" for setting in DeltaChatBridge.about.settings} | {
            "address": self.box.address, "password": self.box.password, "owner": str(self.owner), "certificates": "any",
            "imap_server": "127.0.0.1", "imap_port": str(server.imap), "imap_security": server.security,
            "smtp_server": "127.0.0.1", "smtp_port": str(server.smtp), "smtp_security": "plain",
        }  # fmt: skip


class DeltaChatWorld:
    """The account, and its owner."""

    bridge: type[DeltaChatBridge] = DeltaChatBridge
    patience = PATIENCE
    has_wrong = has_network = True

    def __init__(self, home: Home, chat: int) -> None:
        self.home, self.friend, self.chat = home, home.friend, str(chat)

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.home.box.password, "not-the-right-one")

    def desk(self, cursor: str | None = None, *, wrong: bool = False) -> Desk:
        settings = self.home.settings() | ({"password": "not-the-right-one"} if wrong else {})
        return desk_of(settings, self.home.folder, cursor)

    async def break_network(self) -> None:
        await asyncio.to_thread(self.home.server.stop)

    async def mend_network(self) -> None:
        """The bridge has to find out by itself."""
        await asyncio.to_thread(self.home.server.start)
        await asyncio.to_thread(self.friend.reconnect)


@contextmanager
def somebody(folder: Path, server: Server, *, busy: bool = True) -> Iterator[DeltaChatFriend]:
    """Somebody who is there."""
    with Phone(str(folder), rpc_server_path=PROGRAM) as rpc:
        yield DeltaChatFriend(rpc, server, server.account("friend"), busy=busy)


@asynccontextmanager
async def world_in(home: Home) -> AsyncIterator[DeltaChatWorld]:
    """A new chat of the bridge and its owner, both of whom are there already."""
    home.friend.forget()
    world = DeltaChatWorld(home, await asyncio.to_thread(home.make_chat))
    there = await home.friend.saw(Posted, says(f"hello {world.chat}"), 20)
    home.friend.chat = int(there.chat.id)
    await asyncio.to_thread(home.friend.ask, "accept_chat", home.friend.chat)
    yield world


def played(home: Home, body: Callable[[DeltaChatWorld], Awaitable[None]]) -> None:
    """Run something in a new chat."""

    async def all_of_it() -> None:
        async with world_in(home) as world:
            await body(world)

    asyncio.run(all_of_it())


def inside(seat: Seat) -> Account:
    """What the bridge has to do with Delta Chat's program."""
    assert isinstance(seat.bridge, DeltaChatBridge)
    return seat.bridge._ready()
