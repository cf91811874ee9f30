"""Where a newcomer goes: each network on its real server, the owner there with a program of their own, and a stranger.

What `decamp bridge setup` asks is answered as a person would, who has read the page of the network.
"""

from __future__ import annotations

import asyncio
import importlib.util
import re
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import NoReturn

from bridges.api import Joined, Post, Posted
from bridges.contract.world import Friend

from .terminal import Command

OWNER = "Robin"
WITH_RELAY = "decamp"
"""What the chat with the relay is called, where it is made."""
Absent = Callable[[str], NoReturn]


class Place(ABC):
    """One network, as the newcomer who owns the relay and as somebody else there sees it."""

    bridge: str
    shared = False
    """Whether all contacts are in one chat, in which answers are replies."""
    owner: Friend
    stranger: Friend

    @abstractmethod
    async def set_up(self, command: Command) -> None:
        """Answer what `decamp bridge setup` asks."""

    @abstractmethod
    async def go_to(self, chat: str) -> None:
        """Have the owner's program open a chat by its id there."""

    @abstractmethod
    async def go_to_relay(self) -> None:
        """Have it open the chat with the relay itself."""

    async def is_called(self, seen: Posted) -> str:
        """Who wrote a message, as the owner's program shows it."""
        return seen.sender.name

    @abstractmethod
    async def strange_words(self, text: str) -> None:
        """Have somebody else write to the relay."""

    @abstractmethod
    def heard_by_stranger(self) -> list[str]:
        """Everything that this ever brought them."""

    async def says(self, text: str) -> None:
        """The owner writes in the chat that is open."""
        await self.owner.do(Post(key=text, text=text))


def _needs(absent: Absent, *libraries: str) -> None:
    for name in libraries:
        if importlib.util.find_spec(name) is None:
            absent(f"{name} is not installed")


# -- SimpleX -----------------------------------------------------------------------------------------------


@asynccontextmanager
async def simplex(folder: Path, absent: Absent) -> AsyncIterator[Place]:
    """The strict double, over the WebSocket of its program: contacts are groups of two."""
    _needs(absent, "simplex_chat", "aiohttp")
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


# -- XMPP --------------------------------------------------------------------------------------------------


@asynccontextmanager
async def component(folder: Path, absent: Absent) -> AsyncIterator[Place]:
    """A part of a Prosody: contacts are addresses."""
    _needs(absent, "slixmpp", "aiohttp")
    from slixmpp import JID

    from tests.bridges.xmpp.friend import XmppFriend
    from tests.bridges.xmpp.world import someone
    from tests.servers import prosody

    class Component(Place):
        bridge = "xmpp-component"
        owner: XmppFriend
        stranger: XmppFriend

        async def set_up(self, command: Command) -> None:
            await command.answer("Your own XMPP address", account[0])
            await command.answer("The name of the component", "session.localhost")
            await command.answer_unseen("The secret that the server has for it", server.secret)
            await command.says("modules_enabled")
            await command.answer("Has the server been restarted", "1")
            await command.answer("The machine of the server")  # a Prosody of one's own has the usual port; ours has not
            await command.answer("The port for components", str(server.component))
            await command.answer("Has the server been restarted", "1")

        async def go_to(self, chat: str) -> None:
            self.owner.other = JID(chat)

        async def go_to_relay(self) -> None:
            self.owner.other = JID(f"{WITH_RELAY}@session.localhost")

        async def strange_words(self, text: str) -> None:
            for address in (WITH_RELAY, "nobody"):
                self.stranger.other = JID(f"{address}@session.localhost")
                await self.stranger.do(Post(key=text, text=text))

        def heard_by_stranger(self) -> list[str]:
            return [str(one) for one in self.stranger.stanzas if "session.localhost" in one.xml.get("from", "")]

    missing = prosody.missing()
    if missing is not None:
        absent(missing)
    with prosody.running(folder) as server:
        account, other = server.account("robin"), server.account("eve")
        async with someone(server, *account) as owner, someone(server, *other) as stranger:
            there = Component()
            there.owner, there.stranger = owner, stranger
            yield there


