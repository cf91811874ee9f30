"""Who came is known by their invitation or their code, and linked to the contact they were."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from bridges.actions import Accept, AnyAction, Post, Sent
from bridges.api import Can, Desk, NotNow
from bridges.events import Asked, Chat, ChatKind, Failed, Joined, Person, Posted, Receipt
from migrate.announce.arrivals import Arrivals
from migrate.announce.campaign import Invited, Step
from migrate.announce.codes import written
from migrate.announce.journal import Journal
from migrate.announce.standing import standing
from migrate.announce.statuspage import status_page
from tests.announce.people import NOW, addressed, campaign, id_of, person
from tests.announce.street import GardenBridge, street

PEOPLE = 30
SEVENTEEN = id_of(17)
CHAT = Chat(id="room", title="Somebody", person="new@garden.example")
SOMEBODY = Person(id="new@garden.example", name="Somebody")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Thirty people who were told over the street, each with an invitation into the garden."""
    journal = Journal(tmp_path)
    people = [person(number) for number in range(PEOPLE)]
    journal.plan(campaign(), addressed(people), NOW, os.urandom)
    for number, notice in enumerate(list(journal.notices())):
        invited = Invited(bridge="garden", label="Garden", link=f"street:gate-{number}")
        journal.keep_invitation(notice.id, f"i{number}", invited, NOW)
        stored = journal.store(notice, [Post(key=f"k{number}", text="Hi")])
        journal.note_sent(stored, 0, Sent(ids=(f"m{number}",), also=(f"a{number}",)), "street", NOW)
    return journal


@pytest.fixture
def arrivals(journal: Journal) -> Arrivals:
    return Arrivals(journal, lambda: NOW + 5)


def code_of(journal: Journal, number: int) -> str:
    return written(next(one.code for one in journal.notices() if one.id == id_of(number)))


def step_of(journal: Journal, number: int) -> Step:
    return next(one.step for one in journal.notices() if one.id == id_of(number))


def said(text: str, *, own: bool = False, kind: ChatKind = ChatKind.DIRECT, cursor: str | None = None) -> Posted:
    chat = Chat(id="room", title="Somebody", kind=kind)
    return Posted(chat=chat, sender=SOMEBODY, id="x", sent_at=NOW, text=text, own=own, cursor=cursor)


def test_number_17_comes_by_invitation(journal: Journal, arrivals: Arrivals) -> None:
    arrival = arrivals.take("garden", Joined(chat=CHAT, person=SOMEBODY, invitation="i17", cursor="c1"))
    assert arrival is not None
    assert (arrival.id, arrival.name, arrival.person, arrival.how) == (
        SEVENTEEN,
        "Contact 17",
        SOMEBODY.id,
        "invitation",
    )
    assert step_of(journal, 17) is Step.ARRIVED
    assert standing(journal.notices()).arrived == 1
    assert arrivals.cursor("garden") == "c1"


def test_number_17_comes_by_code(journal: Journal, arrivals: Arrivals) -> None:
    arrival = arrivals.take("matrix", said(f"Hello! {code_of(journal, 17).lower()}", cursor="c2"))
    assert arrival is not None
    assert (arrival.id, arrival.bridge, arrival.how) == (SEVENTEEN, "matrix", "code")
    assert step_of(journal, 17) is Step.ARRIVED


def test_a_stranger_who_asks_with_a_code_is_no_stranger(journal: Journal, arrivals: Arrivals) -> None:
    arrival = arrivals.take("simplex", Asked(chat=CHAT, person=SOMEBODY, text=code_of(journal, 17)))
    assert arrival is not None
    assert arrival.asked
    assert arrival.id == SEVENTEEN


def test_whoever_comes_twice_is_news_once_and_may_come_to_two_networks(journal: Journal, arrivals: Arrivals) -> None:
    event = Joined(chat=CHAT, person=SOMEBODY, invitation="i17")
    assert arrivals.take("garden", event) is not None
    assert arrivals.take("garden", event) is None
    assert arrivals.take("garden", said(code_of(journal, 17))) is None
    assert arrivals.take("matrix", said(code_of(journal, 17))) is not None
    assert [(one.id, one.bridge) for one in arrivals.arrivals()] == [(SEVENTEEN, "garden"), (SEVENTEEN, "matrix")]
    assert standing(journal.notices()).arrived == 1


def test_whoever_comes_later_with_the_same_code_takes_nobodys_place(journal: Journal, arrivals: Arrivals) -> None:
    code = code_of(journal, 17)
    assert arrivals.take("matrix", said(code)) is not None
    other = Chat(id="another room", title="Over their shoulder")
    late = Arrivals(journal, lambda: NOW + 6)
    assert late.take("matrix", replace(said(code), chat=other, sender=Person(id="else"))) is not None
    assert [one.person for one in arrivals.arrivals()] == [SOMEBODY.id, "else"]
    assert arrivals.chats("matrix") == {SEVENTEEN: "room"}
    assert arrivals.chats("garden") == {}


def test_a_code_that_comes_back_where_it_was_sent_is_a_quotation(journal: Journal, arrivals: Arrivals) -> None:
    assert arrivals.take("street", said(f"> {code_of(journal, 17)}\nreally you?")) is None
    assert step_of(journal, 17) is Step.SENT


