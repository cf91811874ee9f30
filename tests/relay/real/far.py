"""The owner's side: what a relay brings Session to, on its real server, and the owner with a program of their own."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote
from xml.etree import ElementTree as ET

from bridges.api import AnyEvent, Chat, Person, Posted, Receipt
from bridges.contract.world import Friend
from bridges.relay.model import Mode

from .child import Seated

OWNER = "Robin"
CARBON, CLIENT = "{urn:xmpp:carbons:2}", "{jabber:client}"
Absent = Callable[[str], NoReturn]
"""Says that something is not on this machine."""


class Far(ABC):
    """One network. `owner` is the person; `shown` is how they find a contact there."""

    title: str
    mode: Mode
    has_pictures = keeps_pictures = True
    owner: Friend
    seated: Seated

    @property
    def name(self) -> str:
        return self.seated.name

    @abstractmethod
    async def open(self, first: Posted, contact: str) -> None:
        """Go into the chat where a contact wrote for the first time."""

    @abstractmethod
    async def called(self, contact: str) -> str:
        """What that chat is called in the owner's list."""

    async def picture(self, contact: str) -> bytes | None:
        """The picture that it has there."""
        return None

    @abstractmethod
    def seen(self) -> list[AnyEvent]:
        """Everything that the owner has seen in that chat."""

    def own_from_elsewhere(self) -> list[AnyEvent]:
        """What shows there as the owner's own words, and was written on another network."""
        return []

    def returned(self) -> set[str]:
        """The ids of what the owner wrote and got back with an error, as their program shows it."""
        return set()

    def confirmed(self) -> set[str] | None:
        """The ids of what their program shows as received; None where the server keeps what nobody received."""
        return None

    def say_again(self, id: str, text: str) -> None:
        """Have their program send the same message again."""
        raise NotImplementedError

    @abstractmethod
    async def restart(self) -> None:
        """Stop the server, and start it again."""


# -- XMPP --------------------------------------------------------------------------------------------------


