"""What tests of rooms that an account makes have in common."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from slixmpp import JID
from slixmpp.xmlstream import ET, StanzaBase

from bridges.api import Posted
from bridges.contract import Seat
from tests.bridges.xmpp.friend import XmppFriend
from tests.bridges.xmpp.world import XmppWorld, account_settings, in_their_room, someone
from tests.servers.xmpp import XmppServer

ADMIN, OWNER = "http://jabber.org/protocol/muc#admin", "http://jabber.org/protocol/muc#owner"
DISCO = "{http://jabber.org/protocol/disco#info}"
TITLE = "Maya (Session)"


def play(server: XmppServer, folder: Path, body: Callable[[XmppWorld], Awaitable[None]], rooms: str = "") -> None:
    async def run() -> None:
        async with in_their_room(server, folder, rooms) as world:
            await body(world)

    asyncio.run(run())


@asynccontextmanager
async def relay(server: XmppServer, folder: Path, **settings: str) -> AsyncIterator[XmppWorld]:
    """An account that has made no room yet, and its owner, who is away."""
    ours, owner = server.account("relay"), server.account("owner")
    yield XmppWorld(server, folder, account_settings(server, *ours) | {"owner": owner[0]} | settings, "")


@asynccontextmanager
async def admin(server: XmppServer, world: XmppWorld) -> AsyncIterator[XmppFriend]:
    """The account of the bridge in another program, which may do to its rooms whatever it wants."""
    settings = world.desk().settings
    async with someone(server, settings["address"], settings["password"], "desk") as own:
        yield own


async def ask(who: XmppFriend, room: str, query: ET.Element, kind: Literal["get", "set"] = "set") -> ET.Element:
    iq = who.make_iq(ito=JID(room), itype=kind)
    iq.append(query)
    answer: ET.Element = (await iq.send()).xml  # type: ignore[no-untyped-call]  # not typed there
    return answer


def item(**attributes: str) -> ET.Element:
    query = ET.Element(f"{{{ADMIN}}}query")
    ET.SubElement(query, f"{{{ADMIN}}}item", attributes)
    return query


async def features(who: XmppFriend, room: str) -> set[str]:
    answer = await ask(who, room, ET.Element(f"{DISCO}query"), "get")
    return {one.get("var", "") for one in answer.iter(f"{DISCO}feature")}


def texts(seat: Seat) -> list[str]:
    return [event.text for event in seat.events if isinstance(event, Posted)]


async def lets_in(friend: XmppFriend, room: str, nick: str) -> bool:
    presence = friend.make_presence(pto=f"{room}/{nick}")
    presence.xml.append(ET.Element("{http://jabber.org/protocol/muc}x"))
    presence.send()

    def answers(one: StanzaBase) -> bool:
        return one.xml.tag.endswith("}presence") and one.xml.get("from", "").startswith(f"{room}/{nick}")

    answer = await friend.saw_stanza(answers)
    return bool(answer.xml.get("type") != "error")
