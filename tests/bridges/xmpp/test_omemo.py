"""Encrypted chats (OMEMO) on a real server, with somebody who uses slixmpp-omemo and no code of ours."""

from __future__ import annotations

import asyncio
import importlib.util
import secrets
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from xml.etree.ElementTree import Element

import pytest

from bridges.api import (
    BadSetting,
    Delete,
    Deleted,
    Edit,
    Edited,
    NotNow,
    Post,
    Posted,
    React,
    Reference,
    Refused,
    State,
    Upload,
)  # fmt: skip
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.xmpp.translate import SEALED
from tests.bridges.xmpp.world import XmppWorld, direct
from tests.servers.prosody import Prosody

if TYPE_CHECKING:
    from tests.bridges.xmpp.omemo_friend import OmemoFriend

# The friend's library asks slixmpp in a way that slixmpp is about to give up.
pytestmark = pytest.mark.filterwarnings("ignore:Accessing plugins through:DeprecationWarning")

Body = Callable[[XmppWorld, "OmemoFriend"], Awaitable[None]]
Play = Callable[[Body], None]


@pytest.fixture
def play(server: Prosody, tmp_path: Path, absent: Callable[[str], NoReturn]) -> Play:
    """Two people who know each other, one of them with our bridge, the other with a phone that cannot encrypt and a
    laptop that can.
    """
    if importlib.util.find_spec("slixmpp_omemo") is None:
        absent("slixmpp-omemo is not installed")
    from tests.bridges.xmpp.omemo_friend import somebody

    async def run(body: Body) -> None:
        async with direct(server, tmp_path) as world:
            world._settings["omemo"] = "true"
            async with somebody(world.chat, world.friend.password, server.c2s, server.authority) as laptop:
                await body(world, laptop)

    return lambda body: asyncio.run(run(body))


def written(folder: Path, words: str) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file() and words.encode() in one.read_bytes()]


def test_what_is_said_both_ways_is_read_by_the_two_and_not_by_the_server(server: Prosody, play: Play) -> None:
    ours, theirs, in_clear = (f"marker-{secrets.token_hex(8)}" for _ in range(3))

    async def body(world: XmppWorld, laptop: OmemoFriend) -> None:
        async with Seat(world) as seat:
            sent = await seat.bridge.send(world.chat, Post(key="1", text=ours))
            heard = await laptop.hears(lambda one: one["body"] == ours)
            assert heard["id"] == sent.id
            id = await laptop.say(seat.bridge.me.id, theirs)
            event = await seat.saw(Posted, says(theirs))
            assert (event.id, event.chat.id, event.own, event.notice) == (id, world.chat, False, False)
            assert laptop.locked[0]["body"] == "This message is encrypted (OMEMO)."
            await world.friend.do(Post(key="2", text=in_clear))
            await seat.saw(Posted, says(in_clear))

    play(body)
    server.stop()
    server.start()  # what it keeps in memory is in its files now
    assert written(server.folder / "data", in_clear), "the server keeps what it can read"
    assert not written(server.folder, ours)
    assert not written(server.folder, theirs)


def test_replies_corrections_and_retractions_keep_what_they_are_about(play: Play) -> None:
    async def body(world: XmppWorld, laptop: OmemoFriend) -> None:
        async with Seat(world) as seat:
            me = seat.bridge.me.id
            asked = await laptop.say(me, "tea or coffee?")
            await seat.saw(Posted, says("tea or coffee?"))
            to = Reference(id=asked, author=world.chat, text="tea or coffee?")
            sent = await seat.bridge.send(world.chat, Post(key="1", text="tee", reply_to=to))
            reply = await laptop.hears(lambda one: one["reply"]["id"] == asked)
            assert reply["reply"].strip_fallback_content() == "tee"
            assert sent.id is not None
            about = Reference(id=sent.id)
            await seat.bridge.send(world.chat, Edit(key="2", message=about, text="tea"))
            assert (await laptop.hears(lambda one: one["body"] == "tea"))["replace"]["id"] == sent.id
            await laptop.say(me, "tea or cocoa?", replace=asked)
            edited = await seat.saw(Edited)
            assert (edited.message, edited.text) == (asked, "tea or cocoa?")
            await laptop.say(me, "good", reply=sent.id)
            assert (await seat.saw(Posted, says("good"))).reply_to == about
            await seat.bridge.send(world.chat, Delete(key="3", message=about))
            await world.friend.saw(Deleted, lambda event: event.message == sent.id)

    play(body)


def test_what_was_said_while_we_were_away_is_read_by_the_same_device(play: Play) -> None:
    async def body(world: XmppWorld, laptop: OmemoFriend) -> None:
        async with Seat(world) as seat:
            me = seat.bridge.me.id
            await laptop.say(me, "one")
            await seat.saw(Posted, says("one"))
        known = await laptop.devices_of(me)
        await laptop.say(me, "two")
        await laptop.say(me, "three")
        async with Seat(world, seat.cursor) as later:
            await later.saw(Posted, says("three"))
            assert [event.text for event in later.events if isinstance(event, Posted)] == ["two", "three"]
            assert await laptop.devices_of(me) == known
            assert len(known) == 1
            await later.bridge.send(world.chat, Post(key="1", text="back again"))
            await laptop.hears(lambda one: one["body"] == "back again")

    play(body)


def test_what_was_opened_just_before_a_crash_is_not_lost(play: Play) -> None:
    async def body(world: XmppWorld, laptop: OmemoFriend) -> None:
        async with Seat(world) as seat:
            await laptop.say(seat.bridge.me.id, "before")
            await seat.saw(Posted, says("before"))
            cursor = seat.cursor
            await laptop.say(seat.bridge.me.id, "opened, and then the lights went out")
            await seat.saw(Posted, says("opened, and then the lights went out"))
        async with Seat(world, cursor) as later:  # nobody wrote down that it came
            await later.saw(Posted, says("opened, and then the lights went out"))

    play(body)