@asynccontextmanager
async def xmpp(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """A component of a Prosody: contacts are addresses."""
    _libraries(absent, "slixmpp", "aiohttp")
    from slixmpp import JID

    from tests.bridges.xmpp.friend import XmppFriend
    from tests.bridges.xmpp.world import component_settings, someone
    from tests.servers import prosody

    class Xmpp(Far):
        title, mode = "XMPP", Mode.GHOSTS
        owner: XmppFriend

        async def open(self, first: Posted, contact: str) -> None:
            self.owner.other = JID(first.chat.id)

        async def called(self, contact: str) -> str:
            return str(self.owner.client_roster[self.owner.other.bare]["name"])

        async def picture(self, contact: str) -> bytes | None:
            card = await self.owner.plugin["xep_0054"].get_vcard(self.owner.other)
            return base64.b64decode(card.xml.findtext(".//{vcard-temp}BINVAL") or "") or None

        def seen(self) -> list[AnyEvent]:
            return self.owner.events

        def own_from_elsewhere(self) -> list[AnyEvent]:
            sent = (one.xml.find(f"{CARBON}sent") for one in self.owner.stanzas)
            return [event for one in sent if one is not None and (event := _own(one, self.owner.boundjid.bare))]

        def returned(self) -> set[str]:
            errors = (
                one for one in self.owner.stanzas if one.tag.endswith("}message") and one.xml.get("type") == "error"
            )
            return {str(one.xml.get("id")) for one in errors}

        def confirmed(self) -> set[str]:
            receipts = (event for event in self.owner.events if isinstance(event, Receipt) and not event.read)
            return {id for receipt in receipts for id in receipt.messages}

        def say_again(self, id: str, text: str) -> None:
            message = self.owner.make_message(mto=self.owner.other, mtype="chat", mbody=text)
            message["id"], message["request_receipt"] = id, True
            message.send()

        async def restart(self) -> None:
            # What it wrote is with the server then: a program of today would keep it until it is.
            await self.owner.plugin["xep_0199"].ping(JID("localhost"))
            back = asyncio.Event()
            self.owner.add_event_handler("session_start", lambda _: back.set(), disposable=True)
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            await asyncio.wait_for(back.wait(), 20)

    missing = prosody.missing()
    if missing is not None:
        absent(missing)
    (folder / "server").mkdir()
    with prosody.running(folder / "server") as server:
        account = server.account("robin")
        async with someone(server, *account) as owner:
            far = Xmpp()
            far.owner = owner
            far.seated = _seated("xmpp-component", folder, component_settings(server, account[0]))
            yield far


def _own(carbon: ET.Element, owner: str) -> Posted | None:
    """What one device of the owner is told that another one has sent (XEP-0280)."""
    message = carbon.find(f".//{CLIENT}message")
    text = message.findtext(f"{CLIENT}body") if message is not None else None
    if message is None or not text:
        return None
    chat = Chat(id=message.get("to", ""), title="")
    return Posted(chat=chat, sender=Person(id=owner), id=message.get("id", ""), sent_at=0, text=text, own=True)


# -- Matrix ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def matrix(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """An application service of a Synapse: contacts are accounts."""
    _libraries(absent, "nio", "aiohttp")
    from bridges.matrix.reading import OUR_MARK
    from tests.bridges.matrix.friend import Friend as MatrixFriend
    from tests.bridges.matrix.world import V3
    from tests.environments import NotThere, python_with
    from tests.servers import synapse

    class Program(MatrixFriend):
        """One that shows what the relay wrote in the owner's name, too."""

        def _seen(self, room: str, event: Any) -> AnyEvent | None:
            content = event.source["content"]
            if event.sender == self.user.id and OUR_MARK in content and "body" in content:
                by = Person(id=event.sender)
                own_words.append(Posted(chat=Chat(id=room, title=""), sender=by, id=event.event_id,
                                        sent_at=event.server_timestamp, text=content["body"], own=True))  # fmt: skip
            return super()._seen(room, event)

    own_words: list[AnyEvent] = []

    class Matrix(Far):
        title, mode = "Matrix", Mode.GHOSTS
        owner: MatrixFriend

        def own_from_elsewhere(self) -> list[AnyEvent]:
            return own_words

        async def open(self, first: Posted, contact: str) -> None:
            self.owner.room = first.chat.id

        async def called(self, contact: str) -> str:
            return str(self.owner.client.rooms[self.owner.room].display_name)

        async def picture(self, contact: str) -> bytes | None:
            ghost = f"@{service.prefix}{contact}:localhost"
            answer = await self.owner.client.get_avatar(ghost)
            url = getattr(answer, "avatar_url", None)
            if not url:
                return None
            return bytes((await self.owner.client.download(url)).body)

        def seen(self) -> list[AnyEvent]:
            return self.owner.events

        async def restart(self) -> None:
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)

    try:
        python_with(Path(synapse.__file__).with_suffix(".txt"))
    except NotThere as why:
        absent(str(why))
    (folder / "server").mkdir()
    with synapse.running(folder / "server") as server:
        service = next(server.services)
        user = server.user(service.owner, exactly=True)
        server.call("PUT", f"{V3}/profile/{quote(user.id)}/displayname", {"displayname": OWNER}, user.token)
        owner = Program(server.url, user, folder / "owner", sealed=False)
        whole = {"room": {"timeline": {"limit": 1000}}}  # otherwise it hears of the last ten only
        owner.client.sync = partial(owner.client.sync, sync_filter=whole)
        await owner.start()
        far = Matrix()
        far.owner = owner
        settings = {
            "homeserver": server.url, "server": "localhost", "owner": user.id, "listen": f"127.0.0.1:{service.port}",
            "prefix": service.prefix, "as_token": service.as_token, "hs_token": service.hs_token, "receipts": "no",
        }  # fmt: skip
        far.seated = _seated("matrix-appservice", folder, settings)
        try:
            yield far
        finally:
            await owner.stop()


