"""Answers that are lost, late or a no: what was said is there once, and nothing is said that is not so."""

from __future__ import annotations

from pathlib import Path

from bridges.api import Can, Edit, Edited, Limits, Person, Post, React, Reacted, Refused
from tests.relay.pair import MAYA, ME, Pair, run
from tests.relay.town import EVERYTHING, Town
from tests.relay.world import settled, until


def lose_first(town: Town, kind: type[object], times: int) -> None:
    """The network does it, and the answer is lost, so many times."""
    lost = [True] * times
    seat = town.seats[-1]
    act = seat.act

    async def losing(chat: str, action: object) -> object:
        sent = await act(chat, action)  # type: ignore[arg-type]  # as it came
        if isinstance(action, kind) and lost:
            lost.pop()
            raise TimeoutError
        return sent

    seat.act = losing  # type: ignore[assignment,method-assign]  # a line that breaks


def edited(town: Town, chat: str, who: Person, message: str, text: str, *, own: bool = False, at: int = 1) -> None:
    town.happens(Edited(chat=town.chats[chat], sender=who, message=message, text=text, sent_at=at, own=own))


def test_a_message_that_came_back_under_another_id_before_its_answer_is_one_message(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.old.tells_own = False
        async with pair.world.running():
            seat = pair.old.seats[-1]
            act = seat.act

            async def echoing(chat: str, action: object) -> object:
                sent = await act(chat, action)  # type: ignore[arg-type]  # as it came
                if isinstance(action, Post):
                    name = "as the server calls it"
                    pair.old.says(chat, action.text, pair.old.me, id=name, own=True, key=action.key)
                    await settled()
                return sent

            seat.act = echoing  # type: ignore[assignment,method-assign]  # a server that is quick
            id = pair.owner("frist")
            await until(lambda: pair.old.texts("maya") == ["frist"])
            await settled()
            edited(pair.new, "portal", ME, id, "first")
            await until(lambda: pair.old.actions(Edit))
            await settled()
            assert [act.text for act in pair.old.actions(Edit) if isinstance(act, Edit)] == ["first"]

    run(body)


def test_a_text_as_long_as_it_may_be_still_fits_when_it_is_perhaps_there_twice(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.IDEMPOTENT}, limits=Limits(text_characters=100))

        def measure(_chat: str, action: object) -> None:
            if isinstance(action, Post) and len(action.text) > 100:
                raise Refused("Too long.")

        pair.new.before = measure
        async with pair.world.running():
            lose_first(pair.new, Post, 1)
            text = "word " * 19 + "words"
            assert len(text) == 100
            pair.maya(text)
            await pair.world.clock.turn(10)
            said = "".join(text.rpartition(" (")[0] for text in pair.new.texts("portal")[1:])
            assert said == f"(perhaps twice) {text}"

    run(body)


def test_a_reaction_and_an_edit_whose_answers_are_lost_again_and_again_are_there_in_the_end(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.IDEMPOTENT})
        async with pair.world.running() as relay:
            id = pair.maya("frist")
            await until(lambda: len(pair.new.texts("portal")) == 1)
            lose_first(pair.new, React, 3)
            lose_first(pair.new, Edit, 3)
            react = Reacted(
                chat=pair.old.chats["maya"], sender=MAYA, message=id, emojis=("👍",), change=Reacted.Change.ADDED
            )
            pair.old.happens(react)
            edited(pair.old, "maya", MAYA, id, "first")
            await pair.world.clock.turn(100)
            assert {act.text for act in pair.new.actions(Edit) if isinstance(act, Edit)} == {"first"}
            assert relay.store.outbox.by_state() == {}
            assert "refused: feel" not in {what for _, _, what, _ in relay.store.counts()}

    run(body)


def test_an_edit_that_the_network_refuses_comes_as_a_corrected_copy(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)

        def refuse(_chat: str, action: object) -> None:
            if isinstance(action, Edit):
                raise Refused("Too late to change that.")

        pair.new.before = refuse
        async with pair.world.running():
            id = pair.maya("frist")
            await until(lambda: len(pair.new.texts("portal")) == 1)
            edited(pair.old, "maya", MAYA, id, "first")
            await until(lambda: pair.new.texts("portal") == ["frist", "(edited) first"])

    run(body)


