"""Two things at once that concern one room, or one contact: neither undoes the other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from slixmpp.xmlstream import ET

from bridges.api import NotNow, Person, Post, Posted
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.xmpp import opening, people
from bridges.xmpp.bridge import XmppBridge
from bridges.xmpp.contacts import Contacts
from bridges.xmpp.people import Card
from bridges.xmpp.rooms import Room
from bridges.xmpp.stream import Stream
from tests.bridges.xmpp.chamber import DISCO, OWNER, admin, ask, features, play, texts
from tests.bridges.xmpp.friend import XmppFriend
from tests.bridges.xmpp.world import XmppWorld
from tests.relay.world import until
from tests.servers.prosody import Prosody


def bridge_of(seat: Seat) -> XmppBridge:
    assert isinstance(seat.bridge, XmppBridge)
    return seat.bridge


async def opens_to_all(own: XmppFriend, room: str) -> None:
    """What a room is like that was made anew and not closed before we were cut off."""
    query = ET.Element(f"{{{OWNER}}}query")
    form = ET.SubElement(query, "{jabber:x:data}x", {"type": "submit"})
    for name, value in (
        ("FORM_TYPE", "http://jabber.org/protocol/muc#roomconfig"), ("muc#roomconfig_membersonly", "0"),
        ("muc#roomconfig_persistentroom", "1"),
    ):  # fmt: skip
        ET.SubElement(ET.SubElement(form, "{jabber:x:data}field", {"var": name}), "{jabber:x:data}value").text = value
    await ask(own, room, query)


def test_a_room_that_is_open_because_we_were_cut_off_is_closed_before_anything_is_said_in_it(
    server: Prosody, tmp_path: Path
) -> None:
    async def body(world: XmppWorld) -> None:
        async with admin(server, world) as own:
            await opens_to_all(own, world.chat)
            assert "muc_membersonly" not in await features(own, world.chat)
            async with Seat(world) as seat:
                await seat.bridge.send(world.chat, Post(key="1", text="for the owner alone"))
                assert "muc_membersonly" in await features(own, world.chat)
                await world.friend.saw(Posted, says("for the owner alone"))

    play(server, tmp_path, body)


def test_nothing_is_said_in_a_room_that_could_not_be_closed_yet(
    server: Prosody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, works = opening.close, False

    async def close(stream: Stream, room: Room, owner: str) -> bool:
        if not works:
            raise NotNow("The server did not answer in time.")
        return await true(stream, room, owner)

    async def body(world: XmppWorld) -> None:
        nonlocal works
        async with admin(server, world) as own:
            await opens_to_all(own, world.chat)
        monkeypatch.setattr(opening, "close", close)
        async with Seat(world) as seat:
            with pytest.raises(NotNow):
                await seat.bridge.send(world.chat, Post(key="1", text="later"))
            assert bridge_of(seat)._rooms[world.chat].nick is None
            works = True
            await seat.bridge.send(world.chat, Post(key="1", text="later"))
            await world.friend.saw(Posted, says("later"))

    play(server, tmp_path, body)


def test_a_new_name_does_not_open_a_room_that_is_closed_at_the_same_moment(
    server: Prosody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true, steps = opening._configure, list[str]()

    async def configure(stream: Stream, room: Room, wanted: dict[str, str]) -> set[str]:
        steps.append("begins")
        try:
            return await true(stream, room, wanted)
        finally:
            steps.append("ends")

    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            bridge, room = bridge_of(seat), bridge_of(seat)._rooms[world.chat]
            assert bridge._stream is not None
            monkeypatch.setattr(opening, "_configure", configure)
            await asyncio.gather(
                bridge._furnish(bridge._stream, room, bridge._owner), bridge.dress_chat(world.chat, "Maya Lin", None)
            )
            assert steps == ["begins", "ends"] * 2
            about = await ask(world.friend, world.chat, ET.Element(f"{DISCO}query"), "get")
            assert [one.get("name") for one in about.iter(f"{DISCO}identity")] == ["Maya Lin"]
            assert "muc_membersonly" in await features(world.friend, world.chat)

    play(server, tmp_path, body)


def test_somebody_who_still_went_in_over_a_lost_connection_takes_nothing_from_who_goes_in_over_the_new_one(
    server: Prosody, tmp_path: Path
) -> None:
    async def body(world: XmppWorld) -> None:
        async with Seat(world) as seat:
            bridge, room = bridge_of(seat), bridge_of(seat)._rooms[world.chat]
            late, held = asyncio.Event(), asyncio.Event()

            async def walk_in(stream: Stream, room: Room) -> None:
                held.set()
                await late.wait()
                raise NotNow("The connection was lost.")

            bridge._walk_in = walk_in  # type: ignore[method-assign]  # the old connection, on which nothing comes
            assert bridge._stream is not None
            old = asyncio.create_task(bridge._enter(bridge._stream, room))
            await held.wait()
            newer: list[ET.Element] = []
            bridge._waiting[world.chat] = newer
            late.set()
            with pytest.raises(NotNow):
                await old
            assert bridge._waiting == {world.chat: newer}
            del bridge._waiting[world.chat], bridge._walk_in
            await world.friend.do(Post(key="1", text="as before"))
            await seat.saw(Posted, says("as before"))
            assert texts(seat) == ["as before"]

    play(server, tmp_path, body)


def test_who_changes_their_name_twice_is_called_by_the_last_one_whichever_answer_comes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[asyncio.Future[Card]] = []
    told: list[Person] = []

    async def card_of(stream: Stream, address: str) -> Card:
        asked.append(asyncio.get_running_loop().create_future())
        return await asked[-1]

    async def run() -> None:
        monkeypatch.setattr(people, "card_of", card_of)
        contacts, stream = Contacts(told.append), object.__new__(Stream)
        contacts.meet(stream, "maya@example.org")
        await until(lambda: len(asked) == 1)
        contacts.refresh(stream, "maya@example.org")
        await until(lambda: len(asked) == 2)
        asked[1].set_result(Card(name="Maya Lin"))
        await until(lambda: told)
        if not asked[0].done():
            asked[0].set_result(Card(name="Maya"))
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        assert [one.name for one in told] == ["Maya Lin"]
        assert contacts.person("maya@example.org").name == "Maya Lin"

    asyncio.run(run())
