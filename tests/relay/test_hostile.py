"""What others write may be anything. Nothing of it stops the relay, and nobody else's messages are held up by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridges.api import Can, Deleted, Edited, Person, Reacted, Timer
from tests.relay.pair import MAYA, Pair, run
from tests.relay.town import EVERYTHING
from tests.relay.world import settled, until

HALF = "\ud83d"  # half of a pair, as careless programs leave it


@pytest.mark.parametrize("sent_at", [-(2**70), -1, 0, 1, 2**53, 2**63, 2**64 - 1, 2**70])
def test_a_message_from_an_impossible_time_is_relayed_and_taken_back(tmp_path: Path, sent_at: int) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.DELETES, Can.TRUE_TIMES})
        async with pair.world.running():
            id = pair.maya("when?", sent_at=sent_at)
            await until(lambda: len(pair.new.texts("portal")) == 1)
            pair.old.happens(Deleted(chat=pair.old.chats["maya"], sender=MAYA, message=id))
            pair.maya("now")
            await until(lambda: len(pair.new.texts("portal")) == 3)
        said = pair.new.texts("portal")
        assert "when?" in said[0]
        assert "took back" in said[1]
        assert said[2] == "now"

    run(body)


@pytest.mark.parametrize("expires", [-5, 0, 2**40, 2**63, 2**70])
def test_a_message_that_disappears_after_an_impossible_time_is_relayed(tmp_path: Path, expires: int) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            pair.old.happens(Timer(chat=pair.old.chats["maya"], sender=MAYA, seconds=expires))
            pair.maya("soon?", expires=expires)
            pair.maya("now")
            await until(lambda: pair.new.texts("portal")[-2:] == ["soon?", "now"])

    run(body)


def test_halves_of_characters_in_texts_names_and_reactions_are_replaced(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        maya = Person(id=MAYA.id, name=f"Maya{HALF}")
        async with pair.world.running():
            id = pair.old.says("maya", f"a{HALF}b\0c", maya, files=(pair.old.file(b"x", name=f"{HALF}.txt"),))
            await until(lambda: len(pair.new.texts("portal")) == 1)
            pair.old.happens(Edited(chat=pair.old.chats["maya"], sender=maya, message=id, text=f"{HALF}d", sent_at=1))
            react = Reacted(
                chat=pair.old.chats["maya"], sender=maya, message=id, emojis=(f"👍{HALF}",), change=Reacted.Change.ADDED
            )
            pair.old.happens(react)
            pair.maya("next")
            await until(lambda: pair.new.texts("portal")[-1] == "next")
            assert pair.new.texts("portal")[0] == "a\ufffdb\0c"
        assert pair.old.starts == 1, "the bridge was not started again because of it"

    run(body)


def test_a_reaction_of_a_whole_page_is_no_reaction(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            id = pair.maya("hello")
            await until(lambda: len(pair.new.texts("portal")) == 1)
            emojis = ("x" * 1_000_000, "👍")
            react = Reacted(
                chat=pair.old.chats["maya"], sender=MAYA, message=id, emojis=emojis, change=Reacted.Change.ALL
            )
            pair.old.happens(react)
            await settled()
            told = relay.store.told(pair.link.ends[0], id)
            assert told is not None
            assert relay.store.emojis(told.number, None) == ("👍",)

    run(body)


def test_a_name_of_a_megabyte_is_cut_before_it_is_kept(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            pair.old.says("maya", "hello", Person(id=MAYA.id, name="x" * 1_000_000))
            await until(lambda: pair.new.texts("portal") == ["hello"])
            known = relay.store.acquaintance.person("old", MAYA.id)
            assert known is not None
            assert len(known.name) < 1000

    run(body)


def test_a_bridge_that_breaks_while_it_sends_takes_nothing_else_down(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        broken = [True]

        def break_once(_chat: str, _action: object) -> None:
            if broken:
                broken.clear()
                raise KeyError("what a library did not expect")

        pair.new.before = break_once
        async with pair.world.running() as relay:
            pair.maya("hello")
            pair.owner("and back")
            await until(lambda: pair.old.texts("maya") == ["and back"])
            await pair.world.clock.turn(10)
            assert pair.new.texts("portal") == ["hello"]
            assert not relay.is_broken

    run(body)


def test_a_line_that_breaks_while_a_message_is_sent_is_no_end(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.IDEMPOTENT})
        broken = [True]

        def break_once(_chat: str, _action: object) -> None:
            if broken:
                broken.clear()
                raise ConnectionResetError("reset")

        pair.new.before = break_once
        async with pair.world.running():
            pair.maya("hello")
            await pair.world.clock.turn(10)
            assert pair.new.texts("portal") == ["(perhaps twice) hello"]

    run(body)
