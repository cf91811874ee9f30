"""What people complain about in other bridges (formats page of bridges, section 12), and do not see here."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bridges.api import (
    Accept,
    AnyAction,
    Asked,
    Chat,
    ChatKind,
    Failed,
    MarkRead,
    NotNow,
    Person,
    Receipt,
    Refused,
    SetTyping,
    Typing,
)  # fmt: skip
from bridges.relay.model import Link, Mode, Options
from tests.relay.pair import MAYA, ME, Pair, run
from tests.relay.town import Town
from tests.relay.world import World, place, settled, until


def test_a_message_that_is_refused_is_told_where_it_was_written_and_can_be_tried_again(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        trouble: list[Exception] = [Refused("Too rude.", "Be polite.")]

        def refuse(chat: str, action: AnyAction) -> None:
            if chat == "maya" and trouble:
                raise trouble[0]

        pair.old.before = refuse
        async with pair.world.running():
            written = pair.owner("@!#")
            await until(lambda: pair.new.texts("portal") and pair.notices())
            (said,) = pair.new.posts("portal")
            assert "did not get through: Too rude. Be polite." in said.text
            assert said.notice
            assert said.reply_to is not None
            assert said.reply_to.id == written
            assert pair.old.texts() == [], "and the contact sees nothing of it"
            trouble.clear()
            pair.owner("retry", "control")
            await until(lambda: pair.old.texts() == ["@!#"])

    run(body)


def test_what_fails_after_the_network_took_it_is_told_where_it_was_written(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            written = pair.owner("hello?")
            await until(pair.old.texts)
            sent = pair.old.keys[pair.old.posts()[0].key].ids[0]
            maya = pair.old.chats["maya"]
            pair.old.happens(Failed(chat=maya, message=sent, reason="Their mailbox is full."))
            await until(lambda: pair.new.texts("portal") and pair.notices())
            (said,) = pair.new.posts("portal")
            assert "This did not get through: Their mailbox is full. Write it again." in said.text
            assert said.reply_to is not None
            assert (said.reply_to.id, said.notice) == (written, True)
            assert "Maya: a message did not get through: Their mailbox is full." in pair.notices()[0]
            assert pair.old.texts() == ["hello?"], "and the contact sees nothing of it"

    run(body)


def test_what_the_network_does_not_take_for_an_hour_is_told_and_later_messages_wait_in_order(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        busy = {"is": True}

        def wait(chat: str, action: AnyAction) -> None:
            if chat == "maya" and busy["is"]:
                raise NotNow("Too busy.")

        pair.old.before = wait
        async with pair.world.running():
            pair.owner("first")
            pair.owner("second")
            await pair.world.clock.turn(3500)
            assert pair.notices() == [], "it is tried again by itself"
            await pair.world.clock.turn(300)
            assert "a message did not get through: Too busy." in pair.notices()[0]
            busy["is"] = False
            await pair.world.clock.turn(100)
            assert pair.old.texts() == ["second"]

    run(body)


def test_one_slow_or_broken_chat_holds_up_no_other(tmp_path: Path) -> None:
    async def body() -> None:
        old, new = Town("old"), Town("new")
        links = [
            Link(name=str(n), ends=(place(old, f"o{n}"), place(new, f"n{n}")), private=True, person=f"o{n}")
            for n in range(4)
        ]
        world = World(tmp_path, [old, new], links=links)
        for n in range(4):
            old.chat(f"o{n}")
            if n != 3:
                new.chat(f"n{n}")
        new.slow["n0"] = asyncio.Event()
        async with world.running():
            for n in range(4):
                old.says(f"o{n}", f"to {n}")
            await until(lambda: len(new.acts) == 2)
            assert {chat for chat, _ in new.acts} == {"n1", "n2"}
            new.slow["n0"].set()
            await until(lambda: len(new.acts) == 3)

    run(body)


def test_a_bridge_that_breaks_takes_nothing_else_down_and_misses_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            pair.maya("one")
            await until(lambda: pair.new.texts("portal") == ["one"])
            await pair.old.seats[-1].stop()
            pair.maya("two")
            pair.owner("meanwhile")
            await settled()
            await pair.world.clock.turn(10)
            await until(lambda: pair.new.texts("portal") == ["one", "two"] and pair.old.texts() == ["meanwhile"])
        assert pair.old.starts == 2

    run(body)


def test_a_bridge_that_only_seems_connected_is_started_again(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            pair.old.slow["maya"] = asyncio.Event()
            pair.owner("hello?")
            await settled()
            await pair.world.clock.turn(290)
            assert pair.old.starts == 1
            await pair.world.clock.turn(60)
            assert pair.old.starts == 2

    run(body)


def test_receipts_and_typing_tell_nobody_unless_the_owner_wants_it(tmp_path: Path) -> None:
    async def body() -> None:
        for number, wanted in enumerate((False, True)):
            pair = Pair(tmp_path / str(number), options=Options(receipts=wanted, typing=wanted))
            async with pair.world.running():
                pair.maya("read me")
                await until(lambda pair=pair: pair.new.texts("portal"))  # type: ignore[misc]  # bound now
                copy = pair.new.keys[pair.new.posts("portal")[0].key].ids[0]
                chat = pair.new.chats["portal"]
                pair.new.happens(Receipt(chat=chat, sender=ME, messages=(copy,), read=True))
                pair.new.happens(Typing(chat=chat, sender=ME, typing=True))
                await settled()
            assert len(pair.old.actions(MarkRead)) == len(pair.old.actions(SetTyping)) == int(wanted)

    run(body)


def test_portals_only_for_accepted_contacts_and_requests_go_to_the_management_chat(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        eve = pair.old.chats["eve"] = Chat(id="eve", title="Eve", person="05eve")
        async with pair.world.running():
            pair.old.happens(Asked(chat=eve, person=Person(id="05eve", name="Eve"), text="hi, it is me"))
            await until(pair.notices)
            assert "Eve would like to write to you: hi, it is me" in pair.notices()[0]
            assert len(pair.new.chats) == 2
            pair.owner("accept 1", "control")
            await until(lambda: pair.old.actions(Accept))
            pair.old.says("eve", "thank you", Person(id="05eve", name="Eve"))
            await until(lambda: "thank you" in pair.new.texts("portal 05eve"))
            pair.old.chats["group"] = Chat(id="group", title="Group", kind=ChatKind.GROUP)
            pair.old.says("group", "hello all", MAYA)
            await settled()
        assert len(pair.new.chats) == 3, "groups only where the rule says so"

    run(body)
