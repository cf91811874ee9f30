"""Rooms that an account makes for contacts come back after every loss, and nothing that was said is lost."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from slixmpp import JID
from slixmpp.xmlstream import ET

from bridges.api import Gone, NotNow, Post, Posted
from bridges.contract import Seat
from bridges.contract.abilities import MAYA
from bridges.contract.world import says
from bridges.xmpp import archive, attending
from bridges.xmpp.addresses import local
from bridges.xmpp.archive import Kept
from bridges.xmpp.bridge import XmppBridge
from bridges.xmpp.stream import Stream
from tests.bridges.xmpp.chamber import OWNER, TITLE, admin, ask, features, item, lets_in, play, texts
from tests.bridges.xmpp.world import XmppWorld, someone
from tests.servers.prosody import Prosody


def test_whoever_is_sent_out_comes_back_and_has_missed_nothing(
    server: Prosody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attending, "BREATH_MS", 0)

    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat, admin(server, world) as own:
            assert await lets_in(own, world.chat, "desk")
            await ask(own, world.chat, item(nick=TITLE, role="none"))
            await world.friend.do(Post(key="1", text="are you still there?"))
            await seat.saw(Posted, says("are you still there?"))
            await seat.bridge.send(world.chat, Post(key="2", text="I am"))
            await world.friend.saw(Posted, says("I am"))
            assert texts(seat) == ["are you still there?"]

    play(server, tmp_path, body)


def test_a_room_that_has_lost_us_without_a_word_is_noticed(
    server: Prosody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attending, "QUIET_MS", 0)

    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            bridge = seat.bridge
            assert isinstance(bridge, XmppBridge)
            assert bridge._stream is not None
            bridge._stream.tell(_gone(world.chat))
            room = bridge._rooms[world.chat]
            bridge._rooms.pop(world.chat)  # so that it does not hear that it is out
            await world.friend.saw_stanza(
                lambda one: one.xml.get("type") == "unavailable" and one.xml.get("from") == f"{world.chat}/{TITLE}"
            )
            await bridge._stream.ping()
            bridge._rooms[world.chat] = room
            await world.friend.do(Post(key="1", text="nobody hears this at once"))
            await bridge._look_after(bridge._stream)
            await seat.saw(Posted, says("nobody hears this at once"))

    play(server, tmp_path, body)


def _gone(room: str) -> ET.Element:
    return ET.Element("{jabber:client}presence", {"type": "unavailable", "to": f"{room}/{TITLE}"})


def test_writing_into_a_room_that_has_lost_us_is_tried_again(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            bridge = seat.bridge
            assert isinstance(bridge, XmppBridge)
            assert bridge._stream is not None
            room = bridge._rooms.pop(world.chat)
            bridge._stream.tell(_gone(world.chat))
            await bridge._stream.ping()
            bridge._rooms[world.chat] = room
            action = Post(key="1", text="once")
            with pytest.raises(NotNow):
                await bridge.send(world.chat, action)
            await bridge.send(world.chat, action)
            await world.friend.saw(Posted, says("once"))

    play(server, tmp_path, body)


def test_a_room_that_the_server_lost_is_made_anew_and_closed_again(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        cursor: str | None
        async with Seat(world) as seat:
            await world.friend.do(Post(key="1", text="before"))
            await seat.saw(Posted, says("before"))
            await seat.saw_cursor()
            cursor = seat.cursor
        world.friend.in_room = False  # they come when they are asked: whoever comes first would own the room
        world.friend.accepted.clear()
        await world.break_network()
        place = server.folder / "data" / "conference%2elocalhost"
        for left in place.rglob(f"*{local(world.chat)}*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        await world.mend_network()
        async with Seat(world, cursor) as later, someone(server, *server.account("eve")) as eve:
            await later.bridge.send(world.chat, Post(key="2", text="after"))
            await world.friend.saw(Posted, says("after"))
            assert not await lets_in(eve, world.chat, "eve")
            world.friend.in_room = True
            await world.friend.do(Post(key="3", text="and back"))
            await later.saw(Posted, says("and back"))
            assert texts(later) == ["and back"]

    play(server, tmp_path, body)


def test_a_destroyed_room_is_refused_in_words_and_the_next_one_is_another(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat, admin(server, world) as own:
            query = ET.Element(f"{{{OWNER}}}query")
            ET.SubElement(query, f"{{{OWNER}}}destroy")
            await ask(own, world.chat, query)
            with pytest.raises(Gone, match="gone"):
                await seat.bridge.send(world.chat, Post(key="1", text="anybody?"))
            again = await seat.bridge.open_chat(TITLE, MAYA)
            assert again.id != world.chat
            await seat.bridge.send(again.id, Post(key="2", text="here we are"))
            await world.friend.saw(Posted, says("here we are"))
            assert [chat.id async for chat in seat.bridge.chats() if chat.kind != "direct"] == [again.id]

    play(server, tmp_path, body)


def test_what_is_said_in_the_moment_in_which_a_room_is_destroyed_goes_to_the_next_one(
    server: Prosody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room says so before we know that we are out."""

    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            async with admin(server, world) as own:
                query = ET.Element(f"{{{OWNER}}}query")
                ET.SubElement(query, f"{{{OWNER}}}destroy")
                await ask(own, world.chat, query)

            async def declined(_wanted: object, message: ET.Element) -> ET.Element:
                said = f'<message xmlns="jabber:client" type="error" id="{message.get("id")}" from="{world.chat}">'
                error = '<error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>'
                return ET.fromstring(f"{said}{error}</message>")

            assert isinstance(seat.bridge, XmppBridge)
            seat.bridge._rooms[world.chat].nick = "robin"
            with monkeypatch.context() as patched:
                patched.setattr(seat.bridge._connected(), "expect", declined)
                with pytest.raises(Gone):
                    await seat.bridge.send(world.chat, Post(key="1", text="anybody?"))
            again = await seat.bridge.open_chat(TITLE, MAYA)
            assert again.id != world.chat
            await seat.bridge.send(again.id, Post(key="1", text="anybody?"))
            await world.friend.saw(Posted, says("anybody?"))

    play(server, tmp_path, body)


