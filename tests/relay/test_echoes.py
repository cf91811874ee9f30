"""What comes back of what the relay did itself, and what comes too late for one of two networks."""

from __future__ import annotations

from pathlib import Path

from bridges.api import ChatKind, Person, React, Reacted
from bridges.relay.model import Link, Mode, Options, Rule
from tests.relay.pair import MAYA, Pair, run
from tests.relay.town import Town
from tests.relay.world import START, World, place, settled, until

OPTIONS = Options(most=0, most_alike=0)
SAM = Person(id="sam@new", name="Sam")


def test_a_reaction_that_our_account_shows_for_others_is_not_the_owners_when_it_comes_back(tmp_path: Path) -> None:
    """It comes back after the answer to it as well as before: then nothing of it waits any more."""

    async def body() -> None:
        old, new = Town("old", tells_own=True), Town("new")
        club = old.chat("club", kind=ChatKind.GROUP)
        room = new.chat("room", kind=ChatKind.GROUP)
        link = Link(name="club", ends=(place(old, "club"), place(new, "room")), options=OPTIONS)
        world = World(tmp_path, [old, new], links=[link], owners={"new": {"robin@new"}})
        async with world.running():
            id = new.says("room", "hello", SAM)
            await until(lambda: old.texts("club"))
            for change, count in ((Reacted.Change.ADDED, 1), (Reacted.Change.REMOVED, 2)):
                new.happens(Reacted(chat=room, sender=SAM, message=id, emojis=("👍",), change=change))
                await until(lambda count=count: len(old.actions(React)) == count)  # type: ignore[misc]
                await settled()
                there = old.posts("club")[0]
                copy = old.keys[there.key].ids[0]
                echo = Reacted(chat=club, sender=old.me, message=copy, emojis=("👍",), change=change, own=True)
                old.happens(echo)
                await settled()
            assert new.actions(React) == [], "nobody reacted on the old network"
            mine = Reacted(
                chat=club, sender=old.me, message=copy, emojis=("🎉",), change=Reacted.Change.ADDED, own=True
            )
            old.happens(mine)
            await until(lambda: len(new.actions(React)) == 1)

    run(body)


def test_what_was_over_when_it_came_is_shown_on_neither_of_two_new_networks(tmp_path: Path) -> None:
    async def body() -> None:
        pair, third = Pair(tmp_path), Town("third")
        rules = [Rule(source="old", target=name, mode=Mode.CHATS, options=OPTIONS) for name in ("new", "third")]
        owners = {"new": {"robin@new"}, "third": {"robin@third"}}
        world = World(tmp_path, [pair.old, pair.new, third], rules=rules, owners=owners)
        async with world.running() as relay:
            id = pair.old.says("maya", "gone soon", MAYA, sent_at=START - 100_000, expires=60)
            pair.maya("next")
            await until(lambda: pair.new.texts()[-1:] == third.texts()[-1:] == ["next"])
            assert pair.new.texts() == third.texts() == ["next"]
            told = relay.store.told(place(pair.old, "maya"), id)
            assert told is not None
            assert told.deleted

    run(body)
