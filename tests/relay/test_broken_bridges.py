"""A bridge that breaks what is agreed costs itself or one message, never the relay, and nobody else's messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from bridges.api import AnyAction, AnyEvent, Changed, Chat, File, NotNow, Refused, Sent, State
from bridges.relay import files, watch
from bridges.relay.model import Mode
from bridges.relay.obeying import Obeying
from bridges.relay.orders import Order, Queue
from migrate.errors import NothingFound
from tests.relay.pair import Pair, run
from tests.relay.town import TownBridge
from tests.relay.world import settled, until

HALF = "\ud83d"  # half of a pair, as careless programs leave it
QUOTES = [NotNow(f"It says {HALF}."), Refused(f"It says {HALF}."), OSError(f"It says {HALF}.")]


async def goes_on(pair: Pair) -> None:
    """Messages go both ways."""
    pair.maya("still here?")
    pair.owner("still here!")
    await until(lambda: "still here?" in pair.new.texts("portal") and "still here!" in pair.old.texts("maya"))


async def carries_on_after(pair: Pair, *files: File) -> None:
    """Maya writes, with whatever comes of it; and then messages go both ways, in the same relay."""
    async with pair.world.running() as relay:
        pair.maya("hello", files=files)
        await settled()
        await pair.world.clock.turn(10)
        await goes_on(pair)
        assert not relay.is_broken


@pytest.mark.parametrize(
    "error", [KeyError("x"), NothingFound(), ConnectionResetError()], ids=["library", "ours", "line"]
)
def test_the_words_come_also_when_a_bridge_breaks_over_their_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def fetch(_self: TownBridge, _ref: str) -> AsyncIterator[bytes]:
        nothing: tuple[bytes, ...] = ()
        for piece in nothing:
            yield piece
        raise error

    async def body() -> None:
        pair = Pair(tmp_path)
        monkeypatch.setattr(TownBridge, "fetch", fetch)
        async with pair.world.running():
            pair.maya("look", files=(pair.old.file(b"x"),))
            pair.maya("next")
            await pair.world.clock.turn(200)
            await until(lambda: len(pair.new.texts("portal")) == 2)
        assert pair.new.texts("portal")[0].startswith("look\n(file a.txt")
        assert pair.new.texts("portal")[1] == "next"

    run(body)


def test_a_file_that_never_comes_holds_up_nobody_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetch(_self: TownBridge, _ref: str) -> AsyncIterator[bytes]:
        yield b"a beginning"
        await asyncio.Event().wait()

    async def body() -> None:
        pair = Pair(tmp_path)
        monkeypatch.setattr(TownBridge, "fetch", fetch)
        monkeypatch.setattr(files, "SILENCE", 0.0)
        async with pair.world.running():
            pair.maya("look", files=(pair.old.file(b"x"),))
            pair.maya("next")
            async with asyncio.timeout(20):
                while len(pair.new.texts("portal")) < 2:
                    await pair.world.clock.turn(10)
                    await asyncio.sleep(0.002)
        assert "it could not be fetched: It did not come in time." in pair.new.texts("portal")[0]

    run(body)


SENT = Sent(ids=("a",))
ANSWERS: list[object] = [
    None, "an id", replace(SENT, ids=None), replace(SENT, ids=(HALF,)), replace(SENT, sent_at="noon"),
    replace(SENT, sent_at=2**70),
]  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS, ids=["none", "text", "no ids", "half", "no time", "no such time"])
def test_an_answer_that_is_none_costs_one_message_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Sent
) -> None:
    act, odd = TownBridge.act, [True]

    async def answers(self: TownBridge, chat: str, action: AnyAction) -> Sent:
        if odd and chat == "portal":
            odd.clear()
            return answer
        return await act(self, chat, action)

    async def body() -> None:
        pair = Pair(tmp_path)
        monkeypatch.setattr(TownBridge, "act", answers)
        await carries_on_after(pair)

    run(body)


@pytest.mark.parametrize("error", QUOTES, ids=["not now", "refused", "system"])
def test_what_a_server_says_to_a_message_may_be_halves_of_characters(tmp_path: Path, error: Exception) -> None:
    async def body() -> None:
        pair, odd = Pair(tmp_path), [True]

        def once(chat: str, _action: AnyAction) -> None:
            if odd and chat == "portal":
                odd.clear()
                raise error

        pair.new.before = once
        await carries_on_after(pair, pair.old.file(b"x"))

    run(body)


@pytest.mark.parametrize("error", QUOTES, ids=["not now", "refused", "system"])
def test_what_a_server_says_at_the_start_may_be_halves_of_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def refuses(_self: TownBridge, _desk: object) -> None:
        raise error

    async def body() -> None:
        pair = Pair(tmp_path)
        monkeypatch.setattr(TownBridge, "start", refuses)
        async with pair.world.running() as relay:
            await pair.world.clock.turn(60)
            assert not relay.is_broken

    run(body)


def test_how_a_bridge_says_that_it_is_may_be_halves_of_characters(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running():
            pair.new.seats[0].change(State.INTERRUPTED, f"It says {HALF}.")
            await settled()
            pair.new.seats[0].change(State.CONNECTED)
            await goes_on(pair)
            assert pair.new.starts == 1, "it was not started again because of it"

    run(body)


@pytest.mark.parametrize("cursor", [HALF, b"bytes", 7, "x" * 1_000_000], ids=["half", "bytes", "number", "long"])
def test_how_far_a_bridge_has_read_may_be_anything(tmp_path: Path, cursor: str) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        async with pair.world.running() as relay:
            feed = pair.new.seats[0]._feed
            assert feed is not None
            feed.add(Changed(health=feed.health, cursor=cursor))
            await goes_on(pair)
            relay.store.database.commit()

    run(body)


def test_an_event_of_which_a_part_cannot_be_kept_is_kept_with_nothing_of_it_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its id were known, and it would never come again."""
    one = Obeying._one

    def breaks(self: Obeying, order: Order) -> None:
        if isinstance(order, Queue) and "poison" in str(order.intent):
            raise OverflowError("a number that is too large")
        one(self, order)

    async def body() -> None:
        pair = Pair(tmp_path)
        monkeypatch.setattr(Obeying, "_one", breaks)
        async with pair.world.running() as relay:
            id = pair.maya("poison")
            await until(pair.notices)
            assert "could not be relayed" in pair.notices()[0]
            assert relay.store.told(pair.link.ends[0], id) is None
            await goes_on(pair)
            assert pair.old.starts == 1, "it is not read again and again"

    run(body)


