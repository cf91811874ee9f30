"""What SimpleX does not take is refused in words, and what it calls otherwise is said in its own way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridges.api import (
    Delete,
    Edit,
    Failed,
    Gone,
    Left,
    NotNow,
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Reference,
    Refused,
    Renamed,
    Upload,
)
from bridges.contract import Seat
from bridges.contract.world import says
from tests.bridges.simplex.world import SimplexWorld, over_the_program, play
from tests.patience import PATIENCE
from tests.servers.simplex_objects import transfer

MAYA = Person(id="05" + "ab" * 32, name="Maya")


def test_a_heart_goes_out_plain_and_comes_in_as_everywhere(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        await world.friend.do(Post(key="", text="cake?"))
        heard = await seat.saw(Posted)
        about = Reference(id=heard.id)
        await seat.bridge.send(world.chat, React(key="1", message=about, emoji="❤️"))
        there = await world.friend.saw(Reacted, lambda event: event.emojis == ("\u2764",))
        await world.friend.do(React(key="", message=Reference(id=there.message), emoji="\u2764"))
        assert (await seat.saw(Reacted)).emojis == ("❤️",)
        with pytest.raises(Refused, match="eight reactions"):
            await seat.bridge.send(world.chat, React(key="2", message=about, emoji="🦊"))

    play(tmp_path, scene)


def test_what_is_too_old_can_be_neither_changed_nor_taken_back(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        sent = await seat.bridge.send(world.chat, Post(key="1", text="helo"))
        world.network.later = 90_000
        about = Reference(id=sent.id or "")
        with pytest.raises(Refused, match="too old"):
            await seat.bridge.send(world.chat, Edit(key="2", message=about, text="hello"))
        for _ in range(2):
            with pytest.raises(Refused, match="too old"):
                await seat.bridge.send(world.chat, Delete(key="3", message=about))

    play(tmp_path, scene)


def test_a_text_that_is_too_long_is_refused_and_its_answer_fits(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        with pytest.raises(Refused, match="longer"):
            await seat.bridge.send(world.chat, Post(key="1", text="x" * 16_000))
        largest = seat.bridge.limits.text_bytes or 0
        sent = await seat.bridge.send(world.chat, Post(key="2", text="x" * largest))
        about = Reference(id=sent.id or "")
        await seat.bridge.send(world.chat, Post(key="3", text="y" * largest, reply_to=about))
        assert (await world.friend.saw(Posted, says("y" * largest))).reply_to is not None

    play(tmp_path, scene)


def test_wrong_chats_and_messages_are_refused_without_being_repeated(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        for chat in ("@999", "#999", "", "@1 json", "request:1"):
            with pytest.raises(Refused) as told:
                await seat.bridge.send(chat, Post(key=f"to {chat}", text="marker-c41a"))
            assert "marker-c41a" not in f"{told.value} {told.value.hint}"
        with pytest.raises(Refused, match="not there any more"):
            await seat.bridge.send(world.chat, Post(key="q", text="x", reply_to=Reference(id="999")))
        with pytest.raises(Refused, match="nothing in this message"):
            await seat.bridge.send(world.chat, Post(key="e"))
        gone = Upload(path=str(tmp_path / "none"), name="x", type="", size=1)
        with pytest.raises(Refused, match="cannot be read"):
            await seat.bridge.send(world.chat, Post(key="f", files=(gone,)))

    play(tmp_path, scene)


def test_a_contact_who_deletes_the_chat_has_left(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        world.friend.ask(f"/_delete {world.friend.chat} full notify=on")
        assert (await seat.saw(Left)).chat.id == world.chat
        with pytest.raises(Refused, match="deleted this chat"):
            await seat.bridge.send(world.chat, Post(key="1", text="x"))
        assert world.chat not in [chat.id async for chat in seat.bridge.chats()]

    play(tmp_path, scene)


def test_a_message_that_does_not_get_through_is_told(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        sent = await seat.bridge.send(world.chat, Post(key="1", text="x"))
        item = world.account.items[int(sent.id or 0)][1]
        item["meta"]["itemStatus"] = {"type": "sndErrorAuth"}  # type: ignore[index]  # an object of the double
        world.account.tell({"type": "chatItemsStatusesUpdated", "chatItems": [world.account.entry(int(sent.id or 0))]})
        assert (await seat.saw(Failed)).message == sent.id

    play(tmp_path, scene)


def test_a_file_that_could_not_be_sent_is_told(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        path = tmp_path / "x"
        path.write_bytes(b"x")
        upload = Upload(path=str(path), name="x", type="", size=1)
        sent = await seat.bridge.send(world.chat, Post(key="1", files=(upload,)))
        entry = world.account.entry(int(sent.id or 0))
        world.account.tell({"type": "sndFileError", "chatItem_": entry, "errorMessage": "no server",
                            "fileTransferMeta": transfer(1, "x", str(path), 1)})  # fmt: skip
        assert (await seat.saw(Failed)).message == sent.id

    play(tmp_path, scene)


def test_who_waits_for_a_file_is_told_when_the_connection_ends(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        path = tmp_path / "x"
        path.write_bytes(b"x")
        await world.friend.do(Post(key="", files=(Upload(path=str(path), name="x", type="", size=1),)))
        file_in = await seat.saw(Posted)
        file = file_in.files[0]
        kept = world.account.items[int(file_in.id)][1]["file"]
        kept["fileStatus"] = {"type": "rcvAccepted"}  # type: ignore[index]  # it is on its way, and takes its time
        fetching = asyncio.create_task(_first(seat, file.ref))
        while not any("/freceive" in one and "incoming" in one for one in world.account.log):  # noqa: ASYNC110  a log tells nobody
            await asyncio.sleep(0.01)
        await world.program.drop()
        with pytest.raises(NotNow):
            await asyncio.wait_for(fetching, PATIENCE)

    play(tmp_path, scene)


async def _first(seat: Seat, ref: str) -> list[bytes]:
    return [piece async for piece in seat.bridge.fetch(ref)]


def test_a_file_that_somebody_fetched_in_the_program_is_not_ours_to_read(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        path = tmp_path / "x"
        path.write_bytes(b"x")
        await world.friend.do(Post(key="", files=(Upload(path=str(path), name="x", type="", size=1),)))
        file = (await seat.saw(Posted)).files[0]
        fetching = asyncio.create_task(_first(seat, file.ref))
        await asyncio.sleep(0)  # it waits now
        world.account.command(f"/freceive {file.ref.split(':')[1]} approved_relays=on encrypt=off {tmp_path / 'y'}")
        with pytest.raises(Refused, match="program itself"):
            await asyncio.wait_for(fetching, PATIENCE)

    play(tmp_path, scene)


def test_two_who_open_the_chat_of_one_contact_get_the_same(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        one, other = await asyncio.gather(seat.bridge.open_chat("Maya", MAYA), seat.bridge.open_chat("Maya", MAYA))
        assert one.id == other.id

    play(tmp_path, scene)


def test_the_group_of_a_contact_is_found_again_without_any_memory_of_ours(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        chat = await seat.bridge.open_chat("Maya", MAYA)
        await seat.bridge.send(chat.id, Post(key="1", text="in the group"))
        there = await world.friend.saw(Posted, says("in the group"))
        world.friend.chat = there.chat.id
        await world.friend.do(Post(key="", text="and back", reply_to=Reference(id=there.id)))
        here = await seat.saw(Posted, says("and back"))
        assert (here.chat.id, here.sender.id) == (chat.id, world.chat), "the owner is the same person in a group"
        assert here.reply_to is not None
        await seat.bridge.stop()
        (world.folder / "simplex.sqlite").unlink()
        async with Seat(world) as later:
            assert (await later.bridge.open_chat("Maya", MAYA)).id == chat.id
            other = await later.bridge.open_chat("Maya", Person(id="05" + "cd" * 32, name="Maya"))
            assert other.id != chat.id, "two people of one name share a group"
            world.friend.ask(f"/_leave {there.chat.id}")
            await later.saw(Left)
            await later.bridge.open_chat("Maya", MAYA)
            assert len([one for one in world.account.log if one.startswith("/_add #")]) == 3

    play(tmp_path, scene)


@pytest.mark.parametrize("status", ["removed", "deleted"])
def test_a_group_that_is_gone_or_that_we_were_removed_from_says_so_and_the_next_is_another(
    status: str, tmp_path: Path
) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        chat = await seat.bridge.open_chat("Maya", MAYA)
        world.account.groups[int(chat.id[1:])].status = status
        with pytest.raises(Gone):
            await seat.bridge.send(chat.id, Post(key="1", text="anybody?"))
        again = await seat.bridge.open_chat("Maya", MAYA)
        assert again.id != chat.id
        await seat.bridge.send(again.id, Post(key="2", text="here we are"))
        await world.friend.saw(Posted, says("here we are"))
        with pytest.raises(Gone):
            await seat.bridge.send("#4711", Post(key="3", text="never there"))

    play(tmp_path, scene)


def test_without_an_owner_no_group_is_made(tmp_path: Path) -> None:
    async def run() -> None:
        async with over_the_program(tmp_path) as world:
            world.settings["owner"] = ""
            async with Seat(world) as seat:
                with pytest.raises(Refused) as told:
                    await seat.bridge.open_chat("Maya", MAYA)
                assert "decamp bridge setup simplex" in told.value.hint
                assert not world.account.groups

    asyncio.run(run())


def test_a_file_can_be_fetched_again_and_after_a_restart(tmp_path: Path) -> None:
    async def run() -> None:
        async with over_the_program(tmp_path) as world:
            source = tmp_path / "x"
            source.write_bytes(b"content")
            upload = Upload(path=str(source), name="../../../evil", type="", size=7)
            async with Seat(world) as seat:
                await world.friend.do(Post(key="", files=(upload,)))
                file = (await seat.saw(Posted)).files[0]
            async with Seat(world, seat.cursor) as later:
                for _ in range(2):
                    assert b"".join([piece async for piece in later.bridge.fetch(file.ref)]) == b"content"
                for wrong in ("file:1:1:zz", "../x", "file:77:1:" + "0" * 16):
                    with pytest.raises(Refused):
                        [piece async for piece in later.bridge.fetch(wrong)]
            assert [
                one.parent for one in world.folder.rglob("*") if one.is_file() and b"content" in one.read_bytes()
            ] == [world.folder / "incoming"]

    asyncio.run(run())


def test_a_picture_comes_out_of_the_profile(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        assert b"".join([piece async for piece in seat.bridge.fetch("data:image/png;base64,aGk=")]) == b"hi"
        with pytest.raises(Refused, match="damaged"):
            [piece async for piece in seat.bridge.fetch("data:image/png;base64,???")]
        await world.friend.rename("Frieda")
        renamed = await seat.saw(Renamed)
        assert renamed.person is not None
        assert renamed.person.name == "Frieda"

    play(tmp_path, scene)


def test_a_message_that_disappears_says_so(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        await world.friend.do(Post(key="", text="soon gone", expires=60))
        assert (await seat.saw(Posted)).expires == 60

    play(tmp_path, scene)


def test_while_simplex_is_not_started_it_is_tried_later(tmp_path: Path) -> None:
    async def scene(world: SimplexWorld, seat: Seat) -> None:
        world.account.started = False
        with pytest.raises(NotNow):
            await seat.bridge.send(world.chat, Post(key="1", text="x"))
        world.account.started = True
        assert (await seat.bridge.send(world.chat, Post(key="1", text="x"))).id

    play(tmp_path, scene)
