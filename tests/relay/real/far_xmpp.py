"""XMPP: a component or an account on a server of our own, and the owner with a program made with slixmpp."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol
from xml.etree import ElementTree as ET

from slixmpp import JID
from slixmpp.exceptions import IqError

from bridges.api import AnyEvent, Chat, Person, Posted, Receipt
from bridges.relay.model import Mode
from tests.bridges.xmpp.friend import XmppFriend
from tests.bridges.xmpp.world import account_settings, component_settings, someone
from tests.patience import PATIENCE
from tests.servers import ejabberd, prosody
from tests.servers.xmpp import XmppServer

from .far import Absent, Far, Heard, seated
from .waiting import soon

CARBON, CLIENT, DELAY = "{urn:xmpp:carbons:2}", "{jabber:client}", "{urn:xmpp:delay}"


class Xmpp(Far):
    """Contacts are addresses."""

    title, mode = "XMPP", Mode.GHOSTS
    has_double_puppets = True
    file_limit = 20 * 1024 * 1024
    owner: XmppFriend

    def __init__(self, server: XmppServer, owner: XmppFriend) -> None:
        self._server, self.owner = server, owner
        self._secret = server.secret

    async def open(self, first: Posted, contact: str) -> None:
        self.owner.other = JID(first.chat.id)

    async def called(self, contact: str) -> str:
        """As the owner's list has it; where the server lets nobody write into that, as the contact's card has it."""
        listed = str(self.owner.client_roster[self.owner.other.bare]["name"])
        if listed:
            return listed
        card = await self.owner.plugin["xep_0054"].get_vcard(self.owner.other)
        return str(card["vcard_temp"]["FN"])

    async def picture(self, contact: str) -> bytes | None:
        try:
            card = await self.owner.plugin["xep_0054"].get_vcard(self.owner.other)
        except IqError as error:
            if error.condition != "item-not-found":
                raise
            return None  # a room has none until somebody gives it one
        return base64.b64decode(card.xml.findtext(".//{vcard-temp}BINVAL") or "") or None

    def seen(self) -> list[AnyEvent]:
        return self.owner.events

    def own_from_elsewhere(self) -> list[AnyEvent]:
        sent = (one.xml.find(f"{CARBON}sent") for one in self.owner.stanzas)
        return [event for one in sent if one is not None and (event := _own(one, self.owner.boundjid.bare))]

    def minutes(self, events: Sequence[Posted]) -> list[str]:
        messages = (one.xml for one in self.owner.stanzas if one.tag.endswith("}message"))
        inside = (one if (copy := one.find(f".//{CARBON}sent//{CLIENT}message")) is None else copy for one in messages)
        times = {one.get("id"): one.find(f"{DELAY}delay") for one in inside}
        return [delay.get("stamp", "")[:16].replace("T", " ") if (delay := times[one.id]) is not None else ""
                for one in events]  # fmt: skip

    def returned(self) -> set[str]:
        errors = (one for one in self.owner.stanzas if one.tag.endswith("}message") and one.xml.get("type") == "error")
        return {str(one.xml.get("id")) for one in errors}

    def confirmed(self) -> set[str] | None:
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
        await asyncio.to_thread(self._server.stop)
        await asyncio.to_thread(self._server.start)
        await asyncio.wait_for(back.wait(), PATIENCE)

    @asynccontextmanager
    async def stranger(self, contact: str, text: str) -> AsyncIterator[Heard]:
        async with someone(self._server, *self._server.account("stranger")) as stranger:
            stranger.send_message(mto=self.owner.other, mbody=text, mtype="chat")

            async def heard() -> list[str]:
                await stranger.plugin["xep_0199"].ping(JID("localhost"))
                theirs = (one for one in stranger.stanzas if one.xml.get("from", "").startswith(self.owner.other.bare))
                return [str(one) for one in theirs if one.xml.get("type") != "unavailable"]

            yield heard

    async def shut_out(self) -> None:
        await self._change(secrets.token_hex(12))

    async def let_in(self) -> None:
        await self._change(self._secret)

    async def _change(self, secret: str) -> None:
        self._server.secret = secret
        self._server.configure()
        await self.restart()

    def attempts(self) -> int:
        return self._server.said().count("<not-authorized")


class OnEjabberd(Xmpp):
    """The same with a server that shows nobody what a component writes as the owner."""

    has_double_puppets = False


class Rooms(Xmpp):
    """Contacts are rooms that an account makes."""

    mode, has_double_puppets = Mode.CHATS, False

    async def open(self, first: Posted, contact: str) -> None:
        self.owner.other, self.owner.in_room = JID(first.chat.id), True

    async def called(self, contact: str) -> str:
        about = await self.owner.plugin["xep_0030"].get_info(self.owner.other)
        names = [name for *_, name in about["disco_info"]["identities"]]
        return str(names[0] or "")

    def seen(self) -> list[AnyEvent]:
        """Each once: whoever comes back into a room is shown its last messages again, under the same ids."""
        posted = {event.id: event for event in self.owner.events if isinstance(event, Posted)}
        return list(posted.values()) + [event for event in self.owner.events if not isinstance(event, Posted)]

    def confirmed(self) -> set[str] | None:
        return None  # a room keeps what nobody received

    async def restart(self) -> None:
        before = self._entered()
        await super().restart()
        await soon(lambda: self._entered() > before)

    def _entered(self) -> int:
        """How often the owner was told that they are in the room now."""
        there = f"{self.owner.other.bare}/friend"
        own = (one.xml for one in self.owner.stanzas if one.xml.get("from") == there)
        return sum(one.tag.endswith("}presence") and one.get("type") is None for one in own)


def _own(carbon: ET.Element, owner: str) -> Posted | None:
    """What one device of the owner is told that another one has sent (XEP-0280)."""
    message = carbon.find(f".//{CLIENT}message")
    text = message.findtext(f"{CLIENT}body") if message is not None else None
    if message is None or not text:
        return None
    chat = Chat(id=message.get("to", ""), title="")
    return Posted(chat=chat, sender=Person(id=owner), id=message.get("id", ""), sent_at=0, text=text, own=True)


@asynccontextmanager
async def home(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """A component of a Prosody."""
    async with _with_owner(folder, absent, prosody) as (server, owner):
        yield _at_home(Xmpp(server, owner), server, folder)


@asynccontextmanager
async def home_on_ejabberd(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """A component of an ejabberd."""
    async with _with_owner(folder, absent, ejabberd) as (server, owner):
        yield _at_home(OnEjabberd(server, owner), server, folder)


@asynccontextmanager
async def rooms(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """An account on a Prosody."""
    async with _with_owner(folder, absent, prosody) as (server, owner):
        yield _in_rooms(server, owner, folder)


@asynccontextmanager
async def rooms_on_ejabberd(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """An account on an ejabberd."""
    async with _with_owner(folder, absent, ejabberd) as (server, owner):
        yield _in_rooms(server, owner, folder)


class Program(Protocol):
    """What makes a server: a module of tests/servers."""

    def missing(self) -> str | None: ...

    def running(self, folder: Path) -> AbstractContextManager[XmppServer]: ...


@asynccontextmanager
async def _with_owner(folder: Path, absent: Absent, program: Program) -> AsyncIterator[tuple[XmppServer, XmppFriend]]:
    missing = program.missing()
    if missing is not None:
        absent(missing)
    (folder / "server").mkdir()
    with program.running(folder / "server") as server:
        async with someone(server, *server.account("robin")) as owner:
            yield server, owner


def _at_home(far: Xmpp, server: XmppServer, folder: Path) -> Far:
    far.seated = seated("xmpp-component", folder, component_settings(server, far.owner.boundjid.bare))
    return far


def _in_rooms(server: XmppServer, owner: XmppFriend, folder: Path) -> Far:
    far = Rooms(server, owner)
    settings = account_settings(server, *server.account("relay")) | {"owner": owner.boundjid.bare}
    far.seated = seated("xmpp", folder, settings)
    return far
