"""The other server that many run: what is different there, and that the rest is as on Prosody."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from slixmpp import JID
from slixmpp.xmlstream import ET

from bridges.api import NotNow, Person, Post, Posted, Refused
from bridges.contract import CHECKS, Check, Seat
from bridges.contract.abilities import MAYA
from bridges.contract.world import says
from bridges.xmpp import elements
from bridges.xmpp.bridge import XmppBridge
from tests.bridges.xmpp.chamber import OWNER, TITLE, admin, ask, lets_in
from tests.bridges.xmpp.test_contract import AT_HOME, IN_A_ROOM, IN_OWN_ROOMS, spread
from tests.bridges.xmpp.world import at_home, direct, in_a_room, in_their_room, someone
from tests.servers.ejabberd import Ejabberd

DIRECT_CORE = {"finds_what_came_while_it_was_away", "carries_files"}
ROOM_CORE = {"finds_what_came_while_it_was_away"}
OWN_ROOM_CORE = {"carries_edits", "makes_a_chat_for_one_contact"}
HOME_CORE = {"carries_texts_as_they_are", "makes_a_chat_for_one_contact"}


@pytest.mark.parametrize("check", spread([*CHECKS], DIRECT_CORE))
def test_an_account_keeps_the_contract_in_a_direct_chat(check: Check, ejabberd: Ejabberd, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(direct, ejabberd, tmp_path)))


@pytest.mark.parametrize("check", spread(IN_A_ROOM, ROOM_CORE))
def test_an_account_keeps_the_contract_in_a_room(check: Check, ejabberd: Ejabberd, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(in_a_room, ejabberd, tmp_path)))


@pytest.mark.parametrize("check", spread(IN_OWN_ROOMS, OWN_ROOM_CORE))
def test_an_account_keeps_the_contract_in_a_room_of_its_own(check: Check, ejabberd: Ejabberd, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(in_their_room, ejabberd, tmp_path)))


@pytest.mark.parametrize("check", spread(AT_HOME, HOME_CORE))
def test_a_component_keeps_the_contract_with_its_owner(check: Check, ejabberd: Ejabberd, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(at_home, ejabberd, tmp_path)))


def test_a_room_is_closed_to_everybody_else(ejabberd: Ejabberd, tmp_path: Path) -> None:
    async def run() -> None:
        async with in_their_room(ejabberd, tmp_path) as world, someone(ejabberd, *ejabberd.account("eve")) as eve:
            assert not await lets_in(eve, world.chat, "eve")

    asyncio.run(run())


def test_a_room_that_was_destroyed_is_made_anew_with_the_owner_asked_in(ejabberd: Ejabberd, tmp_path: Path) -> None:
    async def run() -> None:
        async with in_their_room(ejabberd, tmp_path) as world, Seat(world) as seat, admin(ejabberd, world) as own:
            bridge = seat.bridge
            assert isinstance(bridge, XmppBridge)
            assert bridge._stream is not None
            room = bridge._rooms.pop(world.chat)  # so that it does not hear of it
            query = ET.Element(f"{{{OWNER}}}query")
            ET.SubElement(query, f"{{{OWNER}}}destroy")
            await ask(own, world.chat, query)
            await bridge._stream.ping()
            bridge._rooms[world.chat] = room
            with pytest.raises(NotNow, match="lost us"):
                await bridge.send(world.chat, Post(key="1", text="here again"))
            await bridge.send(world.chat, Post(key="1", text="here again"))
            await world.friend.saw(Posted, says("here again"))
            async with someone(ejabberd, *ejabberd.account("eve")) as eve:
                assert not await lets_in(eve, world.chat, "eve")
            assert (await seat.bridge.open_chat(TITLE, MAYA)).id == world.chat

    asyncio.run(run())


@pytest.mark.parametrize("privilege", [elements.PRIVILEGE, "urn:xmpp:privilege:1"], ids=["none", "as it has them"])
def test_a_contact_asks_to_be_let_in_and_what_nobody_would_see_is_refused(
    ejabberd: Ejabberd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, privilege: str
) -> None:
    """Its privileges of 23.01 are none that help: it fails at setting a roster, and shows own words to nobody."""
    monkeypatch.setattr(elements, "PRIVILEGE", privilege)

    async def run() -> None:
        async with at_home(ejabberd, tmp_path) as world, Seat(world) as seat:
            noor = await seat.bridge.open_chat("Noor", Person(id="05" + "cd" * 32, name="Noor"))
            asked = await world.friend.saw_stanza(
                lambda one: one.xml.get("type") == "subscribe" and one.xml.get("from") == noor.id
            )
            assert asked.xml.findtext("{http://jabber.org/protocol/nick}nick") == "Noor"
            card = await world.friend.plugin["xep_0054"].get_vcard(JID(noor.id))
            assert card["vcard_temp"]["FN"] == "Noor"
            with pytest.raises(Refused, match="as the owner"):
                await seat.bridge.send(noor.id, Post(key="own", text="mine", as_owner=True))

    asyncio.run(run())
