"""A tick at the owner's says that a message got where it was to go, and not only as far as the relay."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bridges.api import Can, Deleted, Edited, MarkDelivered, NotNow, Person, Post, Refused
from bridges.relay.model import Link, Mode
from tests.relay.pair import MAYA, ME, Pair, run
from tests.relay.town import EVERYTHING, Town
from tests.relay.world import World, place, settled, until


def ticks(town: Town, chat: str = "portal") -> list[str]:
    """The ids of what the owner's program shows as received."""
    return [act.message.id for at, act in town.acts if isinstance(act, MarkDelivered) and at == chat]


def refuse(_chat: str, action: object) -> None:
    if isinstance(action, Post):
        raise Refused("Too rude.")


def later(_chat: str, action: object) -> None:
    if isinstance(action, Post):
        raise NotNow("Later.")


def nothing(_chat: str, _action: object) -> None:
    return


def test_a_message_shows_as_received_once_the_contact_s_network_has_it_and_not_before(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.old.before = later
        async with pair.world.running():
            pair.owner("hello", id="i1", confirm="i1")
            await settled()
            assert ticks(pair.new) == []
            pair.old.before = nothing
            await pair.world.clock.turn(2)
            assert pair.old.texts("maya") == ["hello"]
            assert ticks(pair.new) == ["i1"]

    run(body)


def test_whoever_did_not_ask_is_told_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            pair.owner("hello")
            pair.maya("me too", id="m1", confirm="m1")
            await until(lambda: pair.old.texts("maya") and pair.new.texts("portal"))
            await settled()
            assert pair.new.actions(MarkDelivered) == pair.old.actions(MarkDelivered) == []

    run(body)


def test_a_message_that_failed_never_shows_as_received_until_it_is_tried_again(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.old.before = refuse
        async with pair.world.running() as relay:
            pair.owner("hello", id="i1", confirm="i1")
            await until(lambda: any("did not get through" in text for text in pair.new.texts("portal")))
            pair.owner("hello", id="i1", confirm="i1")
            await settled()
            assert ticks(pair.new) == []
            pair.old.before = nothing
            relay.store.retry()
            relay.lanes.wake_bridge("old")
            await until(lambda: ticks(pair.new) == ["i1"])

    run(body)


def test_with_two_networks_it_shows_as_received_when_it_is_on_both(tmp_path: Path) -> None:
    async def body() -> None:
        towns = [Town("old", tells_own=True), Town("new"), Town("third")]
        ends = tuple(place(town, town.chat("chat").id) for town in towns)
        link = Link(name="maya", ends=ends, title="Maya", private=True, person=MAYA.id)
        world = World(tmp_path, towns, links=[link], owners={"new": {ME.id}, "third": {ME.id}})
        towns[2].before = later
        async with world.running():
            towns[1].says("chat", "hello", ME, id="i1", confirm="i1")
            await until(lambda: towns[0].texts("chat") == ["hello"])
            await settled()
            assert ticks(towns[1], "chat") == []
            towns[2].before = nothing
            await world.clock.turn(2)
            assert ticks(towns[1], "chat") == ["i1"]

    run(body)


def test_a_program_that_sends_it_again_because_nobody_said_so_is_told_and_nothing_doubles(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            for number in (1, 2):
                pair.owner("hello", id="i1", confirm="i1")
                await until(lambda number=number: ticks(pair.new) == ["i1"] * number)  # type: ignore[misc]  # bound now
            assert pair.old.texts("maya") == ["hello"]

    run(body)


def test_what_waits_for_the_contact_s_network_is_not_told_as_received_when_it_is_sent_again(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.old.before = later
        async with pair.world.running():
            for _ in range(2):
                pair.owner("hello", id="i1", confirm="i1")
                await settled()
            assert ticks(pair.new) == []
            pair.old.before = nothing
            await pair.world.clock.turn(2)
            assert ticks(pair.new) == ["i1"]

    run(body)


def test_a_relay_that_starts_again_in_between_still_says_that_it_arrived(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.old.before = later
        async with pair.world.running():
            pair.owner("hello", id="i1", confirm="i1")
            await settled()
        pair.old.before = nothing
        async with pair.world.running():
            await until(lambda: ticks(pair.new) == ["i1"])
            assert pair.old.texts("maya") == ["hello"]

    run(body)


def test_a_change_shows_as_received_under_its_own_id(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            id = pair.owner("hello", id="i1", confirm="i1")
            await until(lambda: ticks(pair.new) == ["i1"])
            edit = Edited(
                chat=pair.new.chats["portal"], sender=ME, message=id, text="hello!", sent_at=1, id="i2", confirm="i2"
            )
            for number in (1, 2):
                pair.new.happens(edit)
                await until(lambda number=number: ticks(pair.new) == ["i1", *["i2"] * number])  # type: ignore[misc]  # bound now

    run(body)


def test_what_the_owner_says_to_the_relay_itself_shows_as_received_at_once(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            pair.owner("help", "control", id="i1", confirm="i1")
            await until(lambda: ticks(pair.new, "control") == ["i1"])
            pair.new.says("control", "help", Person(id="somebody@else"), id="i2", confirm="i2")
            await settled()
            assert ticks(pair.new, "control") == ["i1"]

    run(body)


def test_what_goes_to_nobody_in_a_shared_chat_never_shows_as_received(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.SHARED)
        async with pair.world.running():
            pair.maya("hello")
            await until(lambda: pair.new.texts("portal"))
            pair.owner("for whom?", id="i1", confirm="i1")
            await until(lambda: len(pair.new.texts("portal")) == 2)
            assert ticks(pair.new) == []

    run(body)


def test_in_a_group_nobody_is_told(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.world._links = [msgspec.structs.replace(pair.link, private=False, person=None)]
        async with pair.world.running():
            pair.owner("hello", id="i1", confirm="i1")
            await until(lambda: pair.old.texts("maya"))
            await settled()
            assert ticks(pair.new) == []

    run(body)


@pytest.mark.parametrize("can", [EVERYTHING - {Can.CONFIRMS}, EVERYTHING])
def test_a_receipt_that_cannot_be_sent_now_is_dropped_and_holds_up_nothing(tmp_path: Path, can: frozenset[Can]) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=can)

        def away(_chat: str, action: object) -> None:
            if isinstance(action, MarkDelivered):
                raise NotNow("Later.")

        pair.new.before = away
        async with pair.world.running() as relay:
            pair.owner("hello", id="i1", confirm="i1")
            await until(lambda: pair.old.texts("maya"))
            pair.maya("hi")
            await until(lambda: pair.new.texts("portal") == ["hi"])
            assert ticks(pair.new) == []
            assert relay.store.outbox.by_state() == {}
            assert pair.notices() == []

    run(body)


def test_what_was_taken_back_before_it_got_there_never_shows_as_received(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.old.before = later
        async with pair.world.running():
            pair.owner("hello", id="i1", confirm="i1")
            await settled()
            pair.new.happens(Deleted(chat=pair.new.chats["portal"], sender=ME, message="i1"))
            await settled()
            pair.old.before = nothing
            pair.owner("hello", id="i1", confirm="i1")
            await pair.world.clock.turn(2)
            assert ticks(pair.new) == []

    run(body)
