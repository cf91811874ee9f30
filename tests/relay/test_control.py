"""What the owner can say to the relay, in its chat, and from another process while it runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridges.api import Chat, Person
from bridges.relay import control
from bridges.relay.model import Mode, Rule, Side
from bridges.relay.sqlite import SqliteStore
from bridges.relay.status import snapshot
from tests.relay.pair import ME, Pair, run
from tests.relay.town import Town
from tests.relay.world import settled, until


@pytest.mark.parametrize(
    ("text", "word", "about"),
    [
        ("help", "help", ""),
        ("/Status", "status", ""),
        ("!pause  Maya B.", "pause", "Maya B."),
        ("", "", ""),
        ("//", "", ""),
        ("status.", "status", ""),
        ("`unlink Maya really`", "unlink", "Maya really"),
        ('decamp relay pause "Book club"', "pause", '"Book club"'),
        ("pause\nMaya", "pause", "Maya"),
        ("start\u00a0Maya", "start", "Maya"),
    ],
)
def test_commands_are_understood_as_people_type_them(text: str, word: str, about: str) -> None:
    assert control.parse(text) == control.Order(word, about)


def test_the_owner_pauses_lists_resumes_and_ends_a_link_in_the_chat(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():

            async def ask(text: str) -> str:
                count = len(pair.notices())
                pair.owner(text, "control")
                await until(lambda: len(pair.notices()) > count)
                return pair.notices()[-1]

            assert "status: how each side is doing" in await ask("help")
            assert "There is no command dance" in await ask("dance")
            assert "There is no command without a word" in await ask("/")
            assert "new: connected, 0 waiting" in await ask("status")
            assert "Maya: old ↔ new" in await ask("list")
            assert "decamp " in await ask("version")
            assert "no link called Eve" in await ask("pause Eve")
            assert "stands still" in await ask("pause maya")
            pair.maya("while it stands still")
            await settled()
            assert pair.new.texts("portal") == []
            assert "stopped, paused by you" in await ask("status")
            assert "Maya goes on" in await ask("resume Maya")
            await until(lambda: pair.new.texts("portal") == ["while it stands still"])
            assert "Maya" in await ask("contacts may")
            assert "`unlink Maya really`" in await ask("unlink Maya")
            pair.maya("still relayed")
            await until(lambda: len(pair.new.texts("portal")) == 2)
            assert "is relayed no more" in await ask("unlink Maya really")
            pair.maya("not relayed")
            await settled()
        assert len(pair.new.texts("portal")) == 2
        assert all(post.notice for post in pair.new.posts("control"))

    run(body)


def test_a_portal_can_be_asked_for_by_name_before_anybody_wrote(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        async with pair.world.running():
            pair.owner("contacts", "control")
            await until(lambda: "Maya" in "".join(pair.notices()[-1:]))
            pair.owner("start Maya", "control")
            await until(lambda: "portal 05maya" in pair.new.chats)
            greeting = "(Maya: What you write here reaches them on Old.)"
            await until(lambda: pair.new.texts("portal 05maya") == [greeting])
            pair.owner("hi", "portal 05maya")
            await until(lambda: pair.old.texts() == ["hi"])
            pair.owner("unlink maya really", "control")
            await until(lambda: "is relayed no more" in "".join(pair.notices()[-1:]))
            pair.owner("start Maya", "control")
            await until(lambda: "is being made" in "".join(pair.notices()[-1:]))
            await settled()
            pair.maya("again")
            await until(lambda: pair.new.texts("portal 05maya") == [greeting, greeting, "again"])
            pair.owner("start nobody", "control")
            await until(lambda: "Nobody like that" in "".join(pair.notices()[-1:]))

    run(body)


def test_the_relay_does_not_answer_itself_where_its_account_is_the_owners(tmp_path: Path) -> None:
    """A note to self is a fine management chat, and everything in it comes back as the owner's own words."""

    async def body() -> None:
        pair = Pair(tmp_path, tells_own=True)
        pair.world._owners.clear()
        async with pair.world.running():
            pair.new.says("control", "version", Person(id="me"), own=True)
            await until(pair.notices)
            for _ in range(20):
                await settled()
            assert len(pair.notices()) == 1
        async with pair.world.running():
            await settled()
        assert len(pair.notices()) == 1, "and a command is obeyed once"

    run(body)


