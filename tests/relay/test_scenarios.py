"""The scenarios that a relay has to stand (formats page of bridges, section 13), as people see them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from bridges.api import (
    AnyAction,
    Can,
    Chat,
    Delete,
    Deleted,
    Edit,
    Edited,
    Limits,
    NotNow,
    Person,
    Posted,
    React,
    Reacted,
    Reference,
    State,
)  # fmt: skip
from bridges.relay.model import Mode, Options, Place, Rule
from bridges.relay.status import snapshot
from tests.relay.pair import MAYA, ME, Pair, run
from tests.relay.town import EVERYTHING, Town
from tests.relay.world import World, place, settled, until
from tests.speed import is_within


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_text_both_ways_within_2_seconds(tmp_path: Path) -> None:
    async def body() -> None:
        pair, said = Pair(tmp_path), list[str]()
        async with pair.world.running():

            async def both_ways(name: str) -> None:
                said.append(name)
                pair.maya(f"shall we, {name}?")
                pair.owner(f"we shall, {name}")
                await until(lambda: len(pair.new.texts("portal")) == len(pair.old.texts()) == len(said))

            assert await is_within(2, both_ways)
            await settled()
        assert pair.new.texts("portal") == [f"shall we, {name}?" for name in said]
        # As the owner's own words, once, though the network tells them back.
        assert pair.old.texts() == [f"we shall, {name}" for name in said]

    run(body)


def test_target_server_restarted_under_load_no_loss_no_duplicate_order_kept(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        fail = {"left": 0}

        def flaky(chat: str, action: AnyAction) -> None:
            if fail["left"] > 0:
                fail["left"] -= 1
                raise NotNow("Away.", after=3)

        pair.new.before = flaky
        async with pair.world.running():
            for number in range(200):
                if number % 50 == 49:
                    fail["left"] = 5
                    pair.new.seats[-1].change(State.INTERRUPTED)
                pair.maya(f"{number}")
                if number % 50 == 20 and number > 50:
                    pair.new.seats[-1].change(State.CONNECTED)
                await settled()
            pair.new.seats[-1].change(State.CONNECTED)
            for _ in range(200):
                await pair.world.clock.turn(5)
            assert pair.new.texts("portal") == [f"{number}" for number in range(200)]

    run(body)


def test_two_targets_bridged_to_the_same_contact_at_once(tmp_path: Path) -> None:
    async def body() -> None:
        old, towns = Town("old"), [Town("xmpp"), Town("matrix")]
        old.chats["maya"] = Chat(id="maya", title="Maya", person=MAYA.id)
        rules = [Rule(source="old", target=town.about.name, mode=Mode.CHATS) for town in towns]
        owners = {town.about.name: {ME.id} for town in towns}
        world = World(tmp_path, [old, *towns], rules=rules, owners=owners)
        async with world.running():
            first = old.says("maya", "hello both", MAYA)
            await until(lambda: all(town.texts() == ["hello both"] for town in towns))
            portals = [next(iter(town.chats)) for town in towns]
            copy = towns[0].keys[towns[0].posts()[0].key].ids[0]
            towns[0].says(portals[0], "hello you", ME, reply_to=Reference(id=copy))
            await until(lambda: old.texts() == ["hello you"] and len(towns[1].texts()) == 2)
            assert towns[1].texts()[1] == "Robin: hello you", "what the owner wrote in one shows in the other as theirs"
            answered = old.posts()[0].reply_to
            assert answered is not None
            assert answered.id == first
            old.says("maya", "and again", MAYA)
            await until(lambda: all(town.texts()[-1] == "and again" for town in towns))
        assert [len(town.chats) for town in towns] == [1, 1]

    run(body)


def test_reaction_reply_delete_and_edit_both_ways_also_on_a_message_sent_before_a_restart(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            theirs, mine = pair.maya("tea?"), pair.owner("cake?")
            await until(lambda: pair.new.texts("portal") and pair.old.texts())
        tea = pair.new.keys[pair.new.posts("portal")[0].key].ids[0]
        cake = pair.old.keys[pair.old.posts()[0].key].ids[0]
        async with pair.world.running():
            portal, maya = pair.new.chats["portal"], pair.old.chats["maya"]
            pair.owner("yes", reply_to=Reference(id=tea))
            pair.maya("also", reply_to=Reference(id=cake))
            await until(lambda: len(pair.old.texts()) == 2 and len(pair.new.texts("portal")) == 2)
            answers = (pair.old.posts()[1].reply_to, pair.new.posts("portal")[1].reply_to)
            assert [answer.id for answer in answers if answer] == [theirs, mine]
            added, removed = Reacted.Change.ADDED, Reacted.Change.REMOVED
            pair.new.happens(Reacted(chat=portal, sender=ME, message=tea, emojis=("👍",), change=added))
            pair.old.happens(Reacted(chat=maya, sender=MAYA, message=cake, emojis=("❤️",), change=added, id="r1"))
            await until(lambda: pair.old.actions(React) and pair.new.actions(React))
            pair.new.happens(Reacted(chat=portal, sender=ME, message=tea, emojis=("👍",), change=removed))
            pair.old.happens(Deleted(chat=maya, sender=MAYA, message="r1"))
            await until(lambda: len(pair.old.actions(React)) == 2 and len(pair.new.actions(React)) == 2)
            for town in (pair.old, pair.new):
                on, off = town.actions(React)
                assert isinstance(on, React)
                assert isinstance(off, React)
                assert (on.add, off.add, off.sent_as) == (True, False, town.keys[on.key].id)
            pair.new.happens(Edited(chat=portal, sender=ME, message=mine, text="a cake?", sent_at=1))
            pair.old.happens(Edited(chat=maya, sender=MAYA, message=theirs, text="some tea?", sent_at=1))
            await until(lambda: pair.old.actions(Edit) and pair.new.actions(Edit))
            pair.new.happens(Deleted(chat=portal, sender=ME, message=mine))
            pair.old.happens(Deleted(chat=maya, sender=MAYA, message=theirs))
            await until(lambda: pair.old.actions(Delete) and pair.new.actions(Delete))
            found = [
                act.message.id
                for town in (pair.old, pair.new)
                for act in town.actions(Delete)
                if isinstance(act, Delete)
            ]
            assert found == [cake, tea]
            await settled()
        assert [len(town.actions(kind)) for town in (pair.old, pair.new) for kind in (Edit, Delete)] == [1] * 4

    run(body)


def test_nobody_changes_or_takes_back_what_is_not_theirs(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            theirs = pair.maya("tea?")
            await until(lambda: pair.new.texts("portal"))
            tea = pair.new.keys[pair.new.posts("portal")[0].key].ids[0]
            portal, maya = pair.new.chats["portal"], pair.old.chats["maya"]
            eve = Person(id="eve")
            pair.old.happens(Edited(chat=maya, sender=eve, message=theirs, text="poison?", sent_at=1))
            pair.new.happens(Edited(chat=portal, sender=eve, message=tea, text="poison?", sent_at=1))
            pair.new.happens(Deleted(chat=portal, sender=ME, message=tea))
            await settled()
        assert len(pair.new.acts) + len(pair.old.acts) == 1

    run(body)


@pytest.mark.parametrize("cuts", [(), (0.0, 0.0), (400, 700)])
def test_1000_message_backfill_interrupted_twice(tmp_path: Path, cuts: tuple[float, ...]) -> None:
    """Oldest first, with true times, each once; what comes meanwhile comes after."""

    async def body() -> None:
        old, new = Town("old"), Town("new", can=EVERYTHING - {Can.REPLIES})
        chat = old.chats["maya"] = Chat(id="maya", title="Maya", person=MAYA.id)

        async def history(where: Place, count: int) -> AsyncIterator[Posted]:
            assert where == place(old, "maya")
            for number in range(1000 - count, 1000):
                await asyncio.sleep(0)
                yield Posted(
                    chat=chat, sender=MAYA, id=f"h{number}", sent_at=1_600_000_000_000 + number, text=f"{number}"
                )

        rule = Rule(source="old", target="new", mode=Mode.CHATS, options=Options(history=1000))
        world = World(tmp_path, [old, new], rules=[rule], owners={"new": {ME.id}}, history=history)
        first = True
        for cut in cuts:
            async with world.running():
                if first:
                    old.says("maya", "now", MAYA)
                    first = False
                await until(lambda cut=cut: len(new.acts) >= cut)  # type: ignore[misc]  # bound now
        async with world.running():
            if first:
                old.says("maya", "now", MAYA)
            await until(lambda: len(new.posts()) == 1001)
        posts = new.posts()
        assert [post.text for post in posts] == [*(f"{number}" for number in range(1000)), "now"]
        assert posts[0].sent_at == 1_600_000_000_000
        assert old.acts == [], "and nobody on the old network notices"

    run(body)


def test_file_at_limit_and_over_limit(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, limits=Limits(file_bytes=5000))
        async with pair.world.running():
            pair.maya("fits", files=(pair.old.file(b"x" * 5000),))
            pair.maya("does not", files=(pair.old.file(b"x" * 5001, "big.bin"),))
            pair.maya("says less", files=(pair.old.file(b"x" * 9000, "liar.bin", size=10),))
            pair.maya("gone", files=(msgspec.structs.replace(pair.old.file(b"x"), ref="nowhere"),))
            await until(lambda: len(pair.new.posts("portal")) == 4)
        fits, *others = pair.new.posts("portal")
        assert (fits.text, fits.files[0].size) == ("fits", 5000)
        assert not list((tmp_path / "spool").glob("*-*")), "what was sent does not stay here"
        assert [post.text for post in others] == [
            "does not\n(file big.bin, 5.0 kB: larger than the 5.0 kB that may be sent there)",
            "says less\n(file liar.bin, 10 bytes: larger than the 5.0 kB that may be sent there)",
            "gone\n(file a.txt, 1 byte: it could not be fetched: The file is gone.)",
        ]
        assert not any(post.files for post in others)

    run(body)


def test_disappearing_message_whose_expiry_passes_while_the_bridge_is_down(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.TIMERS})
        async with pair.world.running():
            pair.maya("secret words", expires=60)
            pair.maya("stays")
            await until(lambda: len(pair.new.posts("portal")) == 2)
            pair.new.seats[-1].change(State.INTERRUPTED)
            await settled()
            pair.maya("never sent words", expires=60)
            await settled()
        pair.world.clock.at += 3600
        async with pair.world.running() as relay:
            await until(lambda: pair.new.actions(Delete))
            await settled()
            dump = "\n".join(relay.store.database.con.iterdump())
        deleted = [act.message.id for act in pair.new.actions(Delete) if isinstance(act, Delete)]
        assert deleted == [pair.new.keys[pair.new.posts("portal")[0].key].ids[0]]
        assert "secret words" not in dump
        assert "never sent words" not in dump
        kept = b"".join(path.read_bytes() for path in everything(tmp_path))
        assert b"secret words" not in kept
        assert b"stays" in kept
        assert "never sent words" not in pair.new.texts("portal")

    run(body)


def test_revoked_token_on_each_side_is_told_and_nothing_runs_hot(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            pair.old.seats[-1].change(State.BAD_CREDENTIALS, "The password is wrong.", "Set it up again.")
            await until(pair.notices)
            assert "old has stopped: bad credentials. The password is wrong. Set it up again." in pair.notices()[0]
            pair.new.seats[-1].change(State.LOGGED_OUT, "The token was revoked.", "Log in again.")
            await settled()
            before = relay.store.database.con.total_changes
            await pair.world.clock.turn(3600)
            assert pair.old.starts == pair.new.starts == 1
            assert relay.store.database.con.total_changes - before < 500
            said = {side.name: (side.state, side.todo) for side in snapshot(relay.store, relay.bridges).sides}
            assert said == {
                "old": (State.BAD_CREDENTIALS, "Set it up again."), "new": (State.LOGGED_OUT, "Log in again."),
            }  # fmt: skip

    run(body)


@pytest.mark.parametrize("name", ["👍", "🇩🇪", "x" * 10_000, "", "\u202eeci lA", "a/b@c", "<b>", "Ünï\n\tx", "\x00\x07"])
def test_contact_with_a_name_that_breaks_bridges(tmp_path: Path, name: str) -> None:
    async def body() -> None:
        old, new = Town("old"), Town("new", limits=Limits(name_characters=100))
        old.chats["maya"] = Chat(id="maya", title=name, person=MAYA.id)
        world = World(
            tmp_path, [old, new], rules=[Rule(source="old", target="new", mode=Mode.CHATS)], owners={"new": {ME.id}}
        )
        async with world.running():
            old.says("maya", "hello", Person(id=MAYA.id, name=name))
            await until(lambda: new.texts() == ["hello"])
            await settled()
            (title,) = [chat.title for chat in new.chats.values()]
            assert title.endswith(" (Old)")
            assert 6 < len(title) <= 100
            assert title.replace("\u200d", "").isprintable()

    run(body)


def test_own_message_from_a_second_device_shows_as_the_owners(tmp_path: Path) -> None:
    async def body() -> None:
        for number, (can, wanted) in enumerate(
            [(EVERYTHING, "You: from my phone"), (EVERYTHING | {Can.OWNER}, "from my phone")]
        ):
            pair = Pair(tmp_path / str(number), can=can)
            async with pair.world.running():
                pair.old.says("maya", "from my phone", Person(id="05me"), own=True)
                await until(lambda pair=pair: pair.new.texts("portal"))  # type: ignore[misc]  # bound now
            (post,) = pair.new.posts("portal")
            assert (post.text, post.as_owner) == (wanted, Can.OWNER in can)

    run(body)


def test_stranger_writing_to_a_ghost_address_or_to_the_relay_gets_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        stranger = Person(id="eve@new", name="Eve")
        async with pair.world.running():
            pair.new.says("portal", "hello?", stranger)
            pair.new.says("control", "status", stranger)
            pair.new.says("control", "accept 1", stranger)
            await settled()
        assert pair.old.acts == pair.new.acts == []

    run(body)


def test_clock_set_back_one_hour(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.TIMERS})
        async with pair.world.running():
            pair.maya("before", expires=600)
            await until(lambda: pair.new.texts("portal") == ["before"])
            pair.world.clock.jumped = -3_600_000
            pair.maya("after")
            pair.owner("back")
            await until(lambda: pair.new.texts("portal") == ["before", "after"] and pair.old.texts() == ["back"])
            await pair.world.clock.turn(4300)
            assert len(pair.new.actions(Delete)) == 1, "what is to disappear does, later"

    run(body)
