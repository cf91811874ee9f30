"""Sending: what happens when the network takes it and nobody hears of it, when it is slow, or has less than it says."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridges.api import (
    AnyAction,
    Can,
    CannotDo,
    Delete,
    Deleted,
    Limits,
    NotNow,
    Person,
    Reacted,
    Reference,
    Refused,
)
from bridges.relay.status import snapshot
from tests.relay.pair import MAYA, Pair, run
from tests.relay.town import EVERYTHING
from tests.relay.world import settled, until

NO_KEYS = EVERYTHING - {Can.IDEMPOTENT}


@pytest.mark.parametrize(
    ("can", "wanted"), [(EVERYTHING, ["hello"]), (NO_KEYS, ["hello", "(perhaps twice) hello"])], ids=["keys", "no keys"]
)
def test_an_answer_that_never_comes_is_at_most_one_more_message_and_marked(
    tmp_path: Path, can: frozenset[Can], wanted: list[str]
) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=can)
        lost = [True]
        act = pair.new.keys

        class Deaf(dict[str, object]):
            def __setitem__(self, key: str, value: object) -> None:
                super().__setitem__(key, value)
                if lost:
                    lost.pop()
                    raise TimeoutError

        pair.new.keys = Deaf(act)  # type: ignore[assignment]  # takes it, and the answer is lost
        async with pair.world.running():
            pair.maya("hello")
            pair.maya("next")
            await settled()
            await pair.world.clock.turn(10)
            await until(lambda: pair.new.texts("portal")[-1:] == ["next"])
        assert pair.new.texts("portal") == [*wanted, "next"]

    run(body)


def test_a_wait_that_the_network_asks_for_is_kept(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        tries: list[int] = []

        def busy(chat: str, action: AnyAction) -> None:
            tries.append(pair.world.clock.now())
            if len(tries) == 1:
                raise NotNow("Slow down.", after=500)

        pair.new.before = busy
        async with pair.world.running():
            pair.maya("hello")
            await settled()
            await pair.world.clock.turn(499)
            assert len(tries) == 1
            await pair.world.clock.turn(200)
        assert len(tries) == 2

    run(body)


def test_what_a_network_turns_out_to_lack_is_shown_in_another_way(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING | {Can.OWNER, Can.PERSONAS})

        def lacks(chat: str, action: AnyAction) -> None:
            if getattr(action, "as_owner", False):
                raise Refused("The server does not let us write as the owner.")
            if getattr(action, "persona", None) is not None:
                raise CannotDo(Can.PERSONAS)

        pair.new.before = lacks
        async with pair.world.running():
            pair.old.says("maya", "from my phone", Person(id="me", name="Robin"), own=True)
            pair.maya("hello")
            await until(lambda: len(pair.new.posts("portal")) == 2)
        assert pair.new.texts("portal") == ["Robin: from my phone", "hello"]
        assert pair.notices() == []

    run(body)


def test_an_end_in_order_finishes_what_is_being_sent_and_keeps_the_rest(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.new.slow["portal"] = asyncio.Event()
        async with pair.world.running() as relay:
            for number in range(5):
                pair.maya(f"{number}")
            await settled()
            relay.stop()
            await settled()
            pair.new.slow["portal"].set()
        assert pair.new.texts("portal") == ["0"]
        async with pair.world.running():
            await until(lambda: len(pair.new.acts) == 5)
        assert pair.new.texts("portal") == [f"{number}" for number in range(5)]

    run(body)


def test_a_reply_to_a_message_that_is_still_on_its_way_finds_it(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            first = pair.maya("one")
            pair.maya("two", reply_to=Reference(id=first))
            chat = pair.old.chats["maya"]
            pair.old.happens(Reacted(chat=chat, sender=MAYA, message=first, emojis=("👍",), change=Reacted.Change.ALL))
            await until(lambda: len(pair.new.acts) == 3)
        one, two = pair.new.posts("portal")
        assert two.reply_to is not None
        assert two.reply_to.id == pair.new.keys[one.key].ids[0]

    run(body)


def test_long_text_goes_in_parts_and_each_part_is_taken_back(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, limits=Limits(text_characters=100))
        async with pair.world.running():
            id = pair.maya("word " * 50)
            await until(lambda: len(pair.new.posts("portal")) == 3)
            pair.old.happens(Deleted(chat=pair.old.chats["maya"], sender=MAYA, message=id))
            await until(lambda: len(pair.new.actions(Delete)) == 3)
        assert [text[-6:] for text in pair.new.texts("portal")] == [" (1/3)", " (2/3)", " (3/3)"]

    run(body)


def test_our_own_words_that_come_back_before_the_answer_go_no_further(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.old.slow["maya"] = asyncio.Event()

        pair.old.tells_own = False
        async with pair.world.running() as relay:
            pair.owner("hello")
            await settled()
            pair.old.says("maya", "hello", pair.old.me, id="early", own=True)
            await settled()
            pair.old.slow["maya"].set()
            await until(pair.old.acts.__len__)
            await settled()
            assert [side.waiting for side in snapshot(relay.store).sides] == [0, 0]
        assert pair.new.texts("portal") == []
        assert pair.old.texts() == ["hello"]

    run(body)
