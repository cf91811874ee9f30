"""What a component does beyond the contract: faces for contacts, the owner's own words, and silence for all others."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from slixmpp import JID
from slixmpp.exceptions import IqError
from slixmpp.xmlstream import ET

from bridges.api import CannotDo, Delete, Person, Post, Posted, Reference, Refused, State
from bridges.contract import Seat
from bridges.contract.abilities import MAYA
from bridges.contract.world import says
from bridges.xmpp.component import XmppComponentBridge
from bridges.xmpp.stream import Declined
from tests.bridges.xmpp.world import XmppWorld, at_home, someone
from tests.patience import PATIENCE
from tests.servers.prosody import Prosody

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)


def play(server: Prosody, folder: Path, body: Callable[[XmppWorld], Awaitable[None]]) -> None:
    async def run() -> None:
        async with at_home(server, folder) as world:
            await body(world)

    asyncio.run(run())


def test_a_contact_stands_in_the_owners_list_without_being_asked_for(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            chat = await seat.bridge.open_chat("Noor", Person(id="05" + "cd" * 32, name="Noor"))
            await world.friend.saw_stanza(lambda one: chat.id in str(one) and "jabber:iq:roster" in str(one))
            item = world.friend.client_roster[chat.id]
            assert (item["name"], item["subscription"], item["groups"]) == ("Noor", "both", ["Session"])

    play(server, tmp_path, body)


def test_a_contact_has_a_name_and_a_picture_also_after_a_restart(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        picture = tmp_path / "maya.png"
        picture.write_bytes(PICTURE)
        async with Seat(world) as seat:
            await seat.bridge.dress_person(MAYA, picture)
        picture.unlink()
        async with Seat(world) as seat:
            await seat.bridge.dress_person(Person(id=MAYA.id, name="Maya ✨"), None)
            card = await world.friend.plugin["xep_0054"].get_vcard(JID(world.chat))
            assert card["vcard_temp"]["FN"] == "Maya ✨"
            assert base64.b64decode(card.xml.findtext(".//{vcard-temp}BINVAL") or "") == PICTURE

    play(server, tmp_path, body)


def test_the_name_and_the_picture_that_were_given_last_hold_although_an_earlier_picture_takes_longer(
    server: Prosody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, hurry = XmppComponentBridge._keep, threading.Event()
    slow, quick = tmp_path / "slow.png", tmp_path / "quick.png"
    slow.write_bytes(PICTURE + b"slow")
    quick.write_bytes(PICTURE + b"quick")

    def keep(bridge: XmppComponentBridge, picture: Path) -> str:
        if picture == slow:
            hurry.wait(PATIENCE)
        return true(bridge, picture)

    monkeypatch.setattr(XmppComponentBridge, "_keep", keep)

    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            first = asyncio.create_task(seat.bridge.dress_person(Person(id=MAYA.id, name="Maya"), slow))
            second = asyncio.create_task(seat.bridge.dress_chat(world.chat, "Maya Lin", quick))
            third = asyncio.create_task(seat.bridge.dress_chat(world.chat, "Maya Lind", None))
            await world.friend.plugin["xep_0054"].get_vcard(JID(world.chat))  # all three have begun
            hurry.set()
            await asyncio.gather(first, second, third)
            card = await world.friend.plugin["xep_0054"].get_vcard(JID(world.chat))
            assert card["vcard_temp"]["FN"] == "Maya Lind"
            assert base64.b64decode(card.xml.findtext(".//{vcard-temp}BINVAL") or "") == quick.read_bytes()

    play(server, tmp_path, body)


def test_why_a_component_is_declined_is_told_as_the_server_says_it(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            assert isinstance(seat.bridge, XmppComponentBridge)
            with pytest.raises(Declined, match="The answer was service-unavailable"):
                await seat.bridge._ask("get", "localhost", ET.Element("{urn:nobody:knows:this}query"))

    play(server, tmp_path, body)


def test_what_the_owner_wrote_elsewhere_shows_as_theirs_and_does_not_come_back(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            sent = await seat.bridge.send(world.chat, Post(key="own", text="written in Session", as_owner=True))
            copy = await world.friend.saw_stanza(lambda one: "written in Session" in str(one))
            assert copy.xml.find("{urn:xmpp:carbons:2}sent") is not None
            assert sent.id is not None
            away = Delete(key="gone", message=Reference(id=sent.id), as_owner=True)
            await seat.bridge.send(world.chat, away)
            await world.friend.do(Post(key="end", text="end"))
            await seat.saw(Posted, says("end"))
            assert [event.text for event in seat.events if isinstance(event, Posted)] == ["end"]

    play(server, tmp_path, body)


def test_a_stranger_gets_no_answer_and_is_not_heard(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat, someone(server, *server.account("stranger")) as stranger:
            stranger.send_message(mto=JID(world.chat), mbody="anybody?", mtype="chat")
            stranger.send_presence_subscription(pto=world.chat, ptype="subscribe")
            with pytest.raises(IqError, match="service-unavailable"):
                await stranger.plugin["xep_0054"].get_vcard(JID(world.chat))
            await world.friend.do(Post(key="end", text="end"))
            await seat.saw(Posted, says("end"))
            assert [event.text for event in seat.events if isinstance(event, Posted)] == ["end"]
            heard = [one for one in stranger.stanzas if str(one.xml.get("from", "")).startswith(world.chat)]
            assert not [one for one in heard if not one.tag.endswith("iq") and one.xml.get("type") != "unavailable"]

    play(server, tmp_path, body)


def test_the_owner_is_told_when_nobody_is_there_to_take_their_words(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        id = await world.friend.do(Post(key="away", text="are you there?"))
        error = await world.friend.saw_stanza(lambda one: one.xml.get("id") == id and one.xml.get("type") == "error")
        assert error.xml.get("from") == world.chat

    play(server, tmp_path, body)


def test_what_was_written_long_ago_keeps_its_time(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            await seat.bridge.send(world.chat, Post(key="old", text="long ago", sent_at=1_600_000_000_000))
            stanza = await world.friend.saw_stanza(lambda one: "long ago" in str(one))
            delay = stanza.xml.find("{urn:xmpp:delay}delay")
            assert delay is not None
            assert delay.get("stamp") == "2020-09-13T12:26:40.000Z"

    play(server, tmp_path, body)


def test_only_the_contact_themselves_writes_in_their_chat(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            other = Person(id="05" + "cd" * 32, name="Noor")
            with pytest.raises(Refused):
                await seat.bridge.send(world.chat, Post(key="p", text="as somebody else", persona=other))
            with pytest.raises(CannotDo):
                await seat.bridge.open_chat("a group")
            with pytest.raises(Refused):
                await seat.bridge.send("nobody@session.localhost", Post(key="n", text="to nobody"))

    play(server, tmp_path, body)


def test_a_secret_that_was_changed_stops_it_with_words_that_help(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        old = server.secret
        async with Seat(world) as seat:
            await world.break_network()
            server.secret = "another-secret"
            server.configure()
            await world.mend_network()
            try:
                await seat.reaches(State.BAD_CREDENTIALS)
                assert "secret" in seat.bridge.health.said
                assert "setup" in seat.bridge.health.todo or "set the bridge up" in seat.bridge.health.todo.lower()
            finally:
                await world.break_network()
                server.secret = old
                server.configure()
                await world.mend_network()

    play(server, tmp_path, body)
