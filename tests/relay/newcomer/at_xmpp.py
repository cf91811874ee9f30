"""XMPP, on a Prosody: as a part of it, and with an account in rooms or in one chat.

What `decamp bridge setup` asks is answered as a person would, who has read the page of the network.
"""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from bridges.api import Post, Posted
from tests.patience import PATIENCE

from .place import WITH_RELAY, Absent, Place, needs
from .terminal import Command


@asynccontextmanager
async def component(folder: Path, absent: Absent) -> AsyncIterator[Place]:
    """A part of a Prosody: contacts are addresses."""
    needs(absent, "slixmpp", "aiohttp")
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
    needs(absent, "slixmpp", "aiohttp")
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
            about = await self.owner.plugin["xep_0030"].get_info(jid=JID(seen.chat.id), timeout=PATIENCE)
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
