"""Who is called what, what each kind of message becomes, and what hostile ones do."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from bridges.api import ChatKind, File, Post, Posted, Refused, Renamed, Upload
from bridges.contract import Seat
from bridges.contract.world import says
from migrate.session import content as contents
from migrate.session.avatars import seal_avatar
from migrate.session.content import (
    Call,
    CommunityInvitation,
    Content,
    DataMessage,
    Extraction,
    Pointer,
    Preview,
    Profile,
    RequestResponse,
)
from tests.bridges.session.friend import HandFriend, put, this_moment
from tests.bridges.session.world import SessionWorld, direct, in_a_group

pytestmark = pytest.mark.usefixtures("hurry")


def hand(world: SessionWorld) -> HandFriend:
    assert isinstance(world.friend, HandFriend)
    return world.friend


def test_a_nickname_is_in_the_title_and_never_in_the_name(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            world.has_contacts(world.chat, n="Friend", N="My secret crush", a=1, A=1)
            async with Seat(world) as seat:
                chats = {chat.id: chat async for chat in seat.bridge.chats()}
                assert chats[world.chat].title == "My secret crush"
                assert chats[world.me].kind is ChatKind.SELF
                await world.friend.do(Post(key="1", text="hi"))
                posted = await seat.saw(Posted, says("hi"))
                assert (posted.sender.name, posted.chat.title) == ("Friend", "My secret crush")
                await world.friend.rename("Frieda")
                await world.friend.do(Post(key="2", text="new name"))
                assert (await seat.saw(Posted, says("new name"))).sender.name == "Frieda"
                renamed = await seat.saw(Renamed, lambda event: event.person is not None)
                assert renamed.person is not None
                assert renamed.chat is not None
                assert (renamed.person.name, renamed.chat.title) == ("Frieda", "My secret crush")
                assert seat.bridge.me.name == "Robin"

    asyncio.run(story())


def test_a_new_nickname_on_the_phone_changes_the_title(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            world.has_contacts(world.chat, n="Friend", N="Fri", a=1, A=1)
            await seat.saw(Renamed, lambda event: event.chat is not None and event.chat.title == "Fri")

    asyncio.run(story())


def test_the_picture_of_a_person_is_fetched_also_after_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            friend, key = hand(world), os.urandom(32)
            path = tmp_path / "face"
            path.write_bytes(b"")
            server = world.standin.file_server
            blob = seal_avatar(b"a face", key, os.urandom(12))
            id = server.answer("POST", "/file", blob).body.decode().partition('"id": "')[2].partition('"')[0]
            profile = Profile(name="Friend", avatar_url=f"http://filev2.getsession.org/file/{id}", updated=1)
            async with Seat(world) as seat:
                friend.store(Content(data=DataMessage(body="look", profile=profile, profile_key=key)))
                picture = (await seat.saw(Posted, says("look"))).sender.picture
            assert picture is not None
            async with Seat(world, seat.cursor) as later:
                assert b"".join([piece async for piece in later.bridge.fetch(picture)]) == b"a face"

    asyncio.run(story())


def test_a_file_is_fetched_from_nowhere_but_the_server_that_everybody_uses(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            urls = ("http://evil.example/file/1", "file:///etc/passwd", "http://10.0.0.1/file/2", "")
            pointers = tuple(Pointer(url=url, key=bytes(64), size=5, digest=bytes(32)) for url in urls)
            hand(world).say(DataMessage(body="click", attachments=pointers))
            posted = await seat.saw(Posted, says("click"))
            assert len(posted.files) == len(urls)
            before = len(world.standin.requests)
            for ref in (*(file.ref for file in posted.files), "{}", "nonsense", '{"url": 5}'):
                with pytest.raises(Refused):
                    [piece async for piece in seat.bridge.fetch(ref)]
            assert not [seen for seen in world.standin.requests[before:] if seen.where == "files"]
            assert "evil" not in repr(posted.files)

    asyncio.run(story())


def test_a_file_that_the_server_forgot_is_refused_and_an_empty_one_too(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            path = tmp_path / "note.txt"
            path.write_bytes(b"12345")
            upload = Upload(path=str(path), name="note.txt", type="text/plain", size=5)
            await world.friend.do(Post(key="1", files=(upload,)))
            file: File = (await seat.saw(Posted, lambda event: bool(event.files))).files[0]
            world.standin.within(world.standin.file_server.files.clear)
            with pytest.raises(Refused):
                [piece async for piece in seat.bridge.fetch(file.ref)]
            path.write_bytes(b"")
            with pytest.raises(Refused):
                await seat.bridge.send(world.chat, Post(key="2", files=(upload,)))
            path.unlink()
            with pytest.raises(Refused):
                await seat.bridge.send(world.chat, Post(key="3", files=(upload,)))

    asyncio.run(story())


def test_what_is_no_message_is_a_notice_and_a_call_is_one(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            friend = hand(world)
            for step in (contents.CALL_PRE_OFFER, contents.CALL_OFFER, contents.CALL_CANDIDATES, contents.CALL_END):
                friend.store(Content(call=Call(type=step, uuid="1")))
            friend.store(Content(extraction=Extraction(type=contents.SCREENSHOT)))
            friend.store(Content(extraction=Extraction(type=contents.MEDIA_SAVED)))
            friend.store(Content(request_response=RequestResponse(approved=True)))
            friend.store(Content())
            invitation = CommunityInvitation(url="https://talk.example/room", name="Room")
            friend.say(DataMessage(invitation=invitation))
            friend.say(
                DataMessage(body="see https://a.example", previews=(Preview(url="https://a.example", title="A"),))
            )
            await seat.saw(Posted, says("see https://a.example"))
            notes = [event.text for event in seat.events if isinstance(event, Posted) and event.notice]
            assert notes == [
                "(a call)",
                "(took a picture of this conversation)",
                "(saved a file of this conversation)",
                "(accepted your message request)",
                "(a message of a kind that decamp does not know)",
                "(invites you to the community Room)\nhttps://talk.example/room",
            ]

    asyncio.run(story())


def test_garbage_for_the_account_is_counted_in_the_notes_and_nowhere_else(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            for number in range(50):
                put(world.standin, world.me, 0, b"x%d" % number)
            await world.friend.do(Post(key="1", text="sense"))
            await seat.saw(Posted, says("sense"))
            notes = [event for event in seat.events if isinstance(event, Posted) and event.notice]
            assert 1 <= len(notes) <= 5
            assert {note.chat.kind for note in notes} == {ChatKind.SELF}

    asyncio.run(story())


def test_a_member_has_the_name_that_the_group_gives_them(tmp_path: Path) -> None:
    async def story() -> None:
        async with in_a_group(tmp_path) as world, Seat(world) as seat:
            friend = hand(world)
            await friend.rename("Wanda")
            await friend.do(Post(key="1", text="uphill"))
            assert (await seat.saw(Posted, says("uphill"))).sender.name == "Wanda"
            friend.store(Content(data=DataMessage(body="no name this time"), sent_at=this_moment()))
            assert (await seat.saw(Posted, says("no name this time"))).sender.name == "Wanda"

    asyncio.run(story())
