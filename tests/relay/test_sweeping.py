"""A store that is as large as what goes on: with a clock that is turned by years, and senders whose clocks lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridges.api import Can, Chat, Delete, Person, Posted
from bridges.relay import files, timers
from bridges.relay.model import Mode, Options
from bridges.relay.run import Relay
from bridges.relay.status import snapshot
from tests.relay.pair import MAYA, Pair, run
from tests.relay.town import EVERYTHING
from tests.relay.world import START, until

DAY = 86_400


async def days(pair: Pair, count: float) -> None:
    """So much time passes, and the relay looks around."""
    pair.world.clock.jumped += int(count * DAY * 1000)
    await pair.world.clock.turn(timers.RARELY + 5)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour is long where each of its seconds happens."""
    monkeypatch.setattr(timers, "RARELY", 10.0)


def rows(relay: Relay, table: str) -> int:
    count: int = relay.store.database.con.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return count


@pytest.mark.parametrize("lie", [-START, 50 * 365 * DAY * 1000], ids=["1970", "in fifty years"])
def test_a_senders_clock_that_lies_makes_nobody_forget_early_or_keep_for_ever(tmp_path: Path, lie: int) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, options=Options(kept_days=30, most=0, most_alike=0))
        async with pair.world.running() as relay:
            id = pair.maya("when?", sent_at=START + lie)
            await until(lambda: pair.new.texts("portal"))
            await days(pair, 29)
            assert relay.store.told(pair.link.ends[0], id) is not None
            await days(pair, 2)
            assert relay.store.told(pair.link.ends[0], id) is None

    run(body)


def test_what_disappears_does_so_in_time_wherever_it_says_it_comes_from(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.TIMERS})
        async with pair.world.running():
            pair.maya("from the future", sent_at=START + 50 * 365 * DAY * 1000, expires=60)
            await until(lambda: pair.new.texts("portal"))
            await pair.world.clock.turn(70)
            await until(lambda: pair.new.actions(Delete))

    run(body)


def test_links_keep_what_they_say_and_only_that(tmp_path: Path) -> None:
    """Longer than usual too; and what was of a link that is gone goes as usual."""

    async def body() -> None:
        pair = Pair(tmp_path, options=Options(kept_days=1000, most=0, most_alike=0))
        async with pair.world.running() as relay:
            id = pair.maya("keep me")
            await until(lambda: pair.new.texts("portal"))
            await days(pair, 900)
            assert relay.store.told(pair.link.ends[0], id) is not None
            relay.store.portals.remove("maya")
            await days(pair, 1)
            assert relay.store.told(pair.link.ends[0], id) is None

    run(body)


def test_a_clock_that_was_wrong_for_a_while_keeps_nothing_for_ever(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, options=Options(kept_days=30, most=0, most_alike=0))
        pair.world.clock.jumped = 50 * 365 * DAY * 1000
        async with pair.world.running() as relay:
            id = pair.maya("in fifty years")
            await until(lambda: pair.new.texts("portal"))
            await days(pair, -50 * 365)
            assert relay.store.told(pair.link.ends[0], id) is not None
            await days(pair, 31)
            assert relay.store.told(pair.link.ends[0], id) is None

    run(body)


def test_people_chats_and_words_that_nobody_needs_are_dropped_and_those_of_links_are_not(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, rule=Mode.CHATS)
        fair = pair.old.chats["fair"] = Chat(id="fair", title="The fair", person=None)
        async with pair.world.running() as relay:
            pair.maya("hello")
            await until(lambda: pair.new.texts("portal 05maya") == ["hello"])
            await until(lambda: relay.store.acquaintance.dressed("new", "chat portal 05maya"))
            pair.world._rules = []
            relay.go_by([], [*relay.store.control])
            for number in range(50):
                visitor = Person(id=f"visitor{number}", name=f"Visitor {number}")
                pair.old.happens(Posted(chat=fair, sender=visitor, id=f"f{number}", sent_at=1, text="!"))
            pair.owner("version", "control")
            await until(pair.notices)
            await days(pair, 1)
            assert rows(relay, "people") >= 51
            assert rows(relay, "commands") == 1
            for _ in range(5):
                await days(pair, 100)
                regular = Person(id="regular", name="Regular")
                pair.old.happens(Posted(chat=fair, sender=regular, id="r", sent_at=1, text="!"))
            people = {
                id for (id,) in relay.store.database.con.execute("SELECT person FROM people WHERE bridge = 'old'")
            }
            assert people == {MAYA.id, "regular"}
            assert relay.store.acquaintance.dressed("new", "chat portal 05maya") is not None
            assert relay.store.chat_of(pair.link.ends[0]) is not None
            assert (rows(relay, "commands"), rows(relay, "told_once")) == (0, 0)
            assert rows(relay, "chats") <= 4
            relay.store.portals.remove("old maya")
            await days(pair, 1)
            await days(pair, 401)
            assert rows(relay, "dressed") == 0
            pair.owner("version", "control")
            await until(lambda: rows(relay, "commands") == 1)

    run(body)


def test_pictures_are_bounded_by_age_and_by_size_and_half_ones_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PICTURES", 250)
    spool = files.Spool(tmp_path)
    for number in range(5):
        path = spool.pictures / f"{number}{'.part' if number == 4 else ''}"
        path.write_bytes(bytes(100))
        age = 100 if number == 0 else number
        os.utime(path, (START / 1000 - age * DAY, START / 1000 - age * DAY))
    spool.clean(START)
    assert sorted(path.name for path in spool.pictures.iterdir()) == ["1", "2"]
    spool.clean(START + 91 * DAY * 1000)
    assert list(spool.pictures.iterdir()) == []


def test_what_the_relay_says_itself_is_no_message_and_what_goes_no_further_is_counted(tmp_path: Path) -> None:
    async def body() -> None:
        pair = Pair(tmp_path, can=EVERYTHING - {Can.REACTIONS})
        async with pair.world.running() as relay:
            pair.owner("version", "control")
            await until(pair.notices)
            pair.new.chats.pop("control")
            relay.owner.tell("nobody hears this")
            await until(lambda: any(side.failed for side in snapshot(relay.store).sides))
            status = snapshot(relay.store)
            assert status.skipped == {}
            assert all(link.failed == 0 for link in status.links)
            pair.new.says("portal", "not the owner", Person(id="eve"))
            await until(lambda: snapshot(relay.store).skipped == {"written by somebody who is not the owner": 1})

    run(body)
