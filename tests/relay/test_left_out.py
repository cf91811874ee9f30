"""What is not relayed, or not as it was written, because somebody wanted it so or because it came too late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridges.api import (
    AnyAction,
    Asked,
    Can,
    Chat,
    Edit,
    Edited,
    File,
    Limits,
    Person,
    Post,
    Reference,
    Refused,
    SetTyping,
    State,
    Typing,
    Upload,
)  # fmt: skip
from bridges.relay.files import Spool
from bridges.relay.model import Mode, Options
from bridges.relay.status import snapshot
from tests.relay.pair import MAYA, Pair, run
from tests.relay.town import EVERYTHING
from tests.relay.world import settled, until


def test_messages_that_disappear_are_left_out_where_the_owner_wants_it_so_and_it_is_said_once(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, options=Options(disappearing=False))
        async with pair.world.running() as relay:
            pair.maya("burn this", expires=60)
            pair.maya("and this", expires=60)
            pair.maya("keep this")
            await until(lambda: pair.new.texts("portal") == ["keep this"])
            assert pair.notices() == ["(Maya: disappearing messages are not relayed.)"]
            assert snapshot(relay.store).skipped == {"disappearing messages are not relayed here": 2}
            assert "burn this" not in "\n".join(relay.store.database.con.iterdump())

    run(body)


def test_what_waited_for_a_chat_that_no_rule_wants_any_more_is_counted_for_the_owner(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)

        def refuse(chat: str, _action: AnyAction) -> None:
            if not chat:
                raise Refused("No rooms today.")

        pair.new.before = refuse
        async with pair.world.running() as relay:
            pair.maya("one")
            pair.maya("two")
            await until(pair.notices)
            relay.go_by([], [*relay.store.control])
            await until(lambda: len(pair.notices()) == 2)
            assert pair.notices()[1] == "(Maya: 2 messages were not relayed to new, since no rule says so now.)"

    run(body)


def test_who_was_left_outside_is_not_asked_about_again(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        eve = Person(id="05eve", name="Eve")
        asks = Asked(chat=Chat(id="eve", title="Eve", person=eve.id), person=eve, text="psst")
        async with pair.world.running():
            pair.old.happens(asks)
            await until(pair.notices)
            pair.owner("block 1", "control")
            await until(lambda: pair.notices()[-1] == "(Eve stays outside.)")
            pair.old.happens(asks)
            await settled()
            pair.owner("accept", "control")
            await until(lambda: "Nobody with that number waits." in pair.notices()[-1])
        assert len(pair.notices()) == 3
        assert pair.old.acts == [], "and Eve is told nothing"

    run(body)


def test_nobody_is_shown_typing_that_was_over_long_ago(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, options=Options(typing=True))
        async with pair.world.running():
            pair.new.seats[-1].change(State.INTERRUPTED)
            await settled()
            pair.old.happens(Typing(chat=pair.old.chats["maya"], sender=MAYA, typing=True))
            pair.maya("here it is")
            await pair.world.clock.turn(20)
            pair.new.seats[-1].change(State.CONNECTED)
            await until(lambda: pair.new.texts("portal") == ["here it is"])
            assert pair.new.actions(SetTyping) == []
            pair.old.happens(Typing(chat=pair.old.chats["maya"], sender=MAYA, typing=True))
            await until(lambda: len(pair.new.actions(SetTyping)) == 1)

    run(body)


@pytest.mark.parametrize(("can", "prefix"), [(EVERYTHING, ""), (EVERYTHING - {Can.TRUE_TIMES}, "[2023-11-14 22:13] ")])
def test_what_comes_after_a_long_while_says_when_it_was_written(
    tmp_path: Path, can: frozenset[Can], prefix: str
) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=can)
        async with pair.world.running():
            pair.new.seats[-1].change(State.INTERRUPTED)
            await settled()
            written = pair.world.clock.now()
            pair.maya("written now")
            await pair.world.clock.turn(3600)
            pair.maya("written later")
            pair.new.seats[-1].change(State.CONNECTED)
            await until(lambda: len(pair.new.texts("portal")) == 2)
        first, second = pair.new.posts("portal")
        assert (first.text, second.text) == (f"{prefix}written now", "written later")
        assert (first.sent_at, second.sent_at) == (None if prefix else written, None)

    run(body)


def test_a_message_of_which_nothing_can_be_shown_is_shown_as_empty(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            pair.maya("")
            await until(lambda: pair.new.texts("portal") == ["(an empty message)"])

    run(body)


def test_a_message_that_was_cut_off_twice_is_given_up_and_told_rather_than_sent_a_third_time(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.IDEMPOTENT})
        tries: list[str] = []

        def breaks(chat: str, action: AnyAction) -> None:
            if chat == "portal" and isinstance(action, Post):
                tries.append(action.text)
                raise ZeroDivisionError

        pair.new.before = breaks
        async with pair.world.running():
            pair.maya("hello")
            await pair.world.clock.turn(60)
            assert tries == ["hello", "(perhaps twice) hello"]
            assert "Maya: a message did not get through: Nobody knows whether it arrived" in pair.notices()[0]

    run(body)


def test_a_long_text_that_became_short_leaves_nothing_of_it_in_its_other_parts(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, limits=Limits(text_characters=100))
        async with pair.world.running():
            id = pair.maya("word " * 50)
            await until(lambda: len(pair.new.texts("portal")) == 3)
            parts = [pair.new.keys[post.key].ids[0] for post in pair.new.posts("portal")]
            chat = pair.old.chats["maya"]
            pair.old.happens(Edited(chat=chat, sender=MAYA, message=id, text="never mind", sent_at=1))
            await until(lambda: len(pair.new.actions(Edit)) == 3)
            edits = [(act.message.id, act.text) for act in pair.new.actions(Edit) if isinstance(act, Edit)]
            assert edits == [(parts[0], "never mind"), (parts[1], "…"), (parts[2], "…")]
            longer = "word " * 80
            pair.old.happens(Edited(chat=chat, sender=MAYA, message=id, text=longer, sent_at=2))
            await until(lambda: len(pair.new.texts("portal")) == 8)
            said = pair.new.posts("portal")[3:]
            assert said[0].reply_to is not None
            assert said[0].reply_to.id == parts[0], "what does not fit there comes whole, as an answer to it"
            shown = "".join(post.text.rpartition(" (")[0] for post in said)
            assert shown == f"(edited) {longer}"

    run(body)


def test_an_answer_to_any_part_of_a_long_text_is_an_answer_to_it(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, limits=Limits(text_characters=100))
        async with pair.world.running():
            id = pair.maya("word " * 50)
            await until(lambda: len(pair.new.texts("portal")) == 3)
            for number, post in enumerate(pair.new.posts("portal")):
                pair.owner(f"{number}", reply_to=Reference(id=pair.new.keys[post.key].ids[0]))
            await until(lambda: len(pair.old.posts()) == 3)
            assert [post.reply_to.id for post in pair.old.posts() if post.reply_to] == [id] * 3

    run(body)


def test_a_file_for_which_the_relay_has_no_room_is_named_and_what_was_there_stays(tmp_path: Path) -> None:
    async def pieces(_ref: str) -> AsyncIterator[bytes]:
        for _ in range(4):
            yield bytes(25)

    def files() -> list[str]:
        return [path.name for path in tmp_path.glob("*-*")]

    async def body() -> None:
        spool, able = Spool(tmp_path, room=150), frozenset({Can.FILES})
        file = File(ref="a", name="a.bin", type="", size=None)
        first = await spool.take(1, 0, file, pieces, able, Limits())
        second = await spool.take(2, 0, file, pieces, able, Limits())
        assert isinstance(first, Upload)
        assert spool.is_there((first,))
        assert str(second) == "(file a.bin: larger than the 50 bytes that may be sent there)"
        assert files() == ["1-0"]
        spool.drop(1)
        assert isinstance(await spool.take(2, 0, file, pieces, able, Limits()), Upload)

    run(body)
