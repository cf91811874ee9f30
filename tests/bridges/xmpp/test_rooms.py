"""Rooms that an account makes for contacts, on a real server: who gets in, and what they are called."""

from __future__ import annotations

import asyncio
import shutil
from base64 import b64decode
from pathlib import Path

import pytest
from slixmpp import JID
from slixmpp.xmlstream import ET

from bridges.api import BadSetting, Person, Post, Posted, Refused
from bridges.contract import Seat
from bridges.contract.abilities import MAYA
from bridges.contract.world import says
from bridges.xmpp import opening
from bridges.xmpp.bridge import XmppBridge
from tests.bridges.xmpp.chamber import DISCO, TITLE, ask, features, lets_in, play, relay, texts
from tests.bridges.xmpp.world import XmppWorld, account_settings, someone
from tests.servers.prosody import Prosody


def test_a_room_is_closed_hidden_and_named_after_its_contact(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat, someone(server, *server.account("eve")) as eve:
            assert {"muc_membersonly", "muc_hidden", "muc_persistent", "muc_semianonymous"} <= await features(
                world.friend, world.chat
            )
            assert not await lets_in(eve, world.chat, "eve")
            await seat.bridge.send(world.chat, Post(key="hello", text="hello"))
            seen = await world.friend.saw(Posted, says("hello"))
            assert seen.sender.name == TITLE
            assert MAYA.id[:12] not in world.chat, "nobody reads the Session ID in the address"

    play(server, tmp_path, body)


def test_the_owner_is_known_by_their_account_whatever_they_are_called(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            world.friend.send_presence(pto=f"{world.chat}/{'Somebody Else'}")
            await world.friend.saw_stanza(lambda one: one.xml.get("from") == f"{world.chat}/Somebody Else")
            world.friend.send_message(mto=JID(world.chat), mbody="it is me", mtype="groupchat")
            here = await seat.saw(Posted, says("it is me"))
            assert (here.sender.id, here.own) == (world.friend.boundjid.bare, False)
        world.friend.send_presence(pto=f"{world.chat}/Third Name")  # while nobody sees who takes it
        await world.friend.saw_stanza(lambda one: one.xml.get("from") == f"{world.chat}/Third Name")
        world.friend.send_message(mto=JID(world.chat), mbody="still me", mtype="groupchat")
        async with Seat(world, seat.cursor) as later:
            assert (await later.saw(Posted, says("still me"))).sender.id == world.friend.boundjid.bare

    play(server, tmp_path, body)


def test_what_we_wrote_under_an_older_name_never_comes_back_as_the_owners(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            await seat.bridge.send(world.chat, Post(key="old", text="by the old name"))
            await seat.bridge.dress_chat(world.chat, "Maya Lin (Session)", None)
            await seat.bridge.send(world.chat, Post(key="new", text="by the new name"))
            assert (await world.friend.saw(Posted, says("by the old name"))).sender.name == TITLE
            assert (await world.friend.saw(Posted, says("by the new name"))).sender.name == "Maya Lin (Session)"
        async with Seat(world) as later:  # without a cursor: all that the room has kept is read again
            await world.friend.do(Post(key="end", text="end"))
            await later.saw(Posted, says("end"))
            assert texts(later) == ["end"]
            assert [chat.title async for chat in later.bridge.chats() if chat.id == world.chat] == [
                "Maya Lin (Session)"
            ]

    play(server, tmp_path, body)


@pytest.mark.parametrize("rooms", ["", "forgetful"])
def test_a_room_has_the_picture_of_its_contact_where_rooms_have_pictures(
    server: Prosody, tmp_path: Path, rooms: str
) -> None:
    picture = tmp_path / "maya.png"
    picture.write_bytes(b"\x89PNG" + bytes(1000))

    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            await seat.bridge.dress_chat(world.chat, "Maya Lin", picture)
            about = await ask(world.friend, world.chat, ET.Element(f"{DISCO}query"), "get")
            assert [one.get("name") for one in about.iter(f"{DISCO}identity")] == ["Maya Lin"]
            if rooms:
                return
            card = await world.friend.plugin["xep_0054"].get_vcard(JID(world.chat))
            assert b64decode(card.xml.findtext(".//{vcard-temp}BINVAL") or "") == picture.read_bytes()
            picture.write_bytes(bytes(200_000))
            with pytest.raises(Refused, match="200000 bytes"):
                await seat.bridge.dress_chat(world.chat, "Maya Lin", picture)

    play(server, tmp_path, body, rooms)


@pytest.mark.parametrize(
    ("name", "nick"),
    [("👍", "05ab...abab"), ("", "05ab...abab"), ("y" * 10_000, "y" * 60), ("<b>/x&\x00", "<b>/x&\ufffd")],
    ids=["signs", "nothing", "ten thousand", "markup"],
)
def test_odd_names_become_names_that_a_room_takes(server: Prosody, tmp_path: Path, name: str, nick: str) -> None:
    async def run() -> None:
        async with relay(server, tmp_path) as world, Seat(world) as seat:
            chat = await seat.bridge.open_chat(name, MAYA)
            assert isinstance(seat.bridge, XmppBridge)
            assert (seat.bridge._rooms[chat.id].nick or "").strip("\ufffd ") == nick.strip("\ufffd ")
            assert 0 < len(chat.title) <= opening.LONGEST_TITLE

    asyncio.run(run())


def test_a_name_that_the_owner_has_already_gets_a_mark(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            await seat.bridge.dress_chat(world.chat, "friend", None)  # which is what the owner is called there
            await seat.bridge.send(world.chat, Post(key="a", text="kept"))
            assert (await world.friend.saw(Posted, says("kept"))).sender.name == TITLE
        async with Seat(world, seat.cursor) as later:
            await later.bridge.send(world.chat, Post(key="b", text="another"))
            await world.friend.saw_stanza(lambda one: one.xml.get("from") == f"{world.chat}/friend_")

    play(server, tmp_path, body)


def test_after_a_lost_disk_the_same_contact_has_the_same_room(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        folder = world.desk().folder
        shutil.rmtree(folder)
        folder.mkdir()
        async with Seat(world) as seat:
            assert (await seat.bridge.open_chat(TITLE, MAYA)).id == world.chat
            await world.friend.do(Post(key="back", text="welcome back"))
            assert (await seat.saw(Posted, says("welcome back"))).sender.id == world.friend.boundjid.bare
            other = await seat.bridge.open_chat("Noor", Person(id="05" + "cd" * 32, name="Noor"))
            assert other.id != world.chat

    play(server, tmp_path, body)


def test_a_room_of_somebody_else_is_left_alone_and_another_one_taken(
    server: Prosody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with relay(server, tmp_path) as world, someone(server, *server.account("eve")) as eve:
            true = opening.address
            monkeypatch.setattr(
                opening, "address", lambda key, whose, number, at: (
                    f"taken{tmp_path.name}@{at}".lower() if number == 0 else true(key, whose, number, at)
                )
            )  # fmt: skip
            taken = f"taken{tmp_path.name}@conference.localhost".lower()
            assert await lets_in(eve, taken, "friend")
            async with Seat(world) as seat:
                chat = await seat.bridge.open_chat(TITLE, MAYA)
                assert chat.id != taken
                await seat.bridge.send(chat.id, Post(key="a", text="for the owner alone"))
                eve.other, eve.in_room = JID(taken), True
                await eve.do(Post(key="x", text="who is there?"))
                assert [event.text for event in eve.events if isinstance(event, Posted)] == []
                assert texts(seat) == []

    asyncio.run(run())


def test_where_no_rooms_can_be_made_it_says_so_in_a_sentence(server: Prosody, tmp_path: Path) -> None:
    async def run() -> None:
        settings = account_settings(server, *server.account("relay", "lonely.localhost"))
        lonely = XmppWorld(server, tmp_path, settings | {"owner": server.account("owner")[0]}, "")
        async with Seat(lonely) as seat:
            with pytest.raises(Refused, match=r"lonely\.localhost has no rooms"):
                await seat.bridge.try_chats()
        for wrong, words in (
            ({"rooms": "private"}, "does not let us make rooms"),
            ({"rooms": "upload.localhost"}, "no rooms at upload"),
            ({"owner": ""}, "Nobody is there"),
        ):
            async with relay(server, tmp_path, **wrong) as world, Seat(world) as seat:
                for attempt in (seat.bridge.try_chats, lambda seat=seat: seat.bridge.open_chat(TITLE, MAYA)):
                    with pytest.raises(Refused, match=words):
                        await attempt()

    asyncio.run(run())


def test_looking_whether_rooms_can_be_made_leaves_none(server: Prosody, tmp_path: Path) -> None:
    async def run() -> None:
        async with relay(server, tmp_path) as world, Seat(world) as seat:
            await seat.bridge.try_chats()
            assert [chat async for chat in seat.bridge.chats() if chat.kind != "direct"] == []

    asyncio.run(run())


def test_a_group_gets_a_room_in_which_the_relay_is_itself(server: Prosody, tmp_path: Path) -> None:
    async def run() -> None:
        async with relay(server, tmp_path) as world, Seat(world) as seat:
            one = await seat.bridge.open_chat("Book club (Session)")
            two = await seat.bridge.open_chat("Book club (Session)")
            assert one.id != two.id, "two groups of one name are two"
            assert isinstance(seat.bridge, XmppBridge)
            assert seat.bridge._rooms[one.id].nick == "robin"

    asyncio.run(run())


def test_the_owner_is_asked_for_once_and_heard_without_being_let_in(server: Prosody, tmp_path: Path) -> None:
    async def run() -> None:
        ours, owner = server.account("relay"), server.account("owner")
        world = XmppWorld(server, tmp_path, account_settings(server, *ours) | {"owner": owner[0]}, owner[0])
        async with someone(server, *owner) as friend:
            world.friend, friend.other = friend, JID(ours[0])
            for _ in range(2):
                async with Seat(world) as seat:
                    await friend.do(Post(key="hello", text="hello"))
                    assert (await seat.saw(Posted, says("hello"))).sender.id == owner[0]
                    assert [chat.person async for chat in seat.bridge.chats()] == [owner[0]]
            asked = [one for one in friend.stanzas if one.xml.get("type") == "subscribe"]
            assert len(asked) == 1

    asyncio.run(run())


def test_an_account_that_is_its_own_owner_is_a_mistake(server: Prosody, tmp_path: Path) -> None:
    async def run() -> None:
        ours = server.account("relay")
        world = XmppWorld(server, tmp_path, account_settings(server, *ours) | {"owner": ours[0]}, "")
        with pytest.raises(BadSetting, match="same address"):
            await XmppBridge().start(world.desk())

    asyncio.run(run())
