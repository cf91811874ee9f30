"""Anybody can be as many people as they like: what is known of strangers is bounded, and friends come first."""

from __future__ import annotations

import pytest

from migrate.account import cursors as of_cursors
from migrate.account import standing as of_standing
from migrate.account.cursors import Cursors, Timer
from migrate.account.standing import Standing
from migrate.session.content import Profile
from tests.account.people import ALICE

MOST = 3


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_cursors, "MOST_STRANGERS", MOST)
    monkeypatch.setattr(of_standing, "MOST_STRANGERS", MOST)


def test_of_many_strangers_those_who_wrote_last_are_remembered() -> None:
    cursors = Cursors()
    cursors.wrote_first = {f"05{number}": number for number in (5, 1, 4, 2, 3)}
    cursors.forget_old(10)
    assert sorted(cursors.wrote_first.values()) == [3, 4, 5]


def test_the_timer_that_a_friend_set_outlives_those_of_many_strangers() -> None:
    cursors = Cursors()
    cursors.accepted["05friend"] = 1
    cursors.timers = {id: Timer(expires=None, since=since) for id, since in (("05friend", 1), ("05a", 7), ("05b", 8))}
    cursors.timers |= {f"05c{number}": Timer(expires=None, since=9) for number in range(5)}
    cursors.forget_old(10)
    assert len(cursors.timers) == MOST
    assert "05friend" in cursors.timers


def test_who_is_heard_again_after_many_others_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    standing = Standing(ALICE, Cursors())
    monkeypatch.setattr(standing, "contact", lambda _id: None)
    for number in range(MOST + 1):
        assert standing.is_news(f"05{number}", Profile(name="Noor"))
    assert len(standing._profiles) == MOST
    assert standing.is_news("050", Profile(name="Noor"))
    assert not standing.is_news("053", Profile(name="Noor"))