def test_what_is_kept_for_others_may_be_halves_of_characters(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)

        def concerns(_bridge: str, _event: AnyEvent) -> bool:
            return True

        async with pair.world.running() as relay:
            relay.concerns = concerns
            pair.maya(f"hello {HALF}")
            await goes_on(pair)
            assert pair.old.starts == 1, "it was not started again because of it"
            assert pair.new.texts("portal")[0] == "hello \ufffd"

    run(body)


def test_chats_are_learned_though_one_of_them_has_half_a_character_in_its_name(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        pair.old.chats["x"] = Chat(id="x", title=f"Sam {HALF}")
        pair.old.chats["y"] = Chat(id="y", title="Kim")
        async with pair.world.running() as relay:
            await settled()
            titles = {chat.title for _, chat in relay.store.portals.chats()}
        assert {"Sam \ufffd", "Kim"} <= titles

    run(body)


@pytest.mark.parametrize("what", ["chats", "follow"])
def test_a_bridge_that_breaks_when_it_is_asked_or_told_something_takes_nothing_else_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def breaks(*_: object) -> None:
        raise KeyError("x")

    async def body() -> None:
        pair = Pair(tmp_path)
        monkeypatch.setattr(watch, "QUIET", 20.0)
        async with pair.world.running() as relay:
            monkeypatch.setattr(TownBridge, what, breaks)
            await pair.world.clock.turn(100)
            assert not relay.is_broken
            monkeypatch.undo()
            await pair.world.clock.turn(10)
            await goes_on(pair)

    run(body)
