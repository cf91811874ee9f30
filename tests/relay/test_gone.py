"""What was taken back or whose time is over is gone: from the other side, from what still waits, and from the disk."""

from __future__ import annotations

from pathlib import Path

from bridges.api import Can, CannotDo, Delete, Deleted, Edit, Edited, NotNow, Person, Post, Reacted, Receipt, Refused
from bridges.relay.model import Mode
from tests.relay.pair import MAYA, ME, Pair, run
from tests.relay.town import EVERYTHING
from tests.relay.world import place, settled, until

SECRET = "the words nobody should find again"


def on_disk(folder: Path, text: str = SECRET) -> list[str]:
    return [path.name for path in folder.glob("relay.db*") if text.encode() in path.read_bytes()]


def refuse(_chat: str, action: object) -> None:
    if isinstance(action, Post) and SECRET in action.text:
        raise Refused("Too rude.")


def later(_chat: str, action: object) -> None:
    if isinstance(action, Post) and (SECRET in action.text or action.key == "open"):
        raise NotNow("Later.")


def taken_back(pair: Pair, id: str, sender: Person = MAYA) -> Deleted:
    return Deleted(chat=pair.old.chats["maya"], sender=sender, message=id)


def test_a_message_that_was_given_up_and_then_taken_back_is_never_shown(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.DELETES})
        pair.new.before = refuse
        async with pair.world.running() as relay:
            id = pair.maya(SECRET)
            await until(lambda: relay.store.outbox.failures(10))
            pair.old.happens(taken_back(pair, id))
            await settled()
            pair.new.before = lambda _chat, _action: None
            relay.store.retry()
            relay.lanes.wake_bridge("new")
            pair.maya("next")
            await until(lambda: pair.new.texts("portal") == ["next"])
        assert on_disk(tmp_path) == []

    run(body)