def test_a_command_from_another_process_reaches_the_relay_that_runs(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            relay.store.database.commit()
            sides = {name: Side(name=name, about=town.about) for name, town in pair.world.towns.items()}
            outside = SqliteStore(tmp_path, sides, lock=False)
            assert "stands still" in control.obey(control.parse("pause Maya"), outside, 0)
            outside.database.commit()
            await pair.world.clock.turn(2)
            pair.maya("held back")
            await settled()
            relay.store.database.commit()
            assert pair.new.texts("portal") == []
            assert snapshot(outside).sides[0].state == "connected", "it sees how the bridges were last"
            assert snapshot(outside).sides[0].held_back == 1
            control.obey(control.parse("resume Maya"), outside, 0)
            outside.database.commit()
            await pair.world.clock.turn(2)
            await until(lambda: pair.new.texts("portal") == ["held back"])
            outside.close()

    run(body)


def test_a_rule_stands_still_with_every_link_that_it_made_and_will_make(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        zoe = pair.old.chats["zoe"] = Chat(id="zoe", title="Zoe", person="05zoe")

        async def ask(text: str) -> str:
            count = len(pair.notices())
            pair.owner(text, "control")
            await until(lambda: len(pair.notices()) > count)
            return pair.notices()[-1]

        async with pair.world.running():
            pair.maya("one")
            await until(lambda: pair.new.texts("portal 05maya") == ["one"])
            assert "old-new stands still, and every chat that it made" in await ask("pause OLD-new")
            pair.maya("two")
            pair.owner("mine", "portal 05maya")
            pair.old.says(zoe.id, "hello", Person(id="05zoe", name="Zoe"))
            assert "old-new: stopped, paused by you" in await ask("status")
            listed = await ask("list")
            assert "old-new: everybody on old ↔ new (stopped)" in listed
            assert "Maya: old ↔ new (stopped)" in listed
        async with pair.world.running() as relay:
            await pair.world.clock.turn(60)
            assert (pair.new.texts("portal 05maya"), pair.old.texts(), "portal 05zoe" in pair.new.chats) == (
                ["one"], [], False
            )  # fmt: skip
            assert [link.stopped for link in snapshot(relay.store).links] == ["paused by you"]
            assert "stands still" in await ask("pause Maya")
            assert "old-new goes on." in await ask("resume old-new")
            await until(lambda: pair.new.texts("portal 05zoe") == ["hello"])
            assert pair.new.texts("portal 05maya") == ["one"], "what stood still by itself does so longer"
            assert "Maya goes on." in await ask("resume Maya")
            await until(lambda: pair.new.texts("portal 05maya") == ["one", "two"] and pair.old.texts() == ["mine"])
            assert "did not stand still" in await ask("resume old-new")
            assert "stands still" in await ask("pause old-new")
            assert "goes on when its rule does: paused by you" in await ask("resume Maya")

    run(body)


def test_one_of_two_rules_for_the_same_contact_stands_still_alone(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        third = pair.world.towns["third"] = Town("third")
        pair.world._rules = [*pair.world._rules, Rule(source="old", target="third", mode=Mode.CHATS, name="extra")]
        pair.world._owners["third"] = {ME.id}
        async with pair.world.running() as relay:
            pair.maya("one")
            await until(lambda: pair.new.texts("portal 05maya") == third.texts() == ["one"])
            pair.owner("pause extra", "control")
            await until(pair.notices)
            pair.maya("two")
            pair.owner("mine", "portal 05maya")
            third.says("portal 05maya", "from there", ME)
            await until(lambda: len(pair.new.texts("portal 05maya")) == 2 and pair.old.texts() == ["mine"])
            relay.store.database.commit()
            outside = SqliteStore(tmp_path, relay.store.sides, rules=relay.store.rules, lock=False)
            outside.go_on(outside.rules[1])
            outside.database.commit()
            outside.close()
            await pair.world.clock.turn(2)
            await until(lambda: len(third.texts()) == 3 and len(pair.new.texts("portal 05maya")) == 3)
            assert third.texts() == ["one", "two", "Robin: mine"]
            assert pair.old.texts() == ["mine", "from there"]

    run(body)


def test_the_status_tells_depth_age_counts_and_what_was_skipped(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            pair.maya("one")
            await until(lambda: pair.new.texts("portal"))
            pair.new.says("portal", "not the owner", Person(id="eve"))
            pair.new.slow["portal"] = asyncio.Event()
            pair.maya("two")
            await settled()
            at = pair.world.clock.now()
            await pair.world.clock.turn(31)
            status = snapshot(relay.store, relay.bridges)
            pair.new.slow["portal"].set()
        (link,) = status.links
        assert (link.taken, link.relayed) == (2, {"new": 1})
        assert (status.sides[0].waiting, status.sides[0].oldest_at, status.sides[0].last_success) == (1, at, at)
        assert status.skipped == {"written by somebody who is not the owner": 1}
        assert status.is_well

    run(body)


def test_the_owner_changes_what_a_link_does_in_the_chat(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:

            async def ask(text: str) -> str:
                count = len(pair.notices())
                pair.owner(text, "control")
                await until(lambda: len(pair.notices()) > count)
                return pair.notices()[-1]

            assert "There are: receipts, typing" in await ask("set")
            assert "receipts is on now" in await ask("set Maya receipts on")
            assert "kept-days cannot be '5'. This is a number, 30 at least." in await ask("set Maya kept-days 5")
            assert "This is on or off." in await ask("set maya typing perhaps")
            assert "It holds {name}" in await ask("set maya ghost-name Everybody")
            assert "ghost-name is {name} of old now" in await ask("set Maya ghost-name {name} of old")
            assert "no link called Eve" in await ask("set Eve typing on")
            options = relay.store.portals.links["maya"].options
            assert (options.receipts, options.ghost_name, options.kept_days) == (True, "{name} of old", 400)
            await ask("unlink Maya really")
            assert "receipts is off now" in await ask("set Maya receipts off")
            assert "maya" in relay.store.portals.ended, "it does not come back by that"

    run(body)


def test_everybody_gets_their_name_again_when_it_was_lost_over_there(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        async with pair.world.running():
            pair.maya("hi")
            await until(lambda: pair.new.dressed)
            pair.new.dressed.clear()
            pair.old.chats["noor"] = Chat(id="noor", title="Noor", person="05noor")
            pair.owner("sync", "control")
            await until(lambda: pair.new.dressed)
            pair.owner("search noor", "control")
            await until(lambda: "Noor (05noor)" in pair.notices()[-1])

    run(body)


def test_words_at_the_terminal_reach_the_relay_that_runs(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        async with pair.world.running() as relay:
            await until(lambda: list(relay.store.portals.chats()))
            relay.store.database.commit()
            sides = {name: Side(name=name, about=town.about) for name, town in pair.world.towns.items()}
            outside = SqliteStore(tmp_path, sides, rules=relay.store.rules, lock=False)
            assert "is being made" in control.obey(control.parse("start Maya"), outside, 0)
            outside.database.commit()
            outside.close()
            await pair.world.clock.turn(2)
            await until(lambda: "portal 05maya" in pair.new.chats)

    run(body)
