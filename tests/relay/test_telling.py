"""What the owner is told, where, and how often: of what did not get through as it was, and of who asks to be let in."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from bridges.api import AnyAction, Asked, Can, Chat, ChatKind, Failed, Limits, Person, Post, Refused
from bridges.relay.model import Mode, Options, Place, Rule
from bridges.relay.owner import MANY
from tests.relay.pair import MAYA, ME, Pair, run
from tests.relay.town import EVERYTHING, Town
from tests.relay.world import World, settled, until


def answered(post: Post) -> str | None:
    return post.reply_to.id if post.reply_to else None


def test_the_owner_is_told_where_they_wrote_it_that_a_file_of_theirs_did_not_go_along(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        pair.old.about = replace(pair.old.about, limits=Limits(file_bytes=5000))
        async with pair.world.running():
            written = pair.owner("look", files=(pair.new.file(b"x" * 5001, "big.bin"),))
            await until(lambda: pair.old.texts() and pair.new.texts("portal"))
            reason = "(file big.bin, 5.0 kB: larger than the 5.0 kB that may be sent there)"
            assert pair.old.texts() == [f"look\n{reason}"]
            (said,) = pair.new.posts("portal")
            assert said.text == f"(A file does not go along to Old. There they see: {reason})"
            assert (said.notice, answered(said)) == (True, written)
            pair.owner("fits", files=(pair.new.file(b"x" * 5000),))
            pair.maya("mine", files=(replace(pair.old.file(b"x"), ref="nowhere"),))
            await until(lambda: len(pair.old.posts()) == 2 and len(pair.new.posts("portal")) == 2)
            await settled()
        assert len(pair.new.posts("portal")) == 2, "nothing is said of what fits, or of what a contact's message shows"

    run(body)


def test_the_owner_is_told_once_that_a_network_refused_their_file(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)

        def refuse(chat: str, action: AnyAction) -> None:
            if chat == "maya" and isinstance(action, Post) and action.files:
                raise Refused("No pictures, please.")

        pair.old.before = refuse
        async with pair.world.running():
            pair.owner("look", files=(pair.new.file(b"x", "tree.png"), pair.new.file(b"y", "leaf.png")))
            await until(lambda: pair.old.texts() and pair.new.texts("portal"))
        async with pair.world.running():
            await settled()
        (said,) = pair.new.texts("portal")
        assert said == (
            "(Some files do not go along to Old. There they see:"
            " (file tree.png, 1 byte: No pictures, please) (file leaf.png, 1 byte: No pictures, please))"
        )

    run(body)


def test_what_failed_in_the_chat_that_was_made_for_a_group_is_told_there(tmp_path: Path) -> None:
    async def body() -> None:
        old, new = Town("old"), Town("new")
        club = old.chats["club"] = Chat(id="club", title="Club", kind=ChatKind.GROUP)
        rule = Rule(source="old", target="new", mode=Mode.CHATS, groups=True)
        control = Place(bridge="new", chat=new.chat("control").id)
        world = World(tmp_path, [old, new], rules=[rule], owners={"new": {ME.id}}, control=[control])
        portal = "portal Club (Old)"
        async with world.running():
            old.says("club", "hi all", MAYA)
            await until(lambda: new.texts(portal))

            def refuse(chat: str, _action: AnyAction) -> None:
                if chat == "club" and trouble:
                    raise Refused("You were removed.")

            old.before, trouble = refuse, [True]
            first = new.says(portal, "am I in?", ME)
            await until(lambda: len(new.texts(portal)) == 2)
            told = new.posts(portal)[1]
            assert "This did not get through: You were removed." in told.text
            assert answered(told) == first
            trouble.clear()
            second = new.says(portal, "and now?", ME)
            await until(old.texts)
            sent = old.keys[old.posts()[0].key].ids[0]
            old.happens(Failed(chat=club, message=sent, reason="Nobody is there."))
            await until(lambda: len(new.texts(portal)) == 3)
            told = new.posts(portal)[2]
            assert "This did not get through: Nobody is there. Write it again." in told.text
            assert answered(told) == second
        assert len(new.texts("control")) == 2

    run(body)


def test_of_two_contacts_of_one_name_it_is_said_to_whom_something_did_not_get_through(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS, options=Options(most_alike=2))
        pair.old.chats["other"] = Chat(id="other", title="Maya", person="05another1234567")
        async with pair.world.running():
            pair.maya("hi")
            pair.old.says("other", "hi")
            await until(lambda: len(pair.new.posts()) == 2)

            def refuse(chat: str, _action: AnyAction) -> None:
                if chat == "other":
                    raise Refused("No.")

            pair.old.before = refuse
            pair.owner("hello?", "portal 05another1234567")
            await until(pair.notices)
            assert pair.notices()[0].startswith("(Maya (05an…4567): a message did not get through: No.")
            for _ in range(3):
                pair.old.says("other", "again")
            await until(lambda: len(pair.notices()) == 2)
            assert "`resume Maya (05an…4567)` lets it go on." in pair.notices()[1]

    run(body)


def test_a_crowd_of_strangers_does_not_fill_the_management_chat(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            for number in range(3 * MANY):
                eve = Person(id=f"05eve{number}", name=f"Eve {number}")
                pair.old.happens(Asked(chat=Chat(id=eve.id, title=eve.name), person=eve, text="psst"))
            await settled()
            await until(lambda: len(pair.notices()) == MANY + 2)
            assert f"`accept {MANY}` lets them in" in pair.notices()[MANY - 1]
            counts = [said.partition(" people")[0] for said in pair.notices()[MANY:]]
            assert counts == [f"({MANY + 1}", f"({2 * MANY + 1}"]
            pair.owner(f"accept {2 * MANY}", "control")
            await until(lambda: "may write to you now" in pair.notices()[-1])

    run(body)


def test_it_is_said_once_for_each_contact_what_becomes_of_messages_that_disappear(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.TIMERS})
        async with pair.world.running():
            pair.maya("stays")
            await until(lambda: pair.new.texts("portal"))
            assert pair.notices() == []
            for number in range(3):
                pair.maya(f"goes {number}", expires=600)
            await until(lambda: len(pair.new.texts("portal")) == 4)
            await until(pair.notices)
            await settled()
        (said,) = pair.notices()
        assert said.startswith("(Maya: messages disappear here now.")
        assert "servers and other apps may keep copies" in said

    run(body)


def test_on_the_first_start_with_three_hundred_contacts_nobody_is_flooded(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        for number in range(300):
            pair.old.chats[f"c{number}"] = Chat(id=f"c{number}", title=f"Contact {number}", person=f"c{number}")
        async with pair.world.running() as relay:
            await pair.world.clock.turn(60)
            assert pair.new.acts == pair.old.acts == []
            assert pair.new.opened == []
            assert len(list(relay.store.portals.chats())) == 301, "each of them can be asked for by name"
            pair.old.says("c7", "hi")
            await until(lambda: pair.new.texts() == ["hi"])
            await settled()
            assert pair.new.opened == ["portal c7"]

    run(body)
