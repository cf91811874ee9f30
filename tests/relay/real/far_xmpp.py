"""XMPP: a component of a Prosody, and the owner with a program made with slixmpp."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

from slixmpp import JID

from bridges.api import AnyEvent, Chat, Person, Posted, Receipt
from bridges.relay.model import Mode
from tests.bridges.xmpp.friend import XmppFriend
from tests.bridges.xmpp.world import component_settings, someone
from tests.patience import PATIENCE
from tests.servers import prosody

from .far import Absent, Far, Heard, seated

CARBON, CLIENT, DELAY = "{urn:xmpp:carbons:2}", "{jabber:client}", "{urn:xmpp:delay}"


class Xmpp(Far):
    """Contacts are addresses."""

    title, mode = "XMPP", Mode.GHOSTS
    has_double_puppets = True
    file_limit = 20 * 1024 * 1024
    owner: XmppFriend

    def __init__(self, server: prosody.Prosody, owner: XmppFriend) -> None:
        self._server, self.owner = server, owner
        self._secret = server.secret

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

    def minutes(self, events: Sequence[Posted]) -> list[str]:
        messages = (one.xml for one in self.owner.stanzas if one.tag.endswith("}message"))
        inside = (one if (copy := one.find(f".//{CARBON}sent//{CLIENT}message")) is None else copy for one in messages)
        times = {one.get("id"): one.find(f"{DELAY}delay") for one in inside}
        return [delay.get("stamp", "")[:16].replace("T", " ") if (delay := times[one.id]) is not None else ""
                for one in events]  # fmt: skip

    def returned(self) -> set[str]:
        errors = (one for one in self.owner.stanzas if one.tag.endswith("}message") and one.xml.get("type") == "error")
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
        return (self._server.folder / "prosody.log").read_text("utf-8").count("<not-authorized")


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
    missing = prosody.missing()
    if missing is not None:
        absent(missing)
    (folder / "server").mkdir()
    with prosody.running(folder / "server") as server:
        account = server.account("robin")
        async with someone(server, *account) as owner:
            far = Xmpp(server, owner)
            far.seated = seated("xmpp-component", folder, component_settings(server, account[0]))
            yield far
