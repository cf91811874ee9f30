"""What the long run found: ways in which two sides came to show something else."""

from __future__ import annotations

from pathlib import Path

from bridges.api import Can, Chat, Delete, Edit, Edited, NotNow, Person, React, Reacted
from bridges.relay.model import Mode, Options, Rule
from tests.relay.pair import MAYA, ME, Pair, run
from tests.relay.town import EVERYTHING, Town
from tests.relay.world import World, settled, until

DAY = 86_400.0


def test_a_disappearing_message_whose_answer_was_lost_is_gone_from_the_other_side_when_its_time_is_over(
    tmp_path: Path,
) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.TIMERS})
        act, lost = pair.new, [True]

        async with pair.world.running():
            seat = act.seats[-1]
            took = seat.act

            async def losing(chat: str, action: object) -> object:
                sent = await took(chat, action)  # type: ignore[arg-type]  # as it came
                if lost.pop() if lost else False:
                    raise NotNow("The connection was lost before the answer came.", after=100)
                return sent

            seat.act = losing  # type: ignore[assignment,method-assign]  # a line that breaks once
            pair.maya("soon gone", expires=60)
            await until(lambda: pair.new.texts("portal") == ["soon gone"])
            await pair.world.clock.turn(130)
        assert len(pair.new.actions(Delete)) == 1
        assert pair.new.texts("portal") == ["soon gone"]

    run(body)


def test_a_reaction_that_the_owner_has_as_well_is_taken_back_when_the_friend_takes_it_back(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            id = pair.maya("hello")
            await until(lambda: pair.new.texts("portal") == ["hello"])
            there = next(iter(pair.new.keys.values())).ids[0]
            pair.old.happens(_reacted(pair.old, "maya", MAYA, id, add=True))
            await settled()
            pair.new.happens(_reacted(pair.new, "portal", ME, there, add=True))
            await settled()
            pair.old.happens(_reacted(pair.old, "maya", MAYA, id, add=False))
            await settled()
        assert [act.add for act in pair.new.actions(React) if isinstance(act, React)] == [True, False]
        assert [act.add for act in pair.old.actions(React) if isinstance(act, React)] == [True]

    run(body)


def _reacted(town: Town, chat: str, who: Person, message: str, *, add: bool) -> Reacted:
    change = Reacted.Change.ADDED if add else Reacted.Change.REMOVED
    return Reacted(chat=town.chats[chat], sender=who, message=message, emojis=("👍",), change=change)


def test_an_edit_of_the_owner_that_comes_back_after_the_next_one_changes_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            id = pair.owner("first")
            await until(lambda: pair.old.texts("maya") == ["first"])
            there = next(iter(pair.old.keys.values())).ids[0]
            refusing = [True]

            def not_now(_chat: str, action: object) -> None:
                if isinstance(action, Edit) and action.text == "third" and refusing:
                    refusing.clear()
                    pair.old.happens(_edited(pair.old, "maya", pair.old.me, there, "second", own=True))
                    raise NotNow("Later.")

            pair.old.before = not_now
            for text in ("second", "third"):
                pair.new.happens(_edited(pair.new, "portal", ME, id, text))
            await pair.world.clock.turn(10)
        assert [act.text for act in pair.old.actions(Edit) if isinstance(act, Edit)] == ["second", "third"]
        assert pair.new.actions(Edit) == []

    run(body)


def _edited(town: Town, chat: str, who: Person, message: str, text: str, *, own: bool = False) -> Edited:
    return Edited(chat=town.chats[chat], sender=who, message=message, text=text, sent_at=town.now(), own=own)


def test_contacts_are_called_as_the_rule_says(tmp_path: Path) -> None:
    async def body() -> None:
        old, new = Town("old"), Town("new", can=EVERYTHING | {Can.PERSONAS, Can.GHOSTS})
        old.chats["maya"] = Chat(id="maya", title="Maya", person=MAYA.id)
        rule = Rule(source="old", target="new", mode=Mode.CHATS, options=Options(ghost_name="{network}: {name}"))
        async with World(tmp_path, [old, new], rules=[rule], owners={"new": {ME.id}}).running():
            old.says("maya", "hi", MAYA)
            await until(lambda: MAYA.id in new.dressed)
            assert new.dressed[MAYA.id][0] == "Old: Maya"
            assert new.chats[f"portal {MAYA.id}"].title == "Old: Maya"

    run(body)


def test_which_message_is_which_is_known_for_as_long_as_the_link_says(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, options=Options(kept_days=2))
        async with pair.world.running() as relay:
            ids = [pair.maya("old")]
            await until(lambda: pair.new.texts("portal") == ["old"])
            pair.world.clock.jumped = int(1.5 * DAY * 1000)
            ids.append(pair.maya("young"))
            await until(lambda: pair.new.texts("portal") == ["old", "young"])
            pair.world.clock.jumped = int(2.5 * DAY * 1000)
            await pair.world.clock.turn(3700)
            place = pair.link.ends[0]
            assert [relay.store.told(place, id) is not None for id in ids] == [False, True]

    run(body)
