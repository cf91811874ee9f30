"""Sending: at a pace, again when a network is busy, never again when it refuses, and to an end when told so."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from bridges.actions import AnyAction, Sent
from bridges.api import Desk, NotNow, Refused
from bridges.events import Person
from bridges.state import State
from migrate.announce.campaign import Addressee, Campaign, Notice, Step
from migrate.announce.journal import Journal
from migrate.announce.sending import PATIENCE, TRIES, ChannelGone, Outside, Pace, Sender, Tally
from tests.announce.people import NOW, campaign, id_of, person, signature
from tests.announce.street import ForgetfulBridge, GardenBridge, StreetBridge, street


class Clock:
    """A clock that moves when somebody sleeps, and remembers for how long."""

    def __init__(self) -> None:
        self.time, self.slept = NOW, 0.0

    def now(self) -> int:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.time += round(seconds * 1000)


class Post:
    """One announcement about to be sent, with everything that can be made to go wrong."""

    def __init__(self, home: Path) -> None:
        self.home, self.clock = home, Clock()
        self.journal = Journal(home)
        self.bridge, self.garden = StreetBridge(), GardenBridge()
        self.told: list[Notice] = []

    def plan(self, *people: Addressee, content: Campaign | None = None) -> None:
        number = self.journal.plan(content or campaign(), people, NOW, os.urandom)
        self.journal.keep_serial(number, 1)

    def send(self, pace: Pace | None = None, told: Callable[[Notice], None] | None = None) -> Tally:
        return asyncio.run(self._send(pace or Pace(0), told or self.told.append))

    async def _send(self, pace: Pace, told: Callable[[Notice], None]) -> Tally:
        for one, name in ((self.bridge, "street"), (self.garden, "garden")):
            settings = {"place": str(self.home / f"{name}.sqlite"), "faults": "0"}
            await one.start(Desk(settings=settings, folder=self.home, now=self.clock.now, random=random.Random(1),
                                 random_bytes=os.urandom))  # fmt: skip
        outside = Outside(self.clock.now, random.Random(1), os.urandom, self.clock.sleep, pace)
        try:
            return await Sender(self.journal, self.bridge, {"garden": self.garden}, signature, outside).run(told)
        finally:
            await self.bridge.stop()
            await self.garden.stop()

    def shown(self) -> list[str]:
        db = street(self.home / "street.sqlite")
        rows = db.execute("SELECT box FROM shown ORDER BY number").fetchall()
        db.close()
        return [box for (box,) in rows]

    def step(self, number: int) -> Step:
        return next(one.step for one in self.journal.notices() if one.id == id_of(number))


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(tmp_path)


def to(number: int, **said: object) -> Addressee:
    return Addressee(who=person(number, **said), language="en")


def test_each_is_told_once_in_the_order_of_the_plan(post: Post) -> None:
    post.plan(*map(to, (3, 1, 2)))
    assert post.send() == Tally(sent=3)
    assert post.shown() == [id_of(3), id_of(1), id_of(2)]
    assert post.send() == Tally()
    assert len(post.shown()) == 3


def test_a_few_a_minute_with_a_rest_now_and_then(post: Post) -> None:
    post.plan(*map(to, range(10)))
    pace = Pace(per_minute=6, rest_after=4, rest_seconds=300)
    post.send(pace)
    assert 0.5 * pace.seconds(9) <= post.clock.slept <= 1.5 * pace.seconds(10)
    assert post.clock.slept >= 2 * 300 * 0.5
    assert Pace(0).seconds(300) == 0


def test_a_network_that_is_busy_is_asked_again_under_the_same_key(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[str] = []

    async def busy(bridge: StreetBridge, chat: str, action: AnyAction) -> Sent:
        keys.append(action.key)
        if len(keys) < 4:
            raise NotNow("Slow down.", after=7.0)
        return await act(bridge, chat, action)

    act = StreetBridge.act
    monkeypatch.setattr(StreetBridge, "act", busy)
    post.plan(to(1))
    assert post.send() == Tally(sent=1)
    assert len(keys) == 4
    assert len(set(keys)) == 1
    assert post.clock.slept >= 3 * 7


def test_a_network_that_stays_busy_is_left_in_peace_and_the_others_are_told(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def busy(bridge: StreetBridge, chat: str, action: AnyAction) -> Sent:
        asked.append(chat)
        if chat == id_of(1):
            raise NotNow("Box full.")
        return await act(bridge, chat, action)

    act = StreetBridge.act
    monkeypatch.setattr(StreetBridge, "act", busy)
    post.plan(*map(to, (1, 2, 3)))
    assert post.send() == Tally(sent=2, failed=1)
    assert asked.count(id_of(1)) == TRIES
    failed = next(one for one in post.journal.notices() if one.id == id_of(1))
    assert (failed.step, failed.reason) == (Step.FAILED, "Box full.")
    assert "retry" in (failed.todo or "")


def test_whoever_is_refused_is_named_and_asked_about_no_more(post: Post) -> None:
    post.plan(Addressee(who=person(1, chat="refused"), language="en"), to(2))
    assert post.send() == Tally(sent=1, failed=1)
    assert post.send() == Tally()
    assert post.step(1) is Step.FAILED
    post.journal.put_back(next(one for one in post.journal.notices() if one.id == id_of(1)))
    assert post.send() == Tally(failed=1)


def test_a_network_that_is_gone_costs_nobody_their_tries(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(bridge: StreetBridge, chat: str, action: AnyAction) -> Sent:
        assert bridge._feed is not None
        bridge._feed.change(State.INTERRUPTED, "The cable is out.")
        raise NotNow("The cable is out.")

    act = StreetBridge.act
    monkeypatch.setattr(StreetBridge, "act", gone)
    post.plan(*map(to, range(5)))
    with pytest.raises(ChannelGone, match="cable"):
        post.send()
    assert post.clock.slept >= PATIENCE
    assert {one.tries for one in post.journal.notices()} == {0}
    monkeypatch.setattr(StreetBridge, "act", act)
    assert post.send() == Tally(sent=5)


def test_a_network_that_comes_back_is_waited_for(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def away_at_first(bridge: StreetBridge, chat: str, action: AnyAction) -> Sent:
        asked.append(chat)
        if len(asked) > 1:
            return await act(bridge, chat, action)
        assert bridge._feed is not None
        bridge._feed.change(State.INTERRUPTED, "The cable is out.")
        raise NotNow("The cable is out.")

    async def sleep(seconds: float) -> None:
        await asleep(seconds)
        if post.clock.slept > 60 and post.bridge._feed:
            post.bridge._feed.change(State.CONNECTED)

    act, asleep = StreetBridge.act, post.clock.sleep
    monkeypatch.setattr(post.clock, "sleep", sleep)
    monkeypatch.setattr(StreetBridge, "act", away_at_first)
    post.plan(to(1), to(2))
    assert post.send() == Tally(sent=2)
    assert asked == [id_of(1), id_of(1), id_of(2)]


def test_a_login_that_is_refused_ends_it_at_once_with_what_to_do(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    async def locked(bridge: StreetBridge, chat: str, action: AnyAction) -> Sent:
        assert bridge._feed is not None
        bridge._feed.change(State.BAD_CREDENTIALS, "The password is wrong.", "Set it up again.")
        raise NotNow("Not connected.")

    monkeypatch.setattr(StreetBridge, "act", locked)
    post.plan(to(1), to(2))
    with pytest.raises(ChannelGone, match="password is wrong") as raised:
        post.send()
    assert raised.value.hint == "Set it up again."
    assert post.clock.slept == 0


def test_somebody_says_stop_and_the_next_run_goes_on(post: Post) -> None:
    post.plan(*map(to, range(6)))

    def told(notice: Notice) -> None:
        post.told.append(notice)
        if len(post.told) == 2:
            post.journal.ask_to_stop(NOW)

    assert post.send(Pace(per_minute=1), told) == Tally(sent=2, stopped=True)
    assert len(post.shown()) == 2
    post.journal.go_on()
    assert post.send() == Tally(sent=4)


def test_an_invitation_is_made_once_and_kept_before_it_is_used(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuses(bridge: StreetBridge, chat: str, action: AnyAction) -> Sent:
        raise Refused("No.")

    act = StreetBridge.act
    monkeypatch.setattr(StreetBridge, "act", refuses)
    post.plan(to(1), content=campaign(inviting=("garden",)))
    assert post.send().failed == 1
    monkeypatch.setattr(StreetBridge, "act", act)
    post.journal.put_back(next(iter(post.journal.notices())))
    assert post.send().sent == 1
    post.plan(to(1), content=campaign(inviting=("garden",)))
    assert post.send().sent == 1
    garden = street(post.home / "garden.sqlite")
    assert garden.execute("SELECT contact FROM invitations").fetchall() == [(id_of(1),)]
    garden.close()


def test_a_network_that_makes_no_invitation_for_somebody_costs_them_only_that(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(bridge: GardenBridge, contact: Person) -> None:
        raise Refused("The garden is full.")

    monkeypatch.setattr(GardenBridge, "invite", refuses)
    post.plan(to(1), content=campaign(inviting=("garden",)))
    assert post.send() == Tally(sent=1)


def test_a_group_gets_one_notice_without_an_invitation(post: Post) -> None:
    group = Addressee(who=person(9, chat="group hikers"), language="en", place=True)
    post.plan(to(1), group, content=campaign(inviting=("garden",)))
    assert post.send() == Tally(sent=2)
    assert post.shown() == [id_of(1), "group hikers"]
    garden = street(post.home / "garden.sqlite")
    assert garden.execute("SELECT count(*) FROM invitations").fetchone() == (1,)
    garden.close()


def test_on_a_network_without_a_memory_what_was_under_way_is_not_sent_again_unasked(post: Post) -> None:
    post.bridge = ForgetfulBridge()
    post.plan(to(1), content=campaign("forgetful"))
    from bridges.actions import Post as Action

    notice = post.journal.store(next(iter(post.journal.notices())), [Action(key="k", text="Hi")])
    post.journal.begin(notice, 0)
    assert post.send() == Tally(failed=1)
    assert post.shown() == []
    failed = next(iter(post.journal.notices()))
    assert failed.unsure
    post.journal.put_back(failed)
    assert post.send() == Tally(sent=1)


def test_a_notice_whose_statement_cannot_be_signed_stops_nobody_elses(post: Post) -> None:
    from msgspec.structs import replace

    post.plan(to(1), to(2), content=replace(campaign(), notes=("two  blanks",)))
    assert post.send() == Tally(failed=2)
    assert all("blank" in (one.reason or "") for one in post.journal.notices())