def test_our_own_other_devices_read_what_we_send_and_we_what_they_do(server: Prosody, play: Play) -> None:
    async def body(world: XmppWorld, laptop: OmemoFriend) -> None:
        from tests.bridges.xmpp.omemo_friend import NAMESPACE, somebody

        settings = world.desk().settings
        async with (
            Seat(world) as seat,
            somebody(settings["address"], settings["password"], server.c2s, server.authority) as mine,
        ):
            await mine.say(world.chat, "from my own laptop")
            event = await seat.saw(Posted, says("from my own laptop"))
            assert (event.own, event.chat.id) == (True, world.chat)
            await seat.bridge.send(world.chat, Post(key="1", text="for everybody's laptop"))
            await laptop.hears(lambda one: one["body"] == "for everybody's laptop")
            keys = laptop.locked[-1].xml.iter(f"{{{NAMESPACE}}}key")
            devices = await mine.devices_of(settings["address"]) | await mine.devices_of(world.chat)
            assert len(devices) == 3
            ours = {int(key.get("rid", "")) for key in keys}
            assert len(ours) == 2
            assert ours < devices, "all but the one that sent it"

    play(body)


def test_what_cannot_be_opened_is_a_notice_and_the_next_one_comes(play: Play) -> None:
    async def body(world: XmppWorld, laptop: OmemoFriend) -> None:
        async with Seat(world) as seat:
            me = seat.bridge.me.id
            await laptop.say(me, "first")
            await seat.saw(Posted, says("first"))
            for payload in ("AAAA", "not base64!", ""):
                message = laptop.make_message(mto=me, mbody="This is encrypted.", mtype="chat")
                message.xml.append(_forged(payload))
                message.send()
                assert (await seat.saw(Posted, says(SEALED))).notice
            await laptop.say(me, "second")
            await seat.saw(Posted, says("second"))
            assert seat.bridge.health.state is State.CONNECTED

    play(body)


def _forged(payload: str) -> Element:
    from slixmpp.xmlstream import ET

    from tests.bridges.xmpp.omemo_friend import NAMESPACE

    locked = ET.Element(f"{{{NAMESPACE}}}encrypted")
    header = ET.SubElement(locked, f"{{{NAMESPACE}}}header", sid="1234")
    ET.SubElement(header, f"{{{NAMESPACE}}}iv").text = "AAAAAAAAAAAAAAAA"
    ET.SubElement(locked, f"{{{NAMESPACE}}}payload").text = payload
    return locked


def test_nothing_goes_in_the_clear_to_somebody_who_cannot_decrypt(server: Prosody, play: Play) -> None:
    words = f"marker-{secrets.token_hex(8)}"

    async def body(world: XmppWorld, laptop: OmemoFriend) -> None:
        other, _ = server.account("old")
        async with Seat(world) as seat:
            with pytest.raises(Refused, match="no program that takes encrypted"):
                await seat.bridge.send(other, Post(key="1", text=words))
        with pytest.raises(NotNow):
            await seat.bridge.send(world.chat, Post(key="2", text=words))

    play(body)
    assert not written(server.folder, words)


def test_files_and_reactions_are_refused_and_said_so(tmp_path: Path, play: Play) -> None:
    async def body(world: XmppWorld, laptop: OmemoFriend) -> None:
        photo = tmp_path / "photo.jpg"
        photo.write_bytes(b"photo")
        file = Upload(path=str(photo), name="photo.jpg", type="image/jpeg", size=5)
        async with Seat(world) as seat:
            with pytest.raises(Refused, match="files cannot be encrypted"):
                await seat.bridge.send(world.chat, Post(key="1", files=(file,)))
            with pytest.raises(Refused, match="reactions cannot be encrypted"):
                await seat.bridge.send(world.chat, React(key="2", message=Reference(id="x"), emoji="👍", all=("👍",)))
            assert seat.bridge.limits.reactions == frozenset(), "the relay says it in words instead"
            await seat.bridge.send(world.chat, Post(key="3", text="after"))
            await laptop.hears(lambda one: one["body"] == "after")
            assert [one["body"] for one in laptop.heard] == ["after"]

    play(body)


def test_keys_are_for_their_owner_only(play: Play) -> None:
    async def body(world: XmppWorld, laptop: OmemoFriend) -> None:
        async with Seat(world) as seat:
            await laptop.say(seat.bridge.me.id, "hello")
            await seat.saw(Posted, says("hello"))
            for file in world.desk().folder.glob("omemo.sqlite*"):
                assert stat.S_IMODE(file.stat().st_mode) == 0o600
        with sqlite3.connect(world.desk().folder / "omemo.sqlite") as db:
            assert db.execute("SELECT count(*) FROM keys").fetchone()[0] > 0

    play(body)


def test_a_library_that_is_not_there_is_said_before_anything_is_sent(
    server: Prosody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "slixmpp_omemo" else found(name))

    async def run() -> None:
        async with direct(server, tmp_path) as world:
            world._settings["omemo"] = "true"
            with pytest.raises(BadSetting, match="not installed") as caught:
                await world.bridge().start(world.desk())
            assert "decamp[xmpp,omemo]" in caught.value.hint

    asyncio.run(run())


def test_a_wish_for_encryption_that_is_not_understood_does_not_pass_for_none(server: Prosody, tmp_path: Path) -> None:
    async def run() -> None:
        async with direct(server, tmp_path) as world:
            world._settings["omemo"] = "yes"
            with pytest.raises(BadSetting, match="true or false"):
                await world.bridge().start(world.desk())

    asyncio.run(run())
