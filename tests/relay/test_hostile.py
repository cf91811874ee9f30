"""What others write may be anything. Nothing of it stops the relay, and nobody else's messages are held up by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridges.api import Can, Chat, Deleted, Edited, Limits, Person, Reacted, Timer
from bridges.relay.status import snapshot
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


def test_a_text_of_megabytes_comes_as_its_beginning_and_says_how_much_is_missing(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, limits=Limits(text_characters=2000))
        async with pair.world.running():
            id = pair.maya("word " * 2_000_000)
            pair.old.happens(
                Edited(chat=pair.old.chats["maya"], sender=MAYA, message=id, text="x" * 10_000_000, sent_at=1)
            )
            pair.maya("next")
            await until(lambda: pair.new.texts("portal")[-1:] == ["next"])
            said = [text for text in pair.new.texts("portal") if "(characters left out: " in text]
        assert "(characters left out: 9900000)" in said[0]
        assert len(pair.new.texts("portal")) < 60

    run(body)


def test_of_ten_thousand_files_in_one_message_a_hundred_come_and_the_others_are_counted(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        file = pair.old.file(b"x", name="n" * 1000 + ".txt")
        async with pair.world.running():
            pair.maya("look", files=(file,) * 10_000)
            pair.maya("", files=(file,) * 101)
            await until(lambda: len(pair.new.posts("portal")) == 2)
        look, alone = pair.new.posts("portal")
        assert look.text == "look\n(files left out: 9900)"
        assert alone.text == "(files left out: 1)"
        assert len(look.files) == len(alone.files) == 100
        assert {len(one.name) for one in look.files} == {255}
        assert look.files[0].name.endswith("n.txt")

    run(body)


def test_a_person_has_a_hundred_reactions_on_a_message_and_no_more(tmp_path: Path) -> None:
    """Else each of them would be sent along with every other one."""

    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            id = pair.maya("hello")
            await until(lambda: len(pair.new.texts("portal")) == 1)
            for number in range(150):
                react = Reacted(
                    chat=pair.old.chats["maya"], sender=MAYA, message=id, emojis=(f"e{number}",),
                    change=Reacted.Change.ADDED,
                )  # fmt: skip
                pair.old.happens(react)
            pair.old.happens(
                Reacted(
                    chat=pair.old.chats["maya"], sender=MAYA, message=id, emojis=("e0",), change=Reacted.Change.REMOVED
                )
            )
            pair.maya("next")
            await until(lambda: pair.new.texts("portal")[-1] == "next")
            told = relay.store.told(pair.link.ends[0], id)
            assert told is not None
            assert set(relay.store.emojis(told.number, None)) == {f"e{number}" for number in range(1, 100)}
            assert snapshot(relay.store).skipped["one reaction too many"] == 50

    run(body)


def test_a_title_of_a_megabyte_is_cut_before_it_is_kept(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.old.chats["maya"] = Chat(id="maya", title="x" * 1_000_000, person=MAYA.id)
        async with pair.world.running() as relay:
            pair.maya("hello")
            await until(lambda: pair.new.texts("portal") == ["hello"])
            chat = relay.store.portals.chat(pair.link.ends[0])
            assert chat is not None
            assert len(chat.title) < 1000

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