def test_what_the_owner_wrote_in_their_new_app_is_not_edited_there_in_their_name(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            pair.owner("frist")
            await until(lambda: pair.old.texts("maya") == ["frist"])
            there = next(iter(pair.old.keys.values())).ids[0]
            edited(pair.old, "maya", pair.old.me, there, "first", own=True)
            await until(lambda: pair.new.texts("portal"))
            assert pair.new.actions(Edit) == []
            assert pair.new.texts("portal")[0].endswith("(edited) first")

    run(body)


def test_what_was_given_up_and_came_back_after_all_is_not_sent_again(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.old.tells_own = False
        keys: list[str] = []

        def refuse(_chat: str, action: object) -> None:
            if isinstance(action, Post):
                keys.append(action.key)
                raise Refused("It is not wanted.")

        pair.old.before = refuse
        async with pair.world.running() as relay:
            pair.owner("hello")
            await until(lambda: relay.store.outbox.failures(1))
            pair.old.says("maya", "hello", pair.old.me, own=True, key=keys[0])
            await settled()
            assert relay.store.retry() == 0

    run(body)


def test_changes_that_the_network_tells_once_more_are_no_news(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.EDITS})
        async with pair.world.running():
            id = pair.maya("one")
            for at, text in ((1, "two"), (2, "three"), (1, "two"), (2, "three"), (3, "two")):
                edited(pair.old, "maya", MAYA, id, text, at=at)
            await settled()
            assert pair.new.texts("portal") == ["one", "(edited) two", "(edited) three", "(edited) two"]

    run(body)


def test_the_words_come_also_when_a_network_refuses_their_file(tmp_path: Path) -> None:
    def refuse(_chat: str, action: object) -> None:
        if isinstance(action, Post) and action.files:
            raise Refused("The server takes no such files.")

    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.CAPTIONS}, limits=Limits(text_characters=200))
        pair.new.before = refuse
        async with pair.world.running() as relay:
            pair.maya("look", files=(pair.old.file(b"x" * 5000, "tree.bin"), pair.old.file(b"y", "leaf.bin")))
            pair.maya("next")
            await until(lambda: "next" in pair.new.texts("portal"))
            assert relay.store.outbox.failures(10) == []
        shown = pair.new.texts("portal")
        assert shown[0] == "look"
        assert "(file tree.bin, 5.0 kB: The server takes no such files)" in shown[1]
        assert "(file leaf.bin, 1 byte: The server takes no such files)" in "".join(shown)
        assert shown[-1] == "next"
        assert not list((tmp_path / "spool").glob("*-*"))

    run(body)


def test_a_reaction_to_what_was_refused_comes_with_it_when_it_is_tried_again(tmp_path: Path) -> None:
    def refuse(_chat: str, action: object) -> None:
        if isinstance(action, Post) and action.text == "hello":
            raise Refused("Not now.")

    async def body() -> None:
        pair = Pair(tmp_path)
        pair.new.before = refuse
        async with pair.world.running() as relay:
            id = pair.maya("hello")
            chat = pair.old.chats["maya"]
            pair.old.happens(Reacted(chat=chat, sender=MAYA, message=id, emojis=("👍",), change=Reacted.Change.ALL))
            pair.maya("next")
            await until(lambda: pair.new.texts("portal") == ["next"])
            pair.new.before = lambda _chat, _action: None
            relay.store.retry()
            relay.lanes.wake_bridge("new")
            await until(lambda: pair.new.actions(React))
            assert pair.new.texts("portal") == ["next", "hello"]

    run(body)


def test_an_earlier_text_that_was_refused_does_not_come_after_the_later_one(tmp_path: Path) -> None:
    def refuse(_chat: str, action: object) -> None:
        if isinstance(action, Post) and "frist" in action.text:
            raise Refused("Not now.")

    async def body() -> None:
        pair = Pair(tmp_path)
        pair.new.before = refuse
        async with pair.world.running() as relay:
            id = pair.maya("frist")
            edited(pair.old, "maya", MAYA, id, "frist of all")
            edited(pair.old, "maya", MAYA, id, "first", at=2)
            await until(lambda: pair.new.texts("portal"))
            pair.new.before = lambda _chat, _action: None
            relay.store.retry()
            relay.lanes.wake_bridge("new")
            pair.maya("next")
            await until(lambda: "next" in pair.new.texts("portal"))
            assert pair.new.texts("portal") == ["(edited) first", "next"]

    run(body)
