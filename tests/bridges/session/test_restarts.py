"""Stopped, killed or started twice: nothing is missing, and nothing is there twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from bridges.api import Changed, Delete, MarkRead, NotNow, Post, Posted, React, Receipt, Reference, Refused
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.session.record import Record
from migrate.account import online, posting
from migrate.account.line import Line
from migrate.account.online import OnlineAccount
from migrate.account.prepared import Held, Prepared, Sent
from migrate.account.standing import Standing
from tests.bridges.session.friend import Phone, until
from tests.bridges.session.world import SessionWorld, direct
from tests.patience import PATIENCE

pytestmark = pytest.mark.usefixtures("hurry")


def on_shelves(world: SessionWorld, account: str) -> list[str]:
    """Names of messages, without settings."""
    return world.standin.stored().get(account, {}).get(0, [])


def test_a_crash_between_written_down_and_sent_sends_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    action, caught = Post(key="once", text="once"), list[Prepared]()

    async def never(account: OnlineAccount, prepared: Prepared) -> Sent:
        caught.append(prepared)
        await asyncio.Event().wait()
        raise AssertionError

    async def story() -> None:
        async with direct(tmp_path) as world:
            async with Seat(world) as seat:
                with monkeypatch.context() as patch:
                    patch.setattr(OnlineAccount, "post", never)
                    sending = asyncio.create_task(seat.bridge.send(world.chat, action))
                    await until(lambda: bool(caught), world.patience)
                    sending.cancel()
                    await asyncio.wait([sending])
            assert on_shelves(world, world.chat) == []
            async with Seat(world, seat.cursor) as later:
                sent = await later.bridge.send(world.chat, action)
                assert sent.id == f"{caught[0].sent_at}:{world.me}"
            assert on_shelves(world, world.chat) == [caught[0].hash] == list(sent.also)

    asyncio.run(story())


def test_a_crash_after_sending_sends_no_second_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    action = Post(key="once", text="once")

    async def story() -> None:
        async with direct(tmp_path) as world:
            async with Seat(world) as seat:
                with monkeypatch.context() as patch:
                    patch.setattr(Record, "note_delivered", _raises(asyncio.CancelledError))
                    sending = asyncio.create_task(seat.bridge.send(world.chat, action))
                    await asyncio.wait([sending])
                    assert sending.cancelled()
            before = on_shelves(world, world.chat)
            assert len(before) == 1
            async with Seat(world, seat.cursor) as later:
                own = await later.saw(Posted, says("once"))
                assert (own.own, own.key) == (True, "once")  # an earlier run sent it, and nobody heard of it
                assert (await later.bridge.send(world.chat, action)).id == own.id
            assert on_shelves(world, world.chat) == before

    asyncio.run(story())


def _raises(error: type[BaseException]) -> object:
    def raise_it(*_: object, **__: object) -> None:
        raise error

    return raise_it


def test_the_same_action_asked_for_ten_times_at_once_is_sent_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            action = Post(key="k", text="patience")
            sent = await asyncio.gather(*(seat.bridge.send(world.chat, action) for _ in range(10)))
            assert len({one.id for one in sent}) == 1
            assert len(on_shelves(world, world.chat)) == 1

    asyncio.run(story())


def test_a_look_in_the_middle_of_a_send_takes_it_for_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            real = posting.post

            async def slowly(prepared: Prepared, line: Line, standing: Standing) -> Sent:
                sent = await real(prepared, line, standing)
                await world.friend.do(Post(key="meanwhile", text="meanwhile"))
                await seat.saw(Posted, says("meanwhile"))
                return sent

            monkeypatch.setattr(online, "post", slowly)
            await seat.bridge.send(world.chat, Post(key="k", text="mine"))
            assert [event.text for event in seat.events if isinstance(event, Posted)] == ["meanwhile"]

    asyncio.run(story())


def test_one_key_in_two_chats_are_two_messages(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            first = await seat.bridge.send(world.chat, Post(key="k", text="to you"))
            second = await seat.bridge.send(world.me, Post(key="k", text="to me"))
            assert first.id != second.id
            await world.friend.saw(Posted, says("to you"), world.patience)

    asyncio.run(story())


def test_what_is_sent_while_the_network_is_away_goes_when_it_is_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            world.standin.faults.down = set(range(6))
            with pytest.raises(NotNow):
                await seat.bridge.send(world.chat, Post(key="k", text="later"))
            world.standin.faults.down = set()
            while True:
                try:
                    sent = await seat.bridge.send(world.chat, Post(key="k", text="later"))
                    break
                except NotNow:
                    await asyncio.sleep(0.1)
            assert (await world.friend.saw(Posted, says("later"))).id == sent.id
            assert len(on_shelves(world, world.chat)) == 1

    asyncio.run(asyncio.wait_for(story(), PATIENCE))


def test_every_stored_cursor_brings_exactly_what_came_after_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            cursors: list[str] = []
            async with Seat(world) as seat:
                for number in range(6):
                    await world.friend.do(Post(key=f"{number}", text=f"{number}"))
                    await seat.saw(Posted, says(f"{number}"))
                    assert seat.cursor is not None
                    cursors.append(seat.cursor)
            for place in (5, 2, 0, 3):
                async with Seat(world, cursors[place]) as again:
                    await world.friend.do(Post(key=f"end {place}", text=f"end {place}"))
                    await again.saw(Posted, says(f"end {place}"))
                    came = [event.text for event in again.events if isinstance(event, Posted)]
                    assert [text for text in came if "end" not in text] == [f"{n}" for n in range(place + 1, 6)]
                    assert len(came) == len(set(came))

    asyncio.run(story())


@pytest.mark.parametrize("cursor", ["999", "none of ours"])
def test_a_cursor_that_nobody_knows_brings_everything_again(cursor: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            id = await world.friend.do(Post(key="1", text="kept on the network"))
            async with Seat(world, cursor) as seat:
                assert (await seat.saw(Posted, says("kept on the network"))).id == id

    asyncio.run(story())


def test_a_first_start_has_a_cursor_before_anybody_writes(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            await world.friend.do(Post(key="old", text="long ago"))
            async with Seat(world) as seat:
                await seat.saw(Changed, lambda event: event.cursor is not None)
            await world.friend.do(Post(key="new", text="while you were away"))
            async with Seat(world, seat.cursor) as later:
                await later.saw(Posted, says("while you were away"))
                assert [event.text for event in later.events if isinstance(event, Posted)] == ["while you were away"]

    asyncio.run(story())


def test_looking_without_a_cursor_in_between_takes_nothing_from_whoever_has_one(tmp_path: Path) -> None:
    """As `decamp bridge check` does between two runs of the relay."""

    async def story() -> None:
        async with direct(tmp_path) as world:
            async with Seat(world) as seat:
                await seat.saw(Changed, lambda event: event.cursor is not None)
            await world.friend.do(Post(key="1", text="for the relay"))
            async with Seat(world):
                pass
            async with Seat(world, seat.cursor) as later:
                await later.saw(Posted, says("for the relay"))

    asyncio.run(story())


def test_what_the_owner_writes_on_the_phone_is_their_own(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            phone = Phone(world.standin, world.keys)
            id = phone.wrote(world.chat, "from my phone")
            own = await seat.saw(Posted, says("from my phone"))
            assert (own.own, own.id, own.chat.id, own.sender.name) == (True, id, world.chat, "Robin")
            note = phone.wrote(world.me, "milk")
            kept = await seat.saw(Posted, says("milk"))
            assert (kept.own, kept.id, kept.chat.id) == (True, note, world.me)
            sent = await seat.bridge.send(world.me, Post(key="note", text="bread"))
            assert sent.id is not None
            await seat.bridge.send(world.me, Delete(key="eaten", message=Reference(id=sent.id)))
            assert "bread" not in [event.text for event in seat.events if isinstance(event, Posted)]

    asyncio.run(story())


def test_reading_the_last_of_three_tells_that_all_three_were_read(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            ids = [await world.friend.do(Post(key=f"{n}", text=f"{n}")) for n in range(3)]
            last = await seat.saw(Posted, says("2"))
            await seat.bridge.send(world.chat, MarkRead(key="read", message=Reference(id=last.id)))
            receipt = await world.friend.saw(Receipt, lambda event: event.read, world.patience)
            assert set(receipt.messages) == set(ids)

    asyncio.run(story())


def test_a_copy_that_our_devices_did_not_get_is_brought_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    post, prepared = OnlineAccount.post, list[Prepared]()

    async def without_copy(account: OnlineAccount, one: Prepared) -> Sent:
        prepared.append(one)
        return replace(await post(account, replace(one, copy=None)), copy=Held())

    async def story() -> None:
        async with direct(tmp_path) as world:
            async with Seat(world) as seat:
                with monkeypatch.context() as patch:
                    patch.setattr(OnlineAccount, "post", without_copy)
                    await seat.bridge.send(world.chat, Post(key="k", text="hello"))
            assert prepared[0].own_hash not in on_shelves(world, world.me)
            async with Seat(world, seat.cursor):
                await until(lambda: prepared[0].own_hash in on_shelves(world, world.me), world.patience)
            assert len(on_shelves(world, world.chat)) == 1

    asyncio.run(story())


def test_only_ones_own_message_can_be_taken_back_and_only_one_of_session(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            theirs = await world.friend.do(Post(key="1", text="mine"))
            for chat, action in (
                (world.chat, Delete(key="d", message=Reference(id=theirs))),
                (world.chat, Delete(key="e", message=Reference(id="$matrix:id"))),
                (world.chat, React(key="f", message=Reference(id="12"), emoji="👍")),
                (world.chat, Post(key="g", text="   ")),
                (world.chat, Post(key="h", text="x" * 2_001)),
                ("05abc", Post(key="i", text="x")),
                ("03" + "ab" * 32, Post(key="j", text="x")),
            ):  # fmt: skip
                with pytest.raises(Refused):
                    await seat.bridge.send(chat, action)
            assert on_shelves(world, world.chat) == []

    asyncio.run(story())