def test_where_rooms_keep_nothing_what_was_said_meanwhile_still_comes_once(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        assert "urn:xmpp:mam:2" not in await features(world.friend, world.chat)
        world.friend.in_room = False  # which waits for ids that this service does not give
        async with Seat(world) as seat:
            world.friend.send_message(mto=JID(world.chat), mbody="one", mtype="groupchat")
            await seat.saw(Posted, says("one"))
            await seat.bridge.send(world.chat, Post(key="mine", text="mine"))
            await seat.saw_cursor()
        world.friend.send_message(mto=JID(world.chat), mbody="two", mtype="groupchat")
        async with Seat(world, seat.cursor) as later:
            await later.saw(Posted, says("two"))
            world.friend.send_message(mto=JID(world.chat), mbody="three", mtype="groupchat")
            await later.saw(Posted, says("three"))
            assert texts(later) == ["two", "three"]

    play(server, tmp_path, body, "forgetful")


def test_where_an_archive_does_not_answer_what_is_said_now_waits_for_what_was_said_before(
    server: Prosody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, broken = archive.since, True

    def since(stream: Stream, place: str, room: bool, start: Kept) -> AsyncIterator[tuple[str, ET.Element]]:
        if room and broken:
            raise NotNow("The server did not answer in time.")
        return true(stream, place, room, start)

    async def body(world: XmppWorld) -> None:
        nonlocal broken
        broken = False
        async with Seat(world) as seat:
            await world.friend.do(Post(key="0", text="zero"))
            await seat.saw(Posted, says("zero"))
            await seat.saw_cursor()
        await world.friend.do(Post(key="1", text="one"))
        broken = True
        monkeypatch.setattr(archive, "since", since)
        async with Seat(world, seat.cursor) as later:
            await world.friend.do(Post(key="2", text="two"))
            bridge = later.bridge
            assert isinstance(bridge, XmppBridge)
            assert bridge._stream is not None
            await bridge._stream.ping()
            assert texts(later) == []
            broken = False
            await bridge._look_after(bridge._stream)
            await later.saw(Posted, says("two"))
            assert texts(later) == ["one", "two"]

    play(server, tmp_path, body)


@pytest.mark.parametrize("rooms", ["", "forgetful"], ids=["archive", "what is shown to whoever comes in"])
def test_what_came_into_the_room_just_before_a_crash_is_not_sent_again(
    server: Prosody, tmp_path: Path, rooms: str
) -> None:
    async def body(world: XmppWorld) -> None:
        action = Post(key="crash", text="only once")
        async with Seat(world) as seat:
            await seat.bridge.send(world.chat, action)
        with closing(sqlite3.connect(world.desk().folder / "xmpp.sqlite")) as db, db:  # as if it had died here
            assert db.execute("UPDATE sent SET native = NULL").rowcount == 1
        async with Seat(world, seat.cursor) as later:
            await later.bridge.send(world.chat, action)
            await later.bridge.send(world.chat, Post(key="after", text="after"))
            await world.friend.saw(Posted, says("after"))
            seen = [event.text for event in world.friend.events if isinstance(event, Posted)]
            assert [text for text in seen if text in {"only once", "after"}] == ["only once", "after"]

    play(server, tmp_path, body, rooms)
