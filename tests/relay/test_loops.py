"""Nothing goes round in circles: each guard alone, and two relays in one room."""

import asyncio
from pathlib import Path

import pytest

from bridges.api import About, Person
from bridges.relay.brake import Brake, fingerprint
from bridges.relay.loops import BadLink, check
from bridges.relay.model import Link, Options, Place, Side
from migrate.model import Network
from tests.relay.town import Town
from tests.relay.world import World, place, settled, until


def side(name: str, network: Network = Network.WEB) -> Side:
    return Side(name=name, about=About(name=name, title=name, network=network, summary="."))


SIDES = {name: side(name) for name in "abcd"} | {"x1": side("x1", Network.XMPP), "x2": side("x2", Network.XMPP)}


def at(text: str) -> Place:
    bridge, _, chat = text.partition(":")
    return Place(bridge=bridge, chat=chat)


def link(name: str, *ends: str, shared: bool = False) -> Link:
    return Link(name=name, ends=tuple(map(at, ends)), shared=shared)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (link("n", "a:1"), "two chats"),
        (link("n", "a:1", "a:1"), "itself"),
        (link("n", "a:1", "z:1"), "no bridge called z"),
        (link("n", "a:1", "b:1", "a:2"), "same network"),
        (link("n", "x1:1", "x2:1"), "same network"),
        (link("n", "a:1", "c:1"), "circle"),
        (link("n", "d:1", "a:9", "c:1"), None),
        (link("n", "a:1", "d:1"), None),
        (link("old 1", "a:1", "b:1", "d:7"), None),
    ],
)
def test_a_link_that_would_send_back_what_it_got_is_refused(new: Link, said: str | None) -> None:
    others = [link("old 2", "b:1", "c:1"), link("old 1", "a:1", "b:1")]
    if said is None:
        check(new, others, SIDES)
    else:
        with pytest.raises(BadLink, match=said):
            check(new, others, SIDES)


def test_shared_chats_join_nobody_with_anybody() -> None:
    others = [link("1", "a:1", "b:all", "c:all", shared=True)]
    check(link("2", "a:2", "b:all", "c:all", shared=True), others, SIDES)


def test_the_brake_counts_what_is_alike_whoever_passes_it_on() -> None:
    assert fingerprint("Relay: Maya: hello") == fingerprint("hello") == fingerprint("Maya: hello")
    assert fingerprint("hello") != fingerprint("hello!")
    brake, one = Brake(), link("l", "a:1", "b:1")
    said = [brake.count(one, at("a:1"), "R: " * round + "ping", age=0, steady=round) for round in range(12)]
    assert [why is None for why in said] == [True] * 10 + [False, True], "once it has fallen, it counts anew"
    assert brake.count(one, at("b:1"), "ping", age=0, steady=12) is None, "the other direction is another one"
    assert brake.count(one, at("a:1"), "ping", age=0, steady=80) is None, "a minute later it is forgotten"


def test_the_brake_lets_through_what_waited_while_the_relay_was_away() -> None:
    brake, one = Brake(), link("l", "a:1", "b:1")
    assert not any(brake.count(one, at("a:1"), "ok", age=3_600_000, steady=0) for _ in range(5000))
    assert any(brake.count(one, at("a:1"), f"{n}", age=0, steady=0) for n in range(301))


def test_a_storm_stops_one_direction_and_loses_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        old, new, bot = Town("old"), Town("new"), Town("bot")
        control = bot.chat("control", "control")
        one = Link(name="kitchen", ends=(place(old, "kitchen"), place(new, "room")), options=Options(most=5))
        world = World(tmp_path, [old, new, bot], links=[one], control=[place(bot, control.id)], owners={"bot": {"me"}})
        old.chat("kitchen"), new.chat("room")
        async with world.running():
            for number in range(9):
                old.says("kitchen", f"storm {number}")
            new.says("room", "still there?")
            await until(lambda: bot.texts() and old.texts())
            assert len(new.texts()) <= 5
            assert "stopped, because of more than 5 messages in a minute" in bot.texts()[0]
        async with world.running():
            await settled()
            assert len(new.texts()) <= 5, "also after a restart"
            bot.says("control", "resume kitchen", me("me"))
            await until(lambda: len(new.texts()) == 9)
        assert new.texts() == [f"kitchen: storm {number}" for number in range(9)]

    asyncio.run(body())


def me(id: str) -> Person:
    return Person(id=id, name="Robin")


def test_two_relays_in_one_room_do_not_answer_each_other(tmp_path: Path) -> None:
    """Both link the same two rooms, so that each hears what the other passes on."""

    async def body() -> None:
        rooms = {name: Town(name) for name in ("old", "new")}
        twins = {name: Town(name) for name in ("old", "new")}
        for name, room in rooms.items():
            room.chat("room"), twins[name].chat("room")
        one = Link(name="room", ends=(Place(bridge="old", chat="room"), Place(bridge="new", chat="room")))
        first = World(tmp_path / "1", list(rooms.values()), links=[one])
        second = World(tmp_path / "2", list(twins.values()), links=[one])

        async def pass_on(seen: dict[int, int]) -> None:
            for mine, theirs in ((rooms, twins), (twins, rooms)):
                for name, town in mine.items():
                    for chat, act in town.acts[seen.get(id(town), 0) :]:
                        theirs[name].says(chat, getattr(act, "text", ""), me(f"relay {id(mine)}"))
                    seen[id(town)] = len(town.acts)

        async with first.running() as relay, second.running():
            rooms["old"].says("room", "hello", me("friend"))
            twins["old"].says("room", "hello", me("friend"))
            seen: dict[int, int] = {}
            for _ in range(200):
                await pass_on(seen)
                await settled()
            stops = relay.store.portals.stops
            total = sum(len(town.acts) for town in (*rooms.values(), *twins.values()))
        assert stops, "a direction stands still, until the owner lets it go on"
        assert total < 60, "no storm"

    asyncio.run(body())


def test_what_another_relay_marks_as_its_own_is_not_relayed_at_all(tmp_path: Path) -> None:
    async def body() -> None:
        old, new = Town("old"), Town("new")
        one = Link(name="room", ends=(place(old, "room"), place(new, "room")))
        world = World(tmp_path, [old, new], links=[one])
        old.chat("room"), new.chat("room")
        async with world.running() as relay:
            old.says("room", "Maya: hi", me("relay"), id="decamp-ab12-5-0")
            old.says("room", "Maya: hi", me("relay"), also=("decamp-ab12-6-0",))
            old.says("room", "an error", me("bot"), notice=True)
            old.says("room", "a person")
            await until(new.texts)
            skipped = {what for link, _, what, _ in relay.store.counts() if not link}
        assert new.texts() == ["room: a person"]
        assert skipped == {"sent by another relay", "a notice, which nobody answers"}, "and all of it is counted"

    asyncio.run(body())
