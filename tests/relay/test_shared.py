"""One chat for all contacts: whoever reads it knows who speaks, whatever they call themselves."""

from __future__ import annotations

from pathlib import Path

from bridges.api import Chat, Delete, Deleted, Person, React, Reacted, SetTimer, Timer
from bridges.relay.model import Mode
from tests.relay.pair import MAYA, Pair, run
from tests.relay.world import settled, until

OTHER = Person(id="05another1234567", name="Maya")


def test_two_contacts_of_one_name_are_told_apart_in_a_shared_chat(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.SHARED)
        pair.old.chats["other"] = Chat(id="other", title="Maya", person=OTHER.id)
        async with pair.world.running():
            pair.maya("it is me")
            await until(lambda: pair.new.texts("portal") == ["Maya: it is me"])
            pair.old.says("other", "no, me", OTHER)
            await until(lambda: len(pair.new.texts("portal")) == 2)
            pair.maya("who is that?")
            await until(lambda: len(pair.new.texts("portal")) == 3)
        assert pair.new.texts("portal")[1:] == ["Maya (05an…4567): no, me", f"Maya ({MAYA.id}): who is that?"]

    run(body)


def test_the_timer_of_one_contact_is_not_that_of_everybody(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.SHARED)
        async with pair.world.running():
            pair.maya("hello")
            await until(lambda: len(pair.new.texts("portal")) == 1)
            pair.old.happens(Timer(chat=pair.old.chats["maya"], sender=MAYA, seconds=60))
            pair.maya("soon gone", expires=60)
            await until(lambda: len(pair.new.texts("portal")) == 3)
            assert "disappear after 1 minute" in pair.new.texts("portal")[1]
            assert pair.new.actions(SetTimer) == []
            assert [post.expires for post in pair.new.posts("portal")] == [None, None, None]
            await pair.world.clock.turn(62)
            assert len(pair.new.actions(Delete)) == 1

    run(body)


def test_a_reaction_that_somebody_else_takes_away_where_it_was_made_is_gone_elsewhere(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            id = pair.maya("hello")
            await until(lambda: len(pair.new.texts("portal")) == 1)
            chat = pair.old.chats["maya"]
            pair.old.happens(
                Reacted(chat=chat, sender=MAYA, message=id, emojis=("👍",), change=Reacted.Change.ADDED, id="r1")
            )
            await until(lambda: pair.new.actions(React))
            pair.old.happens(Deleted(chat=chat, sender=None, message="r1"))
            await settled()
            assert [act.add for act in pair.new.actions(React) if isinstance(act, React)] == [True, False]

    run(body)