# -- Delta Chat --------------------------------------------------------------------------------------------


@asynccontextmanager
async def deltachat(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """An account on a mail server: contacts are groups of two."""
    _libraries(absent, "deltachat_rpc_client", "deltachat_rpc_server", "pymap", "aiosmtpd")
    from tests.bridges.deltachat.friend import DeltaChatFriend
    from tests.bridges.deltachat.world import Home, somebody
    from tests.servers import mail

    class DeltaChat(Far):
        title, mode, keeps_pictures = "Delta Chat", Mode.CHATS, False
        owner: DeltaChatFriend

        async def open(self, first: Posted, contact: str) -> None:
            self.owner.chat = int(first.chat.id)
            await asyncio.to_thread(self.owner.ask, "accept_chat", self.owner.chat)

        async def called(self, contact: str) -> str:
            return str((await self._chat())["name"])

        async def picture(self, contact: str) -> bytes | None:
            path = (await self._chat())["profileImage"]
            return await asyncio.to_thread(Path(str(path)).read_bytes) if path else None

        async def _chat(self) -> dict[str, object]:
            chat: dict[str, object] = await asyncio.to_thread(self.owner.ask, "get_basic_chat_info", self.owner.chat)
            return chat

        def seen(self) -> list[AnyEvent]:
            self.owner.forget()  # which looks, too
            return self.owner.events

        async def restart(self) -> None:
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(server.start)
            await asyncio.to_thread(self.owner.reconnect)

    with mail.running() as server, somebody(folder / "owner", server, busy=False) as owner:
        await owner.rename(OWNER)
        place = folder / "deltachat"
        place.mkdir(mode=0o700)
        home = await asyncio.to_thread(Home, place, server, owner)
        far = DeltaChat()
        far.owner = owner
        far.seated = Seated(name="deltachat", settings=home.settings(), folder=str(home.folder))
        yield far


# -- SimpleX -----------------------------------------------------------------------------------------------


@asynccontextmanager
async def simplex(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """An account of the strict double, over the WebSocket of its program: contacts are groups of two."""
    _libraries(absent, "simplex_chat", "aiohttp")
    from tests.bridges.simplex.friend import SimplexFriend
    from tests.bridges.simplex.world import over_the_program

    class Simplex(Far):
        title, mode, has_pictures = "SimpleX", Mode.CHATS, False
        owner: SimplexFriend
        chat = ""

        async def open(self, first: Posted, contact: str) -> None:
            self.owner.chat, self.chat = first.chat.id, first.chat.title

        async def called(self, contact: str) -> str:
            return self.chat

        def seen(self) -> list[AnyEvent]:
            self.owner.look()
            return self.owner.seen

        async def restart(self) -> None:
            await world.break_network()
            await world.mend_network()

    async with over_the_program(folder) as world:
        far = Simplex()
        far.owner = world.friend
        desk = world.desk()
        far.seated = Seated(name="simplex", settings=dict(desk.settings), folder=str(desk.folder))
        yield far


def _libraries(absent: Absent, *names: str) -> None:
    for name in names:
        if importlib.util.find_spec(name) is None:
            absent(f"{name} is not installed")


def _seated(name: str, folder: Path, settings: dict[str, str]) -> Seated:
    from bridges.registry import load

    place = folder / name
    place.mkdir(mode=0o700)
    usual = {setting.name: setting.default or "" for setting in load(name).about.settings}
    return Seated(name=name, settings=usual | settings, folder=str(place))


Fars = Callable[[Path, Absent], AbstractAsyncContextManager[Far]]
FARS: dict[str, Fars] = {"xmpp": xmpp, "matrix": matrix, "deltachat": deltachat, "simplex": simplex}