@asynccontextmanager
async def xmpp(folder: Path, absent: Absent, *, shared: bool = False) -> AsyncIterator[Place]:
    """An account on a server of somebody else: contacts are rooms, or `shared` the one chat with the owner."""
    _needs(absent, "slixmpp", "aiohttp")
    from slixmpp import JID

    from tests.bridges.xmpp.friend import XmppFriend
    from tests.bridges.xmpp.world import someone
    from tests.servers import prosody

    class Xmpp(Place):
        bridge = "xmpp"
        owner: XmppFriend
        stranger: XmppFriend

        async def set_up(self, command: Command) -> None:
            await command.answer("Do you have an XMPP account", "1")
            await command.answer("Your XMPP address", account[0])
            await command.answer_unseen("Its password", account[1])
            # A server on the net is found by its name; this one has another port, and a certificate of its own.
            await command.answer("The machine to connect to", "127.0.0.1")
            await command.answer("Its port", str(server.c2s))
            await command.answer("How the connection is encrypted", "2")
            await command.answer("A file with the certificate", str(server.authority))
            await command.answer("What you are called in rooms")
            await command.answer("Your own XMPP address", "" if shared else own[0])
            if importlib.util.find_spec("slixmpp_omemo") is not None:
                await command.answer("Encrypt direct chats", "1")

        async def go_to(self, chat: str) -> None:
            self.owner.other, self.owner.in_room = JID(chat), chat in self.owner.accepted

        async def go_to_relay(self) -> None:
            self.owner.other, self.owner.in_room = JID(account[0]), False

        async def is_called(self, seen: Posted) -> str:
            if shared:
                return seen.text.partition(":")[0]
            about = await self.owner.plugin["xep_0030"].get_info(jid=JID(seen.chat.id), timeout=10)
            return str(about["disco_info"].xml.find(".//{*}identity").get("name"))

        async def strange_words(self, text: str) -> None:
            self.stranger.other = JID(account[0])
            await self.stranger.do(Post(key=text, text=text))

        def heard_by_stranger(self) -> list[str]:
            return [str(one) for one in self.stranger.stanzas if account[0] in one.xml.get("from", "")]

    missing = prosody.missing()
    if missing is not None:
        absent(missing)
    with prosody.running(folder) as server:
        account, own, other = server.account("relay"), server.account("robin"), server.account("eve")
        async with someone(server, *own) as owner, someone(server, *other) as stranger:
            async with someone(server, *account) as relay:  # in any program: it has the owner among its contacts
                await relay.is_friend_of(owner)
            there = Xmpp()
            there.shared = shared
            there.owner, there.stranger = owner, stranger
            yield there


def xmpp_in_one_chat(folder: Path, absent: Absent) -> AbstractAsyncContextManager[Place]:
    return xmpp(folder, absent, shared=True)


# -- Matrix ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def matrix(folder: Path, absent: Absent, *, service: bool = False) -> AsyncIterator[Place]:
    """An account on a Synapse, or with `service` a Synapse of one's own."""
    _needs(absent, "nio", "aiohttp")
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
            self.owner.room = await _known(self._relays)

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
                await _known(lambda: self.stranger.client.rooms.get(room))
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


# -- Delta Chat --------------------------------------------------------------------------------------------


@asynccontextmanager
async def deltachat(folder: Path, absent: Absent) -> AsyncIterator[Place]:
    """A mail account for the bridge: contacts are groups of two."""
    _needs(absent, "deltachat_rpc_client", "deltachat_rpc_server", "pymap", "aiosmtpd")
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
                await self.stranger.saw(Joined, lambda _: True, 30)
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


async def _known(look: Callable[[], object], seconds: float = 20.0) -> str:
    """What is looked for, once the owner's program has heard of it."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "It does not appear."
        await asyncio.sleep(0.02)
    return str(found)


PLACES: dict[str, Callable[[Path, Absent], AbstractAsyncContextManager[Place]]] = {
    "simplex": simplex,
    "xmpp-component": component,
    "xmpp": xmpp,
    "xmpp:robin": xmpp_in_one_chat,
    "matrix": matrix,
    "matrix-appservice": appservice,
    "deltachat": deltachat,
}
