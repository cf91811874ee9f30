"""The store keeps order, counts things once, lets in one relay alone, and grows with its versions."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bridges.api import About, Person, Post, Posted, Sent
from bridges.relay import migrations
from bridges.relay.database import BadStore, RelayBusy
from bridges.relay.engine import follow
from bridges.relay.files import Spool
from bridges.relay.intents import Say
from bridges.relay.migrations import NewerStore
from bridges.relay.model import Author, Link, Options, Place, Side
from bridges.relay.orders import Queue, Remember
from bridges.relay.sqlite import NAME, SqliteStore
from migrate.errors import NoSpace
from migrate.model import Network
from tests.relay.town import Town

A, B, C = (Place(bridge=name, chat="room") for name in "abc")
MAYA = Author(id="maya", name="Maya")
SIDES = {name: Side(name=name, about=About(name=name, title=name, network=Network.WEB, summary=".")) for name in "abc"}


def opened(folder: Path, *, lock: bool = True) -> SqliteStore:
    store = SqliteStore(folder, SIDES, lock=lock)
    if not store.portals.links:
        store.portals.add(Link(name="l", ends=(A, B, C), options=Options(most=0)))
    return store


def hear(store: SqliteStore, id: str, text: str, cursor: str | None = None) -> None:
    chat = Town("x").chat("room")
    event = Posted(chat=chat, sender=Person(id="maya", name="Maya"), id=id, sent_at=1, text=text, cursor=cursor)
    store.take("a", cursor, list(follow(event, "a", store)), 1)


def texts(store: SqliteStore, place: Place) -> list[str]:
    return [entry.intent.text for entry in store.waiting(place, 99) if isinstance(entry.intent, Say)]


def test_an_event_is_kept_with_its_cursor_or_not_at_all(tmp_path: Path) -> None:
    store = opened(tmp_path)
    hear(store, "1", "one", "c1")
    store.database.commit()
    hear(store, "2", "two", "c2")
    store.database.con.execute("ROLLBACK")  # what a crash does
    store.database.con.close()
    store.database._release()
    again = opened(tmp_path)
    assert (again.cursor("a"), texts(again, B)) == ("c1", ["one"])
    hear(again, "1", "one", "c1")
    hear(again, "2", "two", "c2")
    assert (again.cursor("a"), texts(again, B), texts(again, C)) == ("c2", ["one", "two"], ["one", "two"])
    again.close()


def test_the_key_is_the_same_for_every_attempt_and_another_for_every_store(tmp_path: Path) -> None:
    keys = []
    for folder in ("1", "1", "2"):
        store = opened(tmp_path / folder)
        hear(store, "1", "one")
        (entry, *_) = store.waiting(B, 9)
        store.begin(entry, [Post(key=f"{entry.key}-0", text="one")], 5)
        keys.append(entry.key)
        store.close()
    assert keys[0] == keys[1]
    assert keys[1] != keys[2]


def test_what_was_cut_off_is_doubtful_and_what_was_sent_is_gone(tmp_path: Path) -> None:
    store = opened(tmp_path)
    hear(store, "1", "one")
    hear(store, "2", "two")
    first, second = store.waiting(B, 9)
    steps = [Post(key="k-0", text="one"), Post(key="k-1", text="more")]
    store.begin(first, steps, 5)
    store.close()
    store = opened(tmp_path)
    first, second = store.waiting(B, 9)
    assert (first.doubts, second.doubts, first.steps) == (1, 0, tuple(steps))
    store.sent(first, 0, Sent(ids=("b1",)), 6)
    first, second = store.waiting(B, 9)
    assert (first.done, first.doubts) == (1, 0)
    store.sent(first, 1, Sent(ids=("b2",), also=("b2 too",)), 7)
    assert [entry.number for entry in store.waiting(B, 9)] == [second.number]
    told = store.told(A, "1")
    assert told is not None
    assert told == store.told(B, "b1") == store.told(B, "b2") == store.told(B, "b2 too")
    assert [copy.id for copy in store.copies(told.number, B)] == ["b1", "b2"]
    store.close()


def test_two_relays_cannot_run_with_one_store_but_anybody_may_look(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with pytest.raises(RelayBusy):
        opened(tmp_path)
    store.database.commit()
    opened(tmp_path, lock=False).close()
    store.close()
    opened(tmp_path).close()


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    store = opened(tmp_path / "relay")
    hear(store, "1", "one")
    store.database.commit()
    Spool(tmp_path / "relay" / "spool")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "relay").rglob("*")}
    assert stat.S_IMODE((tmp_path / "relay").stat().st_mode) == 0o700
    assert {mode & 0o077 for mode in modes.values()} == {0}, modes
    store.close()


def test_a_file_that_is_no_store_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"hello" * 1000)
    with pytest.raises(BadStore):
        opened(tmp_path)
    (tmp_path / NAME).unlink()
    opened(tmp_path).close()


def test_a_disk_that_is_full_at_the_first_start_is_said_and_nobody_is_told_to_move_the_store_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fills(con: sqlite3.Connection) -> None:
        con.execute("PRAGMA max_page_count = 4")
        con.execute("CREATE TABLE large (text TEXT)")
        con.execute("INSERT INTO large VALUES (zeroblob(100000))")

    with monkeypatch.context() as patch:
        patch.setattr(migrations.bring_up_to_date, "__defaults__", ((fills,),))
        with pytest.raises(NoSpace, match="The disk with"):
            opened(tmp_path)
    opened(tmp_path).close()


def test_a_store_into_which_somebody_else_writes_is_not_called_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridges.relay.database.PATIENCE", 0.0)
    opened(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
        other.execute("PRAGMA user_version = 0")  # so that there is something to write
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BadStore, match="Another decamp has been writing") as caught:
            opened(tmp_path)
    assert caught.value.hint == "Wait a moment, then try again."


def test_a_store_of_an_earlier_version_is_brought_up_to_date_once_or_not_at_all(tmp_path: Path) -> None:
    store = opened(tmp_path)
    hear(store, "1", "one", "c1")
    store.close()

    def second(con: sqlite3.Connection) -> None:
        con.execute("ALTER TABLE cursors ADD COLUMN seen INTEGER")

    def broken(con: sqlite3.Connection) -> None:
        con.execute("DROP TABLE outbox")
        raise OSError("the power is gone")

    con = sqlite3.connect(tmp_path / NAME, isolation_level=None)
    with pytest.raises(OSError, match="power"):
        migrations.bring_up_to_date(con, (*migrations.STEPS, broken))
    for _ in range(2):
        migrations.bring_up_to_date(con, (*migrations.STEPS, second))
    assert con.execute("SELECT bridge, cursor, seen FROM cursors").fetchall() == [("a", "c1", None)]
    assert con.execute("SELECT count(*) FROM outbox").fetchone() == (2,)
    con.close()
    with pytest.raises(NewerStore):
        opened(tmp_path)


def test_what_a_direction_that_stands_still_holds_back_goes_on_in_order(tmp_path: Path) -> None:
    store = opened(tmp_path)
    hear(store, "1", "one")
    store.stop("l", A, "a storm", 1)
    hear(store, "2", "two")
    assert texts(store, B) == []
    say = Say(author=MAYA, text="back", sent_at=1)
    remember = Remember(link="l", place=B, id="b1", author=MAYA, sent_at=1)
    store.take("b", None, [remember, Queue(place=A, source=B, link="l", intent=say)], 1)
    assert texts(store, A) == ["back"], "the other direction goes on"
    assert store.resume("l")
    hear(store, "3", "three")
    assert texts(store, B) == ["one", "two", "three"]
    store.close()


def test_old_messages_are_dropped_but_none_that_waits(tmp_path: Path) -> None:
    store = opened(tmp_path)
    hear(store, "1", "one")
    hear(store, "2", "two")
    for entry in [*store.waiting(B, 1), *store.waiting(C, 1)]:
        store.drop(entry, "for the test")
    assert store.ledger.prune(10**18, [], 100, but=True) == 1
    assert (store.told(A, "1"), texts(store, B)) == (None, ["two"])
    store.close()
