"""Sending that is killed, at any moment and as often as you like, tells each contact once."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from collections import Counter
from functools import partial
from pathlib import Path

from bridges.api import Bridge, Desk
from migrate.announce.campaign import Step
from migrate.announce.journal import Journal
from migrate.announce.sending import Outside, Pace, Sender
from migrate.cards.statement import read
from tests.announce.people import ME, NOW, addressed, campaign, id_of, person, signature
from tests.announce.street import ForgetfulBridge, GardenBridge, StreetBridge, street
from tests.lives import lives

PEOPLE, KILLS = 300, 30
BEGAN = time.time_ns()
FAULTS = "3"


def desk(place: Path, folder: Path) -> Desk:
    settings = {"place": str(place), "faults": FAULTS}
    return Desk(settings=settings, folder=folder, now=moment, random=random.Random(), random_bytes=os.urandom)


def moment() -> int:
    """A clock on which pauses pass quickly; children have the same."""
    return NOW + (time.time_ns() - BEGAN) // 1_000


async def send(home: Path, bridge: Bridge, garden: Bridge | None, most: int) -> None:
    told = itertools.count(1)

    def waits_for_its_end(_notice: object) -> None:
        if next(told) == most:
            time.sleep(60)

    await bridge.start(desk(home / "street.sqlite", home))
    if garden:
        await garden.start(desk(home / "garden.sqlite", home))
    inviting = {"garden": garden} if garden else {}
    outside = Outside(moment, random.Random(), os.urandom, lambda seconds: asyncio.sleep(seconds / 1000), Pace(0))
    with Journal(home) as journal:
        tally = await Sender(journal, bridge, inviting, signature, outside).run(waits_for_its_end)
    assert not tally.stopped


def planned(home: Path, via: str, inviting: tuple[str, ...] = ()) -> None:
    with Journal(home) as journal:
        number = journal.plan(
            campaign(via, inviting), addressed([person(n) for n in range(PEOPLE)]), moment(), os.urandom
        )
        journal.keep_serial(number, 1)


def killed_again_and_again(home: Path, bridge: type[Bridge], garden: type[Bridge] | None) -> None:
    """However fast the machine is, nobody is through before the last kill."""

    def sending(most: int) -> None:
        asyncio.run(send(home, bridge(), garden() if garden else None, most))

    rng = random.Random(4)
    for _ in range(KILLS):
        assert not lives(partial(sending, PEOPLE // KILLS - 1), rng.uniform(0.005, 0.08))
    assert lives(partial(sending, PEOPLE + 1))


def shown(home: Path) -> list[tuple[str, str]]:
    db = street(home / "street.sqlite")
    rows: list[tuple[str, str]] = db.execute("SELECT box, text FROM shown ORDER BY number").fetchall()
    db.close()
    return rows


def test_300_contacts_get_one_notice_each_although_sending_is_killed_30_times(tmp_path: Path) -> None:
    planned(tmp_path, "street", ("garden",))
    killed_again_and_again(tmp_path, StreetBridge, GardenBridge)
    notices = shown(tmp_path)
    assert Counter(box for box, _ in notices) == {id_of(number): 1 for number in range(PEOPLE)}
    invitations = set()
    for box, text in notices:
        (signed,) = read(text)
        assert signed.why_not() is None
        assert (signed.statement.audience, signed.statement.session_id) == (box, ME.session_id)
        assert str(signed.statement.handles[0]) in text
        invitations.add(str(signed.statement.handles[0]))
    assert len(invitations) == PEOPLE, "each has an invitation of their own"
    with Journal(tmp_path) as journal:
        assert {notice.step for notice in journal.notices()} == {Step.SENT}


def test_a_network_that_shows_everything_twice_shows_no_notice_twice(tmp_path: Path) -> None:
    """Whoever may have it already, and may not, is named instead of told again."""
    planned(tmp_path, "forgetful")
    killed_again_and_again(tmp_path, ForgetfulBridge, None)
    told = Counter(box for box, _ in shown(tmp_path))
    assert set(told.values()) == {1}
    with Journal(tmp_path) as journal:
        notices = list(journal.notices())
    unsure = {notice.id for notice in notices if notice.unsure}
    assert {notice.id for notice in notices if notice.step is Step.SENT} | unsure == {id_of(n) for n in range(PEOPLE)}
    assert {id_of(n) for n in range(PEOPLE)} - set(told) <= unsure
    assert all("retry --only" in (notice.todo or "") for notice in notices if notice.unsure)