def test_a_message_taken_back_while_its_link_stands_still_is_never_shown(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            relay.store.stop("maya", None, "paused", 0)
            id = pair.maya(SECRET)
            pair.maya("next")
            await settled()
            pair.old.happens(taken_back(pair, id))
            await settled()
            relay.store.resume("maya")
            relay.lanes.wake_bridge("new")
            await until(lambda: pair.new.texts("portal") == ["next"])
            assert pair.new.actions(Delete) == []

    run(body)


def test_a_message_taken_back_while_its_portal_is_made_is_never_shown(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        pair.new.before = later
        async with pair.world.running() as relay:
            id = pair.maya(SECRET)
            pair.maya("next")
            await settled()
            edit = Edited(chat=pair.old.chats["maya"], sender=MAYA, message=id, text=f"{SECRET}!", sent_at=1, id="e")
            pair.old.happens(edit)
            pair.old.happens(taken_back(pair, id))
            await settled()
            relay.store.database.scrub()
            assert on_disk(tmp_path) == [], "it does not wait for the portal on the disk either"
            pair.new.before = lambda _chat, _action: None
            await pair.world.clock.turn(300)
            assert pair.new.texts() == ["next"]

    run(body)


def test_an_edit_and_a_reaction_while_the_portal_is_made_are_shown_on_the_message(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        pair.new.before = later
        async with pair.world.running():
            id = pair.maya("frist")
            await settled()
            chat = pair.old.chats["maya"]
            pair.old.happens(Edited(chat=chat, sender=MAYA, message=id, text="first", sent_at=1, id="e"))
            pair.old.happens(Reacted(chat=chat, sender=MAYA, message=id, emojis=("👍",), change=Reacted.Change.ADDED))
            await settled()
            pair.new.before = lambda _chat, _action: None
            await pair.world.clock.turn(300)
            assert [type(act).__name__ for _, act in pair.new.acts] == ["Post", "Edit", "React"]
            assert pair.new.texts() == ["frist"]

    run(body)


def test_an_edit_does_not_bring_back_what_disappeared_while_its_portal_was_made(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        pair.new.before = later
        async with pair.world.running():
            id = pair.maya(SECRET, expires=60)
            chat = pair.old.chats["maya"]
            pair.old.happens(Edited(chat=chat, sender=MAYA, message=id, text=f"{SECRET}!", sent_at=1, id="e"))
            await settled()
            await pair.world.clock.turn(100)
            pair.new.before = lambda _chat, _action: None
            await pair.world.clock.turn(600)
            pair.maya("next")
            await until(lambda: pair.new.texts() == ["next"])

    run(body)


def test_a_message_whose_time_was_over_when_it_came_is_not_shown(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.DELETES, Can.TIMERS})
        async with pair.world.running() as relay:
            pair.maya(SECRET, expires=60, sent_at=pair.world.clock.now() - 61_000)
            pair.maya("next")
            await until(lambda: pair.new.texts("portal") == ["next"])
            assert "its time is over" in {what for _, _, what, _ in relay.store.counts()}

    run(body)


def test_what_was_read_up_to_a_message_disappears_with_it(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.TIMERS})
        async with pair.world.running():
            for text in ("one", "two", "three"):
                pair.maya(text, expires=60, expires_after_read=True)
            await until(lambda: len(pair.new.texts("portal")) == 3)
            last = pair.new.keys[pair.new.posts("portal")[1].key].ids[0]
            receipt = Receipt(chat=pair.new.chats["portal"], sender=ME, messages=(last,), read=True, up_to=True)
            pair.new.happens(receipt)
            await settled()
            await pair.world.clock.turn(62)
            assert len(pair.new.actions(Delete)) == 2

    run(body)


def test_what_disappears_does_so_after_its_link_was_removed(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.TIMERS})
        async with pair.world.running() as relay:
            pair.maya("soon gone", expires=60)
            await until(lambda: pair.new.texts("portal") == ["soon gone"])
            relay.store.portals.remove("maya")
            await pair.world.clock.turn(62)
            assert len(pair.new.actions(Delete)) == 1

    run(body)


def test_what_disappears_does_so_while_its_link_stands_still(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.TIMERS})
        async with pair.world.running() as relay:
            pair.maya("soon gone", expires=60)
            await until(lambda: pair.new.texts("portal") == ["soon gone"])
            relay.store.stop("maya", None, "paused", 0)
            await pair.world.clock.turn(62)
            assert len(pair.new.actions(Delete)) == 1

    run(body)


def test_what_disappears_does_so_in_a_chat_that_turned_out_to_have_no_timers(tmp_path: Path) -> None:
    def forbid(_chat: str, action: object) -> None:
        if isinstance(action, Post) and action.expires:
            raise CannotDo(Can.TIMERS)

    async def body() -> None:
        pair = Pair(tmp_path)
        pair.new.before = forbid
        async with pair.world.running():
            pair.maya("soon gone", expires=60)
            pair.maya("stays")
            await until(lambda: pair.new.texts("portal") == ["soon gone", "stays"])
            await pair.world.clock.turn(62)
            assert len(pair.new.actions(Delete)) == 1

    run(body)


def test_a_corrected_copy_of_what_disappears_goes_with_it(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.EDITS})
        async with pair.world.running():
            id = pair.maya("soon gone", expires=60)
            await until(lambda: pair.new.texts("portal") == ["soon gone"])
            pair.old.happens(Edited(chat=pair.old.chats["maya"], sender=MAYA, message=id, text="gone soon", sent_at=1))
            await until(lambda: len(pair.new.texts("portal")) == 2)
            await pair.world.clock.turn(62)
            gone = {act.message.id for act in pair.new.actions(Delete) if isinstance(act, Delete)}
            assert pair.new.keys[pair.new.posts("portal")[1].key].ids[0] in gone

    run(body)


