"""Stores of every version there was, with something in each table, go on; one of a version to come is left alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bridges.api import Chat, Delete, Deleted, Edit, Edited, Person, Reacted, State
from bridges.relay import migrations
from bridges.relay.database import Database
from bridges.relay.migrations import STEPS, NewerStore
from bridges.relay.model import Place
from bridges.relay.orders import Ask, Hold, Wish
from bridges.relay.run import Relay
from bridges.relay.sqlite import NAME, SqliteStore
from tests.relay.pair import MAYA, Pair, run
from tests.relay.world import START, settled, until

SAM = Place(bridge="old", chat="sam")


async def lived_in(pair: Pair) -> str:
    """A store with something in each table. Returns the id of a message that was relayed."""
    chat = pair.old.chats["maya"]
    async with pair.world.running() as relay:
        id = pair.maya("one", expires=3_000_000)
        await until(lambda: pair.new.texts("portal") == ["one"])
        pair.old.happens(Edited(chat=chat, sender=MAYA, message=id, text="one, edited", sent_at=1))
        pair.old.happens(
            Reacted(chat=chat, sender=MAYA, message=id, emojis=("👍",), change=Reacted.Change.ADDED, id="r")
        )
        pair.owner("status", "control", id="command")
        await until(lambda: len(pair.notices()) > 1)
        pair.new.seats[0].change(State.INTERRUPTED)
        pair.maya("two")
        await settled()
        _fill(relay)
    return id


def _fill(relay: Relay) -> None:
    """What does not come about by talking alone."""
    store, sam = relay.store, Person(id="sam", name="Sam")
    chat = Chat(id="sam", title="Sam", person="sam")
    held = next(event for event in relay.bridges["old"].town.news)  # type: ignore[attr-defined]  # a town's bridge
    wish = Wish(chat=chat, source=SAM, target="new", person=sam)
    store.take(
        "old", None, [Ask(place=SAM, person=sam, text="hi"), wish, Hold(source=SAM, target="new", event=held)], START
    )
    store.stop("maya", Place(bridge="new", chat="portal"), "paused", START)
    store.portals.close(Place(bridge="old", chat="kim"))
    store.acquaintance.expect("inv", SAM)
    store.acquaintance.dress("new", "chat portal", "Maya", None)
    store.portals.arrive(Place(bridge="old", chat="kim"), Place(bridge="new", chat="kim"), START)
    store.overhear("old", held)
    store.database.write("INSERT INTO rests VALUES ('old', 'elsewhere', 'paused', 0)")
    store.database.write("INSERT INTO again VALUES ('new')")
    store.database.commit()


def tables(con: sqlite3.Connection) -> dict[str, list[str]]:
    """Each table with its columns."""
    names = con.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'").fetchall()
    return {name: [row[1] for row in con.execute(f"PRAGMA table_info({name})")] for (name,) in names}


def as_of(version: int, path: Path) -> None:
    """The same store as that version would have written it."""
    new = path.with_name("new.db")
    path.rename(new)
    con = sqlite3.connect(path, isolation_level=None)
    migrations.bring_up_to_date(con, STEPS[:version])
    con.execute("ATTACH ? AS new", (str(new),))
    for name, columns in tables(con).items():
        row = ", ".join(columns)
        assert con.execute(f"INSERT INTO main.{name} ({row}) SELECT {row} FROM new.{name}").rowcount > 0, name
    con.close()
    new.unlink()


@pytest.mark.parametrize("version", range(1, len(STEPS) + 1))
def test_a_store_of_every_version_goes_on_with_all_that_is_in_it(tmp_path: Path, version: int) -> None:
    async def body() -> None:
        pair = Pair(tmp_path)
        id = await lived_in(pair)
        as_of(version, tmp_path / NAME)
        chat = pair.old.chats["maya"]
        async with pair.world.running():
            await until(lambda: pair.new.texts("portal") == ["one", "two"])
            pair.old.happens(Edited(chat=chat, sender=MAYA, message=id, text="one, edited again", sent_at=2))
            pair.old.happens(Deleted(chat=chat, sender=MAYA, message=id))
            pair.maya("three")
            await until(lambda: pair.new.texts("portal") == ["one", "two", "three"])
            await pair.world.clock.turn(20)
        edits = [act.text for _, act in pair.new.acts if isinstance(act, Edit)]
        assert edits[0] == "one, edited"
        assert len(pair.new.actions(Delete)) == 1

    run(body)


def test_a_store_of_a_version_to_come_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, {})
    store.close()
    con = sqlite3.connect(tmp_path / NAME)
    con.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    con.close()
    before = (tmp_path / NAME).read_bytes()
    for lock in (True, False):
        with pytest.raises(NewerStore) as caught:
            Database(tmp_path / NAME, lock=lock)
        assert "Install" in caught.value.hint
    assert (tmp_path / NAME).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, "relay.lock"], "and nothing holds it open"
