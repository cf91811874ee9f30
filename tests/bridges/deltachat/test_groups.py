"""The groups that stand for contacts: their names and pictures, and what happens to one that somebody left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bridges.api import Desk, Gone, Left, Person, Post, Posted, Refused
from bridges.contract import Seat
from bridges.contract.world import says
from tests.bridges.deltachat.world import DeltaChatWorld, Home, inside, played
from tests.patience import PATIENCE

NOOR = Person(id="05" + "cd" * 32, name="Noor")


def test_a_chat_has_the_picture_of_its_contact_and_a_broken_one_is_refused(home: Home, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 64), "teal").save(tmp_path / "good.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nand then nothing")

    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            contact = Person(id="05" + "11" * 32, name="Teal")
            chat = await seat.bridge.open_chat("Teal (Session)", contact, tmp_path / "good.png")
            await seat.bridge.send(chat.id, Post(key="teal", text="look at me"))
            there = await world.friend.saw(Posted, says("look at me"))
            shown = world.friend.ask("get_basic_chat_info", int(there.chat.id))
            assert shown["name"] == "Teal (Session)"
            assert shown["profileImage"]
            with pytest.raises(Refused):
                await seat.bridge.dress_chat(chat.id, "Teal (Session)", tmp_path / "broken.png")
            await seat.bridge.dress_chat(chat.id, "Blue (Session)", None)
            await seat.bridge.send(chat.id, Post(key="blue", text="renamed"))
            await world.friend.saw(Posted, says("renamed"))
            assert world.friend.ask("get_basic_chat_info", int(there.chat.id))["name"] == "Blue (Session)"

    played(home, body)


@pytest.mark.parametrize("lead", [0.001, 0.01])
def test_a_picture_that_is_given_while_the_first_message_goes_out_arrives(
    lead: float, home: Home, tmp_path: Path
) -> None:
    """Delta Chat's program reads a group, shrinks the picture and writes the group: what was sent meanwhile is lost."""
    from PIL import Image

    Image.effect_noise((1200, 1200), 90).save(tmp_path / "large.png")

    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            contact = Person(id=f"05{int(lead * 1000):064x}", name="Large")
            chat = await seat.bridge.open_chat("Large (Session)", contact)
            dressing = asyncio.create_task(seat.bridge.dress_chat(chat.id, "Larger (Session)", tmp_path / "large.png"))
            await asyncio.sleep(lead)
            await seat.bridge.send(chat.id, Post(key=f"large {lead}", text=f"after {lead} s"))
            await dressing
            there = await world.friend.saw(Posted, says(f"after {lead} s"))
            async with asyncio.timeout(PATIENCE):
                while not world.friend.ask("get_basic_chat_info", int(there.chat.id))["profileImage"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

    played(home, body)


@pytest.mark.long
def test_a_group_that_the_owner_has_left_is_made_anew(home: Home) -> None:
    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            contact = Person(id="05" + "22" * 32, name="Left")
            before = await seat.bridge.open_chat("Left", contact)
            await seat.bridge.send(before.id, Post(key="left", text="stay"))
            there = await world.friend.saw(Posted, says("stay"))
            world.friend.ask("leave_group", int(there.chat.id))
            await seat.saw(Left)
            after = await seat.bridge.open_chat("Left", contact)
            assert after.id != before.id
            with pytest.raises(Gone):
                await seat.bridge.send("4711", Post(key="never", text="never there"))

    played(home, body)


@pytest.mark.long
def test_a_group_that_the_owner_took_us_out_of_says_so_and_the_next_is_another(home: Home) -> None:
    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            contact = Person(id="05" + "33" * 32, name="Out")
            before = await seat.bridge.open_chat("Out", contact)
            await seat.bridge.send(before.id, Post(key="out", text="we two"))
            there = await world.friend.saw(Posted, says("we two"))
            world.friend.ask("remove_contact_from_chat", int(there.chat.id), int(there.sender.id))
            async with asyncio.timeout(PATIENCE):
                while (await inside(seat).room(int(before.id))).self_in_group:  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(0.05)
            with pytest.raises(Gone):
                await seat.bridge.send(before.id, Post(key="late", text="anybody?"))
            after = await seat.bridge.open_chat("Out", contact)
            assert after.id != before.id
            await seat.bridge.send(after.id, Post(key="late", text="here we are"))
            assert (await world.friend.saw(Posted, says("here we are"))).chat.id != there.chat.id

    played(home, body)


def test_without_an_owner_no_chat_is_made(home: Home) -> None:
    class Ownerless(DeltaChatWorld):
        def desk(self, cursor: str | None = None, *, wrong: bool = False) -> Desk:
            desk = super().desk(cursor, wrong=wrong)
            return replace(desk, settings={**desk.settings, "owner": ""})

    async def body(world: DeltaChatWorld) -> None:
        async with Seat(Ownerless(home, int(world.chat))) as seat:
            with pytest.raises(Refused) as refused:
                await seat.bridge.open_chat("Noor", NOOR)
            assert "setup" in refused.value.hint

    played(home, body)
