"""The journal: what it knows stays known, and nothing goes a way that there is not."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from bridges.actions import Post, Sent
from migrate.announce.campaign import LEGAL, Addressee, Campaign, Notice, Step
from migrate.announce.journal import UNDER_WAY, BrokenJournal, IllegalStep, Journal, Unfinished
from tests.announce.people import NOW, addressed, campaign, id_of, person


def plan(journal: Journal, *numbers: int, content: Campaign | None = None) -> int:
    return journal.plan(content or campaign(), addressed([person(n) for n in numbers]), NOW, os.urandom)


def notice_of(journal: Journal, number: int) -> Notice:
    return next(one for one in journal.notices() if one.id == id_of(number))


def tell(journal: Journal, number: int) -> None:
    notice = journal.store(notice_of(journal, number), [Post(key=f"k{number}", text="Hi")])
    journal.note_sent(notice, 0, Sent(ids=(f"m{number}",)), "street", NOW)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    with Journal(tmp_path / "home") as journal:
        plan(journal, 1)
        assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700


def test_a_notice_is_stored_word_for_word_before_it_is_sent(tmp_path: Path) -> None:
    post = Post(key="k", text="Hi – 👋")
    with Journal(tmp_path) as journal:
        plan(journal, 1)
        journal.store(notice_of(journal, 1), [post, Post(key="l", text="more")])
    with Journal(tmp_path) as journal:
        notice = notice_of(journal, 1)
        assert notice.step is Step.STORED
        assert [(number, one.key, begun) for number, one, begun in journal.unsent(notice)] == [
            (0, "k", False), (1, "l", False),
        ]  # fmt: skip
        assert journal.unsent(notice)[0][1] == post
        journal.note_sent(notice, 0, Sent(ids=("m",)), "street", NOW)
        assert notice_of(journal, 1).step is Step.STORED
        journal.note_sent(notice, 1, Sent(ids=("n",)), "street", NOW)
        assert notice_of(journal, 1).step is Step.SENT


def test_there_is_no_way_back_from_having_been_told(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        plan(journal, 1)
        tell(journal, 1)
        for broken in (journal.put_back, lambda one: journal.store(one, [])):
            with pytest.raises(IllegalStep):
                broken(notice_of(journal, 1))
        assert notice_of(journal, 1).step is Step.SENT


def test_every_step_has_its_ways_and_what_was_reached_is_the_end() -> None:
    assert set(LEGAL) == set(Step)
    assert LEGAL[Step.ARRIVED] == frozenset()
    assert not any(Step.PLANNED in LEGAL[step] for step in Step if step.is_told)


def test_planning_anew_replaces_what_was_not_begun_and_keeps_what_was(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        plan(journal, 1, 2, 3)
        tell(journal, 1)
        journal.store(notice_of(journal, 2), [Post(key="k2", text="Hi")])
        assert journal.knowing() == {id_of(1): "told already", id_of(2): UNDER_WAY}
        second = plan(journal, 4)
        assert {one.id: one.step for one in journal.notices()} == {
            id_of(1): Step.SENT, id_of(2): Step.STORED, id_of(4): Step.PLANNED,
        }  # fmt: skip
        assert [one.id for one in journal.notices(second)] == [id_of(4)]
        assert journal.due(NOW) == notice_of(journal, 2), "what was begun comes first"


def test_whoever_failed_may_be_planned_again_unless_they_may_know_already(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        plan(journal, 1, 2, 3)
        journal.fail(notice_of(journal, 1), "gone", "nothing")
        journal.fail(notice_of(journal, 2), "who knows", "look", unsure=True)
        notice = journal.store(notice_of(journal, 3), [Post(key="a", text="1"), Post(key="b", text="2")])
        journal.note_sent(notice, 0, Sent(ids=("m",)), "street", NOW)
        journal.fail(notice, "the second was refused", "nothing")
        assert journal.knowing() == {id_of(2): "may know already", id_of(3): "may know already"}
        journal.put_back(notice_of(journal, 3))
        assert [post.key for _, post, _ in journal.unsent(notice_of(journal, 3))] == ["b"]


def test_a_code_stays_that_of_its_contact(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        plan(journal, 1, 2)
        before = notice_of(journal, 1).code
        tell(journal, 1)
        plan(journal, 1, 2)
        assert notice_of(journal, 1).code == before != notice_of(journal, 2).code


def test_what_was_begun_over_one_network_is_not_left_lying_for_another(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        plan(journal, 1)
        journal.store(notice_of(journal, 1), [Post(key="k", text="Hi")])
        with pytest.raises(Unfinished):
            plan(journal, 2, content=campaign("forgetful"))
        plan(journal, 2)


def test_a_wish_to_stop_is_heard_by_another_program(tmp_path: Path) -> None:
    with Journal(tmp_path) as one, Journal(tmp_path) as other:
        assert not one.is_to_stop()
        other.ask_to_stop(NOW)
        assert one.is_to_stop()
        one.go_on()
        assert not other.is_to_stop()


def test_a_journal_of_a_newer_decamp_or_a_broken_one_is_left_alone(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.db.execute("PRAGMA user_version = 99")
    with pytest.raises(BrokenJournal, match="newer"):
        Journal(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "announce.db").write_bytes(b"no database" * 1000)
    with pytest.raises(BrokenJournal) as raised:
        Journal(tmp_path / "other")
    assert "Do not delete it" in raised.value.hint


def test_hostile_names_come_back_as_they_were(tmp_path: Path) -> None:
    for number, name in enumerate(["👍", "🇪🇺", "x" * 10_000, "", "\u202eevil", "a/b@c", "'; DROP TABLE notices; --"]):
        with Journal(tmp_path / str(number)) as journal:
            journal.plan(campaign(), [Addressee(who=person(1, name=name), language="en")], NOW, os.urandom)
            assert notice_of(journal, 1).to.who.name == name


def test_a_plan_that_breaks_off_leaves_the_old_one(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        plan(journal, 1)
        with pytest.raises(sqlite3.IntegrityError):
            plan(journal, 2, 2)
        assert [one.id for one in journal.notices()] == [id_of(1)]