def test_a_change_of_what_disappeared_while_its_portal_was_made_does_not_bring_it_back(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        pair.new.before = later
        async with pair.world.running():
            id = pair.maya(SECRET, expires=60)
            await pair.world.clock.turn(100)
            pair.old.happens(Edited(chat=pair.old.chats["maya"], sender=MAYA, message=id, text=SECRET, sent_at=1))
            await settled()
            pair.new.before = lambda _chat, _action: None
            await pair.world.clock.turn(600)
            pair.maya("next")
            await until(lambda: pair.new.texts() == ["next"])
        assert on_disk(tmp_path) == []

    run(body)


def test_what_disappears_where_a_bridge_was_removed_stops_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            pair.maya("soon gone", expires=60)
            await until(lambda: pair.new.texts("portal") == ["soon gone"])
        del pair.world.towns["new"]
        async with pair.world.running() as relay:
            await pair.world.clock.turn(62)
            assert relay.store.ledger.next_fading() is None

    run(body)


def test_words_that_were_taken_back_are_not_on_the_disk_any_more_while_the_relay_runs(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            id = pair.maya(SECRET)
            await until(lambda: pair.new.texts("portal") == [SECRET])
            pair.old.happens(taken_back(pair, id))
            await until(lambda: pair.new.actions(Delete))
            await pair.world.clock.turn(70)
            assert on_disk(tmp_path) == []

    run(body)


def test_a_message_from_after_the_end_of_a_link_is_wiped_here_too_when_it_is_taken_back(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            id = pair.maya(SECRET)
            await until(lambda: pair.new.texts("portal") == [SECRET])
            relay.store.portals.end("maya", 1)
            pair.old.happens(taken_back(pair, id))
            await settled()
            told = relay.store.told(place(pair.old, "maya"), id)
            assert told is not None
            assert told.text is None

    run(body)


def test_nobody_takes_back_what_the_other_person_of_a_private_chat_wrote(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            id = pair.old.says("maya", "from my old phone", pair.old.me, own=True)
            await until(lambda: len(pair.new.texts("portal")) == 1)
            pair.old.happens(taken_back(pair, id))
            await settled()
            assert pair.new.actions(Delete) == []
            pair.old.happens(Deleted(chat=pair.old.chats["maya"], sender=pair.old.me, message=id, own=True))
            await until(lambda: len(pair.new.actions(Delete)) == 1)

    run(body)


def test_a_deletion_that_comes_before_its_message_is_not_forgotten(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            pair.old.happens(taken_back(pair, "hasty"))
            pair.maya(SECRET, id="hasty")
            pair.maya("next")
            await until(lambda: pair.new.texts("portal") == ["next"])

    run(body)


def test_an_edit_that_changes_only_the_end_of_a_long_text_is_shown(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            long = "word " * 100
            id = pair.maya(long)
            await until(lambda: len(pair.new.texts("portal")) == 1)
            for end in ("one", "two", "two"):
                edit = Edited(chat=pair.old.chats["maya"], sender=MAYA, message=id, text=long + end, sent_at=1)
                pair.old.happens(edit)
                await settled()
            shown = [act.text[-3:] for act in pair.new.actions(Edit) if isinstance(act, Edit)]
            assert shown == ["one", "two"], "each once, and the same again is no news"

    run(body)


def test_an_edit_of_a_message_from_before_the_link_stands_for_it_from_then_on(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            chat = pair.old.chats["maya"]
            for text in ("second", "second", "third"):
                pair.old.happens(Edited(chat=chat, sender=MAYA, message="early", text=text, sent_at=1, id=f"e{text}"))
                await settled()
            pair.maya("first", id="early")
            pair.old.happens(taken_back(pair, "early"))
            await until(lambda: pair.new.actions(Delete))
            assert [type(act).__name__ for _, act in pair.new.acts] == ["Post", "Edit", "Delete"]
            assert pair.new.texts("portal") == ["(edited) second"]

    run(body)
