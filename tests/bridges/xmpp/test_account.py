"""What an account of a real server does beyond the contract."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from slixmpp import JID, Message
from slixmpp.xmlstream import ET

from bridges.api import (
    Accept,
    Asked,
    Deleted,
    Edited,
    Moved,
    Post,
    Posted,
    Reference,
    Refused,
    State,
    Upload,
)
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.xmpp import line
from bridges.xmpp.addresses import handle
from bridges.xmpp.bridge import XmppBridge
from tests.bridges.xmpp.world import XmppWorld, direct, in_a_room, someone
from tests.patience import PATIENCE
from tests.servers.prosody import Prosody


def play(server: Prosody, folder: Path, body: Callable[[XmppWorld], Awaitable[None]]) -> None:
    async def run() -> None:
        async with direct(server, folder) as world:
            await body(world)

    asyncio.run(run())


def database(world: XmppWorld) -> sqlite3.Connection:
    return sqlite3.connect(world.desk().folder / "xmpp.sqlite")


def test_what_arrived_just_before_a_crash_is_found_and_not_sent_again(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        action = Post(key="crash", text="only once")
        async with Seat(world) as seat:
            first = await seat.bridge.send(world.chat, action)
        with database(world) as db:  # as if it had died before it knew
            assert db.execute("UPDATE sent SET native = NULL").rowcount == 1
        async with Seat(world) as seat:
            assert (await seat.bridge.send(world.chat, action)).id == first.id
            await seat.bridge.send(world.chat, Post(key="after", text="after"))
            await world.friend.saw(Posted, says("after"))
        assert [event.text for event in world.friend.events if isinstance(event, Posted)] == ["only once", "after"]

    play(server, tmp_path, body)


def test_what_was_not_sent_before_a_crash_is_sent(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            await seat.bridge.send(world.chat, Post(key="x", text="before"))
        with database(world) as db:
            db.execute("UPDATE sent SET native = NULL, id = 'd' || hex(randomblob(8))")
        async with Seat(world) as seat:
            await seat.bridge.send(world.chat, Post(key="x", text="again"))
            await world.friend.saw(Posted, says("again"))

    play(server, tmp_path, body)


def test_what_comes_while_the_connection_is_lost_comes_once_and_in_order(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            await world.friend.do(Post(key="0", text="0"))
            await seat.saw(Posted, says("0"))
            assert isinstance(seat.bridge, XmppBridge)
            assert seat.bridge._stream is not None
            seat.bridge._stream._xmpp.abort()
            for number in range(1, 4):
                await world.friend.do(Post(key=str(number), text=str(number)))
            await seat.reaches(State.INTERRUPTED)
            await seat.reaches(State.CONNECTED)
            await world.friend.do(Post(key="4", text="4"))
            await seat.saw(Posted, says("4"))
            assert [event.text for event in seat.events if isinstance(event, Posted)] == ["0", "1", "2", "3", "4"]

    play(server, tmp_path, body)


def test_what_the_person_writes_on_their_phone_shows_as_theirs(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        settings = world.desk().settings
        async with Seat(world) as seat, someone(server, settings["address"], settings["password"]) as phone:
            phone.other = world.friend.boundjid
            phone.send_message(mto=JID(world.chat), mbody="from the phone", mtype="chat")
            event = await seat.saw(Posted, says("from the phone"))
            assert event.own
            assert event.chat.id == world.chat
            assert event.sender == seat.bridge.me

    play(server, tmp_path, body)


def test_nobody_changes_or_deletes_what_we_wrote(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        from bridges.api import Delete, Edit

        async with Seat(world) as seat:
            sent = await seat.bridge.send(world.chat, Post(key="mine", text="mine"))
            assert sent.id is not None
            await world.friend.do(Edit(key="e", message=Reference(id=sent.id), text="changed"))
            await world.friend.do(Delete(key="d", message=Reference(id=sent.id)))
            await world.friend.do(Post(key="end", text="end"))
            await seat.saw(Posted, says("end"))
            assert not [event for event in seat.events if isinstance(event, Edited | Deleted)]

    play(server, tmp_path, body)


def test_a_stranger_is_heard_only_when_they_were_let_in(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat, someone(server, *server.account("stranger")) as stranger:
            me = seat.bridge.me.id
            stranger.send_message(mto=JID(me), mbody="hello, it is A7", mtype="chat")
            asked = await seat.saw(Asked)
            assert asked.text == "hello, it is A7"
            assert asked.person.id == stranger.boundjid.bare
            assert not [event for event in seat.events if isinstance(event, Posted)]
            await seat.bridge.send(asked.chat.id, Accept(key="a"))
            await stranger.saw_stanza(lambda one: one.xml.get("type") == "subscribe")
            stranger.send_message(mto=JID(me), mbody="thank you", mtype="chat")
            await seat.saw(Posted, says("thank you"))

    play(server, tmp_path, body)


async def _moves(world: XmppWorld, server: Prosody, *, says_so: bool) -> list[Moved]:
    """The friend comes from another account. Whether the old one says so as well decides if it is believed."""
    async with Seat(world) as seat, someone(server, *server.account("elsewhere")) as new:
        if says_so:
            moved = ET.Element("{urn:xmpp:moved:1}moved")
            ET.SubElement(moved, "{urn:xmpp:moved:1}new-jid").text = new.boundjid.bare
            pubsub = ET.Element("{http://jabber.org/protocol/pubsub}pubsub")
            publish = ET.SubElement(pubsub, "{http://jabber.org/protocol/pubsub}publish", node="urn:xmpp:moved:1")
            ET.SubElement(publish, "{http://jabber.org/protocol/pubsub}item", id="current").append(moved)
            iq = world.friend.make_iq_set(sub=pubsub)
            await iq.send()  # type: ignore[no-untyped-call]  # not typed there
        presence = new.make_presence(pto=seat.bridge.me.id, ptype="subscribe")
        claim = ET.SubElement(presence.xml, "{urn:xmpp:moved:1}moved")
        ET.SubElement(claim, "{urn:xmpp:moved:1}old-jid").text = world.chat
        presence.send()
        await seat.saw(Asked, lambda event: event.person.id == new.boundjid.bare)
        found = [event for event in seat.events if isinstance(event, Moved)]
        assert all(event.to == handle(new.boundjid.bare) and event.person.id == world.chat for event in found)
        return found


def test_a_contact_who_moved_is_believed_when_the_old_account_says_so(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        [moved] = await _moves(world, server, says_so=True)
        assert moved.sure

    play(server, tmp_path, body)


def test_nobody_can_say_that_somebody_else_moved_to_them(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        assert await _moves(world, server, says_so=False) == []

    play(server, tmp_path, body)


def test_contacts_can_see_where_we_moved_and_what_we_say(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            await seat.bridge.publish("I have moved.", [handle("robin@example.org")])
            me, friend = seat.bridge.me.id, world.friend
            pubsub = friend.plugin["xep_0060"]
            answer = await pubsub.get_item(  # type: ignore[no-untyped-call]  # not typed there
                JID(me), "urn:xmpp:moved:1", "current"
            )
            assert answer.xml.findtext(".//{urn:xmpp:moved:1}new-jid") == "robin@example.org"
            card = await friend.plugin["xep_0054"].get_vcard(JID(me))
            assert "I have moved." in str(card)

    play(server, tmp_path, body)


URLS = (
    "http://127.0.0.1:1/x",
    "https://example.org/x",
    "file:///etc/passwd",
    "https://[",
    "http://169.254.169.254/",
    "",
)
INSIDE = ("https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x", "https://10.0.0.1/x", "http://example.org/x")


def test_nothing_is_fetched_from_where_a_message_says(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        for allowed, urls in (("", URLS), ("*", INSIDE)):
            world._settings["file_servers"] = allowed
            async with Seat(world) as seat:
                for url in urls:
                    with pytest.raises(Refused, match="not a place to fetch from"):
                        _ = [piece async for piece in seat.bridge.fetch(url)]

    play(server, tmp_path, body)


def test_a_file_that_the_server_does_not_take_is_refused_with_its_limit(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            assert seat.bridge.limits.file_bytes == 20 * 1024 * 1024
            big = Upload(path="/dev/null", name="big", type="text/plain", size=20 * 1024 * 1024 + 1)
            with pytest.raises(Refused, match="20971520"):
                await seat.bridge.send(world.chat, Post(key="big", files=(big,)))

    play(server, tmp_path, body)


def test_a_text_that_would_end_the_connection_is_refused(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            with pytest.raises(Refused, match="250000"):
                await seat.bridge.send(world.chat, Post(key="long", text="x" * 300_000))
            await seat.bridge.send(world.chat, Post(key="short", text="short"))

    play(server, tmp_path, body)


def test_a_certificate_that_nobody_vouches_for_is_said_and_never_trusted(server: Prosody, tmp_path: Path) -> None:
    async def body(world: XmppWorld) -> None:
        world._settings["authority"] = ""
        async with Seat(world, until=State.INTERRUPTED) as seat:
            assert "certificate" in seat.bridge.health.said
            assert "renew" in seat.bridge.health.todo

    play(server, tmp_path, body)


def test_a_server_that_is_not_there_is_asked_a_few_times_and_not_without_end(tmp_path: Path, server: Prosody) -> None:
    async def body(world: XmppWorld) -> None:
        asked: list[float] = []
        third = asyncio.Event()

        async def closed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(time.monotonic())
            writer.close()
            if len(asked) == 3:
                third.set()

        dead = await asyncio.start_server(closed, "127.0.0.1", 0)
        world._settings["port"] = str(dead.sockets[0].getsockname()[1])
        async with Seat(world, until=State.INTERRUPTED) as seat:
            async with asyncio.timeout(PATIENCE):
                await third.wait()
            assert seat.bridge.health.state is State.INTERRUPTED
        dead.close()
        first, second = asked[1] - asked[0], asked[2] - asked[1]
        assert first >= line.SOONEST, "there is a pause"
        assert second >= 2 * line.SOONEST, "and each one is longer"

    play(server, tmp_path, body)


def test_what_was_said_in_a_room_while_we_were_away_comes_once(server: Prosody, tmp_path: Path) -> None:
    async def run() -> None:
        async with in_a_room(server, tmp_path) as world:
            async with Seat(world) as seat:
                await world.friend.do(Post(key="1", text="one"))
                await seat.saw(Posted, says("one"))
                await seat.bridge.send(world.chat, Post(key="mine", text="mine"))
            await world.friend.do(Post(key="2", text="two"))
            async with Seat(world, seat.cursor) as later:
                await later.saw(Posted, says("two"))
                assert [event.text for event in later.events if isinstance(event, Posted)] == ["two"]

    asyncio.run(run())


def _is_from(address: str, stanza: Message) -> bool:
    return bool(stanza.xml.get("from") == address)


def test_nobody_in_a_room_takes_back_what_somebody_else_wrote_there(server: Prosody, tmp_path: Path) -> None:
    async def run() -> None:
        from bridges.api import Delete

        async with in_a_room(server, tmp_path) as world, Seat(world) as seat:
            friend = world.friend
            for text in ("first", "second"):
                await friend.do(Post(key=text, text=text))
            first, second = [await seat.saw(Posted, says(text)) for text in ("first", "second")]
            for name in ("another", "friend"):
                friend.send_presence(pto=f"{world.chat}/{name}")
                await friend.saw_stanza(partial(_is_from, f"{world.chat}/{name}"))
                if name == "another":
                    message = friend.make_message(mto=JID(world.chat), mtype="groupchat", mbody="(gone)")
                    message["retract"]["id"] = first.id
                    message.send()
            await friend.do(Delete(key="mine", message=Reference(id=second.id)))
            gone = await seat.saw(Deleted, lambda _: True)
            assert gone.message == second.id
            assert len([event for event in seat.events if isinstance(event, Deleted)]) == 1

    asyncio.run(run())
