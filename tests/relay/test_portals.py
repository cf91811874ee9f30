"""Portals of each sort, with names and pictures, and contacts who arrive."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bridges.api import Can, Chat, ChatKind, Joined, NotNow, Person, Posted, Reference, Refused, Renamed
from bridges.relay.dressing import ghost_name
from bridges.relay.ledger import Ledger
from bridges.relay.model import Mode, Options, Place, Rule
from tests.relay.pair import MAYA, ME, Pair, run
from tests.relay.town import EVERYTHING, Town
from tests.relay.world import World, place, settled, until

ARRIVED = (
    "Maya has arrived on new: write to them there from now on."
    " What they still write on old is relayed for 2 hours more."
)
GHOSTS = EVERYTHING | {Can.PERSONAS, Can.GHOSTS}


def test_a_ghost_has_the_name_and_the_picture_and_keeps_up_with_them(tmp_path: Path) -> None:
    async def body() -> None:
        old, new = Town("old"), Town("new", can=GHOSTS)
        old.chats["maya"] = Chat(id="maya", title="Mum", person=MAYA.id)
        old.files["pic 1"], old.files["pic 2"] = b"first", b"second"
        world = World(
            tmp_path, [old, new], rules=[Rule(source="old", target="new", mode=Mode.GHOSTS)], owners={"new": {ME.id}}
        )
        async with world.running():
            old.says("maya", "hi", Person(id=MAYA.id, name="Maya", picture="pic 1"))
            await until(lambda: MAYA.id in new.dressed)
            name, picture = new.dressed[MAYA.id]
            assert (name, picture and picture.read_bytes()) == ("Maya (Old)", b"first")
            assert new.dressed["portal 05maya"][0] == "Mum (Old)", "the nickname is for the owner, in their own chat"
            assert new.posts()[0].persona == Person(id=MAYA.id, name="Maya", picture="pic 1")
            new.dressed.clear()
            old.says("maya", "hi again", Person(id=MAYA.id, name="Maya", picture="pic 1"))
            await settled()
            assert new.dressed == {}, "nothing changed"
            old.happens(Renamed(person=Person(id=MAYA.id, name="Maya B.", picture="pic 2")))
            await until(lambda: len(new.dressed) == 2)
            name, picture = new.dressed[MAYA.id]
            assert (name, picture and picture.read_bytes()) == ("Maya B. (Old)", b"second")

    run(body)


def test_a_nickname_never_goes_into_a_shared_room(tmp_path: Path) -> None:
    async def body() -> None:
        old, new = Town("old"), Town("new", can=GHOSTS)
        old.chats["maya"] = Chat(id="maya", title="Mum", person=MAYA.id)
        old.chats["club"] = Chat(id="club", title="Club", kind=ChatKind.GROUP)
        rule = Rule(source="old", target="new", mode=Mode.CHATS, groups=True)
        world = World(tmp_path, [old, new], rules=[rule], owners={"new": {ME.id}})
        async with world.running():
            old.says("maya", "hi", MAYA)
            old.says("club", "hi all", MAYA)
            await until(lambda: len(new.posts()) == 2)
            await settled()
        (post,) = new.posts("portal Club (Old)")
        assert post.persona == MAYA
        assert not any("Mum" in f"{act}" for chat, act in new.acts if "Club" in chat)

    run(body)


def test_one_shared_chat_for_everybody_where_an_answer_is_a_reply(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.SHARED)
        noor = Person(id="05noor", name="Noor")
        pair.old.chats["noor"] = Chat(id="noor", title="Noor", person=noor.id)
        async with pair.world.running():
            pair.maya("hi")
            pair.old.says("noor", "hello", noor)
            await until(lambda: len(pair.new.texts("portal")) == 2)
            assert sorted(pair.new.texts("portal")) == ["Maya: hi", "Noor: hello"]
            by = {post.text: pair.new.keys[post.key].ids[0] for post in pair.new.posts("portal")}
            pair.owner("to you, Noor", reply_to=Reference(id=by["Noor: hello"]))
            await until(lambda: pair.old.texts("noor") == ["to you, Noor"])
            pair.owner("to whom?")
            await until(lambda: len(pair.new.texts("portal")) == 3)
            assert "Reply to a message" in pair.new.texts("portal")[-1]
        assert pair.old.texts("maya") == []

    run(body)


def test_the_one_chat_for_everybody_is_for_the_relay_too_and_a_friend_can_be_written_to_first(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.SHARED, control="portal")
        pair.old.chats["maya"] = Chat(id="maya", title="Mum", person=MAYA.id)
        pair.old.chats["noor"] = Chat(id="noor", title="Noor", person="05noor")

        async def relay_says(text: str) -> Reference:
            await until(lambda: any(text in said for said in pair.new.texts("portal")))
            post = next(post for post in pair.new.posts("portal") if text in post.text)
            return Reference(id=pair.new.keys[post.key].ids[0])

        async with pair.world.running():
            pair.maya("hi")
            about = await relay_says("Maya: hi")
            pair.owner("version")
            await relay_says("decamp ")
            pair.owner("to whom?")
            await relay_says("Reply to a message")
            pair.owner("help", reply_to=about)
            await until(lambda: pair.old.texts() == ["help"])
            pair.owner("start Noor")
            pair.owner("I moved", reply_to=await relay_says("Reply to this message to write to them on Old."))
            await until(lambda: pair.old.texts("noor") == ["I moved"])
        assert "Mum" not in str(pair.new.texts("portal")), "others may be in it"

    run(body)


def test_a_portal_that_cannot_be_made_yet_keeps_what_comes_and_takes_its_time(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        errors: list[Exception] = [NotNow("Later."), NotNow("Later."), Refused("No more rooms for you.")]

        def fail(chat: str, action: object) -> None:
            if not chat and errors:
                raise errors.pop(0)

        pair.new.before = fail
        async with pair.world.running():
            pair.maya("one", expires=30)
            pair.maya("two")
            await pair.world.clock.turn(60)
            assert "No chat could be made for Maya on new: No more rooms for you." in pair.notices()[0]
            pair.owner("retry", "control")
            await until(lambda: pair.new.texts("portal 05maya") == ["two"])
            pair.maya("three")
            await until(lambda: pair.new.texts("portal 05maya") == ["two", "three"])

    run(body)


def test_an_arrival_moves_the_contact_over_and_ends_the_relay_after_a_while(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS, options=Options(grace_hours=2))
        direct = pair.new.chats["direct"] = Chat(id="direct", title="Maya", person="maya@new")
        arrives = Joined(chat=direct, person=Person(id="maya@new", name="Maya"), invitation="inv 7")
        async with pair.world.running() as relay:
            pair.new.happens(arrives)
            await settled()
            assert pair.notices() == [], "an invitation of nobody we know"
            relay.arrivals.expect("inv 7", place(pair.old, "maya"))
            first = pair.maya("before")
            await until(lambda: pair.new.texts("portal 05maya") == ["before"])
            pair.new.happens(arrives)
            await until(pair.notices)
            assert pair.notices() == [f"({ARRIVED})"]
            pair.maya("still here")
            await until(lambda: len(pair.new.texts("portal 05maya")) == 2)
            copy = pair.new.keys[pair.new.posts("portal 05maya")[0].key].ids[0]
            pair.owner("answer", "portal 05maya", reply_to=Reference(id=copy))
            await until(lambda: pair.old.texts() == ["answer"])
            answered = pair.old.posts()[0].reply_to
            assert answered is not None
            assert answered.id == first
            await pair.world.clock.turn(7300)
            pair.maya("too late")
            pair.maya("much too late")
            pair.owner("hm?", "portal 05maya", reply_to=Reference(id=copy))
            await settled()
            assert pair.old.texts() == ["answer"]
            assert pair.new.texts("portal 05maya")[2:] == [
                "(This was sent to nobody: this chat is no longer relayed. They are on new now.)"
            ]
            late = [said for said in pair.notices() if "wrote on old" in said]
            assert len(late) == 1, "it is said, and once"
        assert len([chat for chat in pair.new.chats if chat.startswith("portal 0")]) == 1

    run(body)


def test_names_fit_the_network_they_are_shown_on() -> None:
    about = Town("session").about
    assert ghost_name(Person(id="05" + "a" * 64, name=""), about, 20) == "05aa…aaaa (Session)"
    assert ghost_name(Person(id="1", name="x" * 500), about, 20) == "xxxxxxxxxx (Session)"
    assert ghost_name(Person(id="1", name="a\u202eb\n👨‍👩‍👧"), about, None) == "ab 👨‍👩‍👧 (Session)"


def test_a_bridge_that_breaks_while_it_makes_a_chat_is_told_and_makes_it_the_next_time(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        broken = [ZeroDivisionError("secret words")]

        def breaks(chat: str, _: object) -> None:
            if chat == "" and broken:
                raise broken.pop()

        pair.new.before = breaks
        async with pair.world.running():
            pair.maya("hello")
            await until(pair.notices)
            assert "No chat could be made for Maya: new broke: ZeroDivisionError." in pair.notices()[0]
            assert "secret words" not in pair.notices()[0]
            pair.owner("retry", "control")
            await until(lambda: pair.new.texts("portal 05maya") == ["hello"])

    run(body)


def test_killed_in_the_middle_of_history_it_begins_anew_and_each_message_is_there_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed process leaves is what is on the disk in that moment: it is copied, and another relay goes on."""

    async def body() -> None:
        taken, shown = 0, Ledger.history

        def copied(ledger: Ledger, where: Place, id: str) -> int | None:
            nonlocal taken
            taken += 1
            if taken in {1, 150, 300}:
                at = tmp_path / f"killed after {taken}"
                at.mkdir()
                for file in ("relay.db", "relay.db-wal"):
                    (at / file).write_bytes((tmp_path / file).read_bytes())
            return shown(ledger, where, id)

        async def history(where: Place, count: int) -> AsyncIterator[Posted]:
            for number in range(count):
                chat = Chat(id="maya", title="Maya", person=MAYA.id)
                yield Posted(chat=chat, sender=MAYA, id=f"h{number}", sent_at=number, text=f"{number}")

        def world(folder: Path) -> tuple[World, Town, Town]:
            old, new = Town("old"), Town("new")
            old.chats["maya"] = Chat(id="maya", title="Maya", person=MAYA.id)
            rule = Rule(source="old", target="new", mode=Mode.CHATS, options=Options(history=300))
            return World(folder, [old, new], rules=[rule], owners={"new": {ME.id}}, history=history), old, new

        wanted = [*(f"{number}" for number in range(300)), "now"]
        monkeypatch.setattr(Ledger, "history", copied)
        first, old, new = world(tmp_path)
        async with first.running():
            await settled()
            old.says("maya", "now", MAYA)
            await until(lambda: new.texts() == wanted)
        monkeypatch.undo()
        for taken in (1, 150, 300):
            again, same, new = world(tmp_path / f"killed after {taken}")
            same.news = old.news  # what was not kept when it was killed, the network tells again
            with closing(sqlite3.connect(tmp_path / f"killed after {taken}" / "relay.db")) as left:
                assert left.execute("SELECT (SELECT count(*) FROM links) + count(*) FROM messages").fetchone() == (0,)
            async with again.running():
                await until(lambda new=new: len(new.texts()) >= len(wanted))  # type: ignore[misc]  # bound now
                await settled()
            assert new.texts() == wanted

    run(body)
