"""A chat that stands for somebody, and that its owner left or that is gone, never swallows what they write."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridges.api import (
    Can,
    Chat,
    Deleted,
    Gone,
    Joined,
    Left,
    Limits,
    NotNow,
    Person,
    Post,
    Reacted,
    Receipt,
    Reference,
    SetTyping,
    Typing,
)  # fmt: skip
from bridges.relay.model import Mode, Options, Rule
from tests.relay.pair import MAYA, ME, Pair, run
from tests.relay.town import EVERYTHING, Town
from tests.relay.world import World, place, settled, until

PORTAL, ANOTHER, THIRD = "portal 05maya", "portal 05maya'", "portal 05maya''"


def leaves(town: Town, chat: str = PORTAL) -> None:
    town.happens(Left(chat=town.chats[chat], person=ME))


async def begun(pair: Pair) -> str:
    """Maya has written once, and her portal is there."""
    first = pair.maya("hello")
    await until(lambda: pair.new.texts(PORTAL) == ["hello"])
    return first


def later(_chat: str, action: object) -> None:
    if isinstance(action, Post) and action.key == "open":
        raise NotNow("Later.")


def test_who_left_a_chat_is_asked_in_again_by_the_next_message_and_not_before(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS, options=Options(receipts=True, typing=True, most=0, most_alike=0))
        async with pair.world.running():
            first = await begun(pair)
            leaves(pair.new)
            chat = pair.old.chats["maya"]
            pair.old.happens(Typing(chat=chat, sender=MAYA, typing=True))
            pair.old.happens(
                Reacted(chat=chat, sender=MAYA, message=first, emojis=("👍",), change=Reacted.Change.ADDED)
            )
            pair.old.happens(Receipt(chat=chat, sender=MAYA, messages=(first,), read=True))
            await settled()
            assert pair.new.opened == [PORTAL]
            pair.maya("are you there?")
            pair.maya("hello?")
            await until(lambda: pair.new.texts(PORTAL) == ["hello", "are you there?", "hello?"])
            assert pair.new.opened == [PORTAL, PORTAL]
            pair.new.happens(Joined(chat=pair.new.chats[PORTAL], person=ME))
            pair.maya("good")
            await until(lambda: pair.new.texts(PORTAL)[-1] == "good")
            assert pair.new.opened == [PORTAL, PORTAL]
            assert pair.notices() == []

    run(body)


def test_who_comes_back_by_themselves_is_not_asked(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        async with pair.world.running():
            await begun(pair)
            leaves(pair.new)
            pair.new.happens(Joined(chat=pair.new.chats[PORTAL], person=ME))
            pair.maya("next")
            await until(lambda: pair.new.texts(PORTAL) == ["hello", "next"])
            assert pair.new.opened == [PORTAL]

    run(body)


def test_somebody_else_who_leaves_changes_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        async with pair.world.running():
            await begun(pair)
            pair.new.happens(Left(chat=pair.new.chats[PORTAL], person=Person(id="guest@new", name="Guest")))
            pair.maya("next")
            await until(lambda: pair.new.texts(PORTAL) == ["hello", "next"])
            assert pair.new.opened == [PORTAL]

    run(body)


def test_what_was_left_is_known_after_a_restart(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        async with pair.world.running():
            await begun(pair)
            leaves(pair.new)
            await settled()
        async with pair.world.running():
            pair.maya("next")
            await until(lambda: pair.new.texts(PORTAL) == ["hello", "next"])
        assert pair.new.opened == [PORTAL, PORTAL]

    run(body)


def test_a_chat_that_is_gone_is_made_again_and_gets_everything_once_and_in_order(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        async with pair.world.running() as relay:
            await begun(pair)
            pair.new.gone.add(PORTAL)
            for number in range(5):
                pair.maya(str(number))
            await until(lambda: len(pair.new.texts(ANOTHER)) == 5)
            pair.maya("after")
            await until(lambda: pair.new.texts(ANOTHER) == [*"01234", "after"])
            pair.owner("thanks", chat=ANOTHER)
            await until(lambda: pair.old.texts("maya") == ["thanks"])
            assert relay.store.outbox.failures(10) == []
            assert pair.new.opened == [PORTAL, ANOTHER]
            assert pair.notices() == []

    run(body)


def test_an_answer_to_what_was_said_in_the_chat_before_quotes_it(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        async with pair.world.running():
            first = await begun(pair)
            pair.new.gone.add(PORTAL)
            pair.maya("as I said", reply_to=Reference(id=first))
            await until(lambda: pair.new.posts(ANOTHER))
            (post,) = pair.new.posts(ANOTHER)
            assert post.reply_to is None
            assert "hello" in post.text
            assert "as I said" in post.text

    run(body)


def test_what_waits_for_a_chat_that_is_gone_survives_a_restart_before_there_is_another(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        async with pair.world.running():
            await begun(pair)
            pair.new.gone.add(PORTAL)
            pair.new.before = later
            for number in range(3):
                pair.maya(str(number))
            await settled()
            assert pair.new.texts(ANOTHER) == []
        pair.new.before = lambda _chat, _action: None
        async with pair.world.running():
            pair.maya("3")
            await until(lambda: len(pair.new.texts(ANOTHER)) == 4)
            await settled()
        assert pair.new.texts(ANOTHER) == list("0123")

    run(body)


def test_what_is_taken_back_while_its_chat_is_made_again_is_never_shown(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        async with pair.world.running():
            await begun(pair)
            pair.new.gone.add(PORTAL)
            pair.new.before = later
            id = pair.maya("a secret")
            pair.maya("another")
            await settled()
            pair.old.happens(Deleted(chat=pair.old.chats["maya"], sender=MAYA, message=id))
            await settled()
            pair.new.before = lambda _chat, _action: None
            await pair.world.clock.turn(5)
            await until(lambda: pair.new.texts(ANOTHER) == ["another"])

    run(body)


def test_a_chat_that_is_gone_again_at_once_is_given_up_and_told(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        async with pair.world.running() as relay:
            await begun(pair)
            pair.new.gone |= {PORTAL}
            pair.maya("one")
            await until(lambda: pair.new.texts(ANOTHER) == ["one"])
            pair.new.gone |= {ANOTHER}
            pair.maya("two")
            await until(lambda: relay.store.outbox.failures(10))
            await until(lambda: any("did not get through" in text for text in pair.notices()))
            assert pair.new.opened == [PORTAL, ANOTHER]
            await pair.world.clock.turn(700)
            relay.store.retry()
            relay.lanes.wake_bridge("new")
            await until(lambda: pair.new.texts(THIRD) == ["two"])

    run(body)


def test_what_comes_and_goes_is_no_reason_to_make_a_chat_again(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS, options=Options(typing=True, most=0, most_alike=0))
        async with pair.world.running():
            await begun(pair)
            pair.new.gone.add(PORTAL)
            pair.old.happens(Typing(chat=pair.old.chats["maya"], sender=MAYA, typing=True))
            await settled()
            assert pair.new.opened == [PORTAL]
            pair.maya("now")
            await until(lambda: pair.new.texts(ANOTHER) == ["now"])
            assert not [chat for chat, act in pair.new.acts if isinstance(act, SetTyping) and chat == ANOTHER]

    run(body)


def test_a_chat_that_the_relay_did_not_make_is_not_made_again(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            pair.new.gone.add("portal")
            pair.maya("one")
            await until(lambda: relay.store.outbox.failures(10))
            assert pair.new.opened == []

    run(body)


def test_of_three_chats_only_the_one_that_is_gone_is_made_again(tmp_path: Path) -> None:
    async def body() -> None:
        old, new, far = Town("old", tells_own=True), Town("new"), Town("far")
        old.chats["maya"] = Chat(id="maya", title="Maya", person=MAYA.id)
        options = Options(most=0, most_alike=0)
        rules = [Rule(source="old", target=to, mode=Mode.CHATS, options=options) for to in ("new", "far")]
        world = World(tmp_path, [old, new, far], rules=rules, owners={"new": {ME.id}, "far": {ME.id}})
        async with world.running() as relay:
            old.says("maya", "hello", MAYA)
            await until(lambda: new.texts(PORTAL) == far.texts(PORTAL) == ["hello"])
            new.gone.add(PORTAL)
            leaves(far)
            old.says("maya", "one", MAYA)
            old.says("maya", "two", MAYA)
            await until(lambda: new.texts(ANOTHER) == ["one", "two"])
            await until(lambda: far.texts(PORTAL) == ["hello", "one", "two"])
            assert (new.opened, far.opened) == ([PORTAL, ANOTHER], [PORTAL, PORTAL])
            new.says(ANOTHER, "from here", ME)
            await until(lambda: old.texts("maya") == ["from here"])
            await until(lambda: "from here" in far.texts(PORTAL)[-1])
            (link,) = relay.store.links_at(place(old, "maya"))
            assert link.abandoned == ()

    run(body)


@pytest.mark.parametrize("idempotent", [True, False])
def test_a_message_of_which_a_part_went_into_the_chat_that_is_gone_comes_whole(
    tmp_path: Path, idempotent: bool
) -> None:
    async def body() -> None:
        can = EVERYTHING if idempotent else EVERYTHING - {Can.IDEMPOTENT}
        pair = Pair(tmp_path, rule=Mode.CHATS, can=can, limits=Limits(text_characters=100))

        def gone_after_one(chat: str, action: object) -> None:
            if chat == PORTAL and isinstance(action, Post) and "word" in action.text and pair.new.texts(PORTAL)[1:]:
                pair.new.gone.add(PORTAL)
                raise Gone

        async with pair.world.running():
            await begun(pair)
            pair.new.before = gone_after_one
            pair.maya("word " * 60)
            await until(lambda: "".join(pair.new.texts(ANOTHER)).count("word") == 60)
            await settled()
            assert "".join(pair.new.texts(ANOTHER)).count("word") == 60

    run(body)
