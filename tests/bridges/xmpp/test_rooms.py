"""Rooms that an account makes for contacts, on a real server: who gets in, what they are called, how they come back."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
from slixmpp import JID
from slixmpp.xmlstream import ET, StanzaBase

from bridges.api import BadSetting, NotNow, Person, Post, Posted, Refused
from bridges.contract import Seat
from bridges.contract.abilities import MAYA
from bridges.contract.world import says
from bridges.xmpp import listening, opening
from bridges.xmpp.addresses import local
from bridges.xmpp.bridge import XmppBridge
from tests.bridges.xmpp.friend import XmppFriend
from tests.bridges.xmpp.world import XmppWorld, account_settings, in_their_room, someone
from tests.servers.prosody import Prosody

ADMIN, OWNER = "http://jabber.org/protocol/muc#admin", "http://jabber.org/protocol/muc#owner"
TITLE = "Maya (Session)"


def play(server: Prosody, folder: Path, body: Callable[[XmppWorld], Awaitable[None]], rooms: str = "") -> None:
    async def run() -> None:
        async with in_their_room(server, folder, rooms) as world:
            await body(world)

    asyncio.run(run())


@asynccontextmanager
async def relay(server: Prosody, folder: Path, **settings: str) -> AsyncIterator[XmppWorld]:
    """An account that has made no room yet, and its owner, who is away."""
    ours, owner = server.account("relay"), server.account("owner")
    yield XmppWorld(server, folder, account_settings(server, *ours) | {"owner": owner[0]} | settings, "")


@asynccontextmanager
async def admin(server: Prosody, world: XmppWorld) -> AsyncIterator[XmppFriend]:
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
    answer = await ask(who, room, ET.Element("{http://jabber.org/protocol/disco#info}query"), "get")
    return {one.get("var", "") for one in answer.iter("{http://jabber.org/protocol/disco#info}feature")}


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


def test_whoever_is_sent_out_comes_back_and_has_missed_nothing(
    server: Prosody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "BREATH_MS", 0)

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
    monkeypatch.setattr(listening, "QUIET_MS", 0)

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
        await world.break_network()
        place = server.folder / "data" / "conference%2elocalhost"
        for left in place.rglob(f"*{local(world.chat)}*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        await world.mend_network()
        async with Seat(world, cursor) as later, someone(server, *server.account("eve")) as eve:
            await later.bridge.send(world.chat, Post(key="2", text="after"))
            await world.friend.saw(Posted, says("after"), 20)
            assert not await lets_in(eve, world.chat, "eve")
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
            with pytest.raises(Refused, match="gone"):
                await seat.bridge.send(world.chat, Post(key="1", text="anybody?"))
            again = await seat.bridge.open_chat(TITLE, MAYA)
            assert again.id != world.chat
            await seat.bridge.send(again.id, Post(key="2", text="here we are"))
            await world.friend.saw(Posted, says("here we are"))
            assert [chat.id async for chat in seat.bridge.chats() if chat.kind != "direct"] == [again.id]

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