def test_what_nobody_was_given_lets_nobody_in(journal: Journal, arrivals: Arrivals) -> None:
    for event in (
        Joined(chat=CHAT, person=SOMEBODY, invitation="i99"),
        Joined(chat=CHAT, person=SOMEBODY),
        said("decamp 2222-2222"),
        said(code_of(journal, 17), own=True),
        said(code_of(journal, 17), kind=ChatKind.SELF),
    ):
        assert arrivals.take("garden", event) is None
    assert arrivals.take("matrix", Joined(chat=CHAT, person=SOMEBODY, invitation="i17")) is None
    assert standing(journal.notices()).arrived == 0


def test_receipts_say_what_was_delivered_and_read(journal: Journal, arrivals: Arrivals) -> None:
    at = Chat(id=SEVENTEEN, title="17")
    for messages, read in ((("a17",), False), (("m17",), True), (("a17",), False)):
        arrivals.take("street", Receipt(chat=at, sender=SOMEBODY, messages=messages, read=read))
    arrivals.take("street", Receipt(chat=at, sender=SOMEBODY, messages=("m3",), read=True))
    arrivals.take("street", Receipt(chat=at, sender=SOMEBODY, messages=("m17",), read=True, own=True))
    now = standing(journal.notices())
    assert (now.told, now.delivered, now.read) == (PEOPLE, 1, 1)
    assert step_of(journal, 17) is Step.READ


def test_a_message_that_did_not_get_through_after_all_is_told(journal: Journal, arrivals: Arrivals) -> None:
    arrivals.take("street", Failed(chat=Chat(id=SEVENTEEN, title="17"), message="m17", reason="Nobody lives there."))
    failed = next(one for one in journal.notices() if one.id == SEVENTEEN)
    assert (failed.step, failed.reason) == (Step.FAILED, "Nobody lives there.")


def test_an_event_and_its_cursor_are_kept_together_or_not_at_all(
    journal: Journal, arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Arrivals, "_advance", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        arrivals.take("garden", Joined(chat=CHAT, person=SOMEBODY, invitation="i17", cursor="c1"))
    assert arrivals.cursor("garden") is None
    assert list(arrivals.arrivals()) == []


# -- greeting ----------------------------------------------------------------------------------------


def greeted(arrivals: Arrivals, home: Path, bridge: GardenBridge, times: int = 1) -> list[tuple[str, str]]:
    async def greet() -> None:
        settings = {"place": str(home / "garden.sqlite"), "faults": "0"}
        await bridge.start(Desk(settings=settings, folder=home, now=lambda: NOW, random=random.Random(1),
                                random_bytes=os.urandom))  # fmt: skip
        for _ in range(times):
            await arrivals.greet(bridge, os.urandom)
        await bridge.stop()

    asyncio.run(greet())
    db = street(home / "garden.sqlite")
    rows: list[tuple[str, str]] = db.execute("SELECT box, text FROM shown").fetchall()
    db.close()
    return rows


def test_whoever_has_come_is_greeted_once_by_their_own_name(arrivals: Arrivals, tmp_path: Path) -> None:
    arrivals.take("garden", Joined(chat=CHAT, person=SOMEBODY, invitation="i17"))
    ((chat, text),) = greeted(arrivals, tmp_path, GardenBridge(), times=3)
    assert chat == "room"
    assert text.startswith("Hi Contact 17, how good to see you here! It's me, Robin.")
    assert greeted(arrivals, tmp_path, GardenBridge()) == [(chat, text)]


def test_a_greeting_that_does_not_get_through_is_tried_again_under_its_key(arrivals: Arrivals, tmp_path: Path) -> None:
    class Busy(GardenBridge):
        keys: list[str] = []  # noqa: RUF012

        async def act(self, chat: str, action: AnyAction) -> Sent:
            self.keys.append(action.key)
            if len(self.keys) < 3:
                raise NotNow("Not now.")
            return await super().act(chat, action)

    arrivals.take("garden", Joined(chat=CHAT, person=SOMEBODY, invitation="i17"))
    assert len(greeted(arrivals, tmp_path, Busy(), times=4)) == 1
    assert len(Busy.keys) == 3
    assert len(set(Busy.keys)) == 1


def test_whoever_waits_to_be_let_in_is_let_in_first(journal: Journal, arrivals: Arrivals, tmp_path: Path) -> None:
    class Gate(GardenBridge):
        about = replace(GardenBridge.about, can=GardenBridge.about.can | {Can.REQUESTS})
        did: list[AnyAction] = []  # noqa: RUF012

        async def act(self, chat: str, action: AnyAction) -> Sent:
            self.did.append(action)
            return Sent()

    arrivals.take("garden", Asked(chat=CHAT, person=SOMEBODY, text=code_of(journal, 17)))
    greeted(arrivals, tmp_path, Gate(), times=2)
    assert [type(action) for action in Gate.did] == [Accept, Post]


# -- the page ----------------------------------------------------------------------------------------


def test_the_page_shows_who_knows_and_lets_no_name_do_harm(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>\u202e{body}{script}{policy}"
    journal = Journal(tmp_path)
    journal.plan(campaign(), addressed([person(1, name=name), person(2)]), NOW, os.urandom)
    journal.fail(next(iter(journal.notices())), "<img src=x>", "Do & act")
    notices = list(journal.notices())
    page = status_page(standing(notices), notices, [], str)
    assert "0 of 2 told" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;img src=x&gt;" in page
    assert "\u202e" not in page
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
