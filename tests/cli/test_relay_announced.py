"""A contact who came by an announcement is moved over by the relay, whoever was listening when they came."""

from __future__ import annotations

import logging
import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from bridges.actions import Post, Sent
from bridges.events import AnyEvent, Chat, Joined, Person, Posted, Receipt
from bridges.relay.model import Link, Place, Side
from bridges.relay.orders import Arrive
from bridges.relay.sqlite import SqliteStore
from bridges.session.about import ABOUT as SESSION
from bridges.simplex.about import ABOUT as SIMPLEX
from migrate.announce.arrivals import Arrivals
from migrate.announce.campaign import Invited
from migrate.announce.codes import written
from migrate.announce.journal import Journal
from migrate.cli.relay_announced import Announced
from tests.announce.people import NOW, addressed, campaign, person
from tests.cli.conftest import Decamp, said
from tests.cli.relay_town import Running, Town, until

OWNER = "@owner"
CONTROL = Place(bridge="simplex", chat="control")
SIDES = {about.name: Side(name=about.name, about=about, owners=frozenset({OWNER})) for about in (SESSION, SIMPLEX)}
CHAT, SOMEBODY = Chat(id="@7", title="Somebody"), Person(id="@7", name="Somebody")
CARLA, NOOR = "05" + "ca" * 32, "05" + "aa" * 32


def journal(home: Path) -> None:
    """Two who were invited; Carla has come, and a stranger waits to be let in."""
    with Journal(home) as opened, opened.at_once():
        invitation = "INSERT INTO invitations VALUES (?, 'simplex', ?, x'00', 1, NULL)"
        opened.db.execute(invitation, [CARLA, "link-1"])
        opened.db.execute(invitation, [NOOR, "link-2"])
        arrival = (
            "INSERT INTO arrivals (id, bridge, person, called, chat, how, at, asked) VALUES (?, ?, ?, ?, ?, ?, 2, ?)"
        )
        opened.db.execute(arrival, [CARLA, "simplex", "@7", "Carla", "@7", "invitation", 0])
        opened.db.execute(arrival, [NOOR, "simplex", "@9", "Noor", "@9", "code", 1])
        opened.db.execute(arrival, [NOOR, "elsewhere", "@9", "Noor", "@9", "code", 0])


def posted(text: str, *, chat: str = CHAT.id, sender: str = SOMEBODY.id, own: bool = False) -> Posted:
    return Posted(chat=Chat(id=chat, title=""), sender=Person(id=sender), id="x", sent_at=NOW, text=text, own=own)


class Listening:
    """A relay's store in a folder, the journal beside it, and what the relay was told to move."""

    def __init__(self, home: Path) -> None:
        self.moved: list[Arrive] = []
        self.said: list[str] = []
        self.store = SqliteStore(home, SIDES, control=[CONTROL])
        log = logging.Logger("test")  # noqa: LOG001  of its own
        log.addHandler(self)  # type: ignore[arg-type]  # all that it needs
        self.announced = Announced(home, self.store, lambda: NOW, log)
        self.level = 0

    def handle(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())

    def arrived(self, arrive: Arrive) -> None:
        self.moved.append(arrive)
        contact = self.store.acquaintance.expected(arrive.invitation)
        assert contact is not None
        self.store.portals.arrive(contact, arrive.place, 3)

    def look(self, *, anew: bool = False) -> None:
        self.announced.look(self.arrived, anew=anew)

    def hear(self, bridge: str, event: AnyEvent) -> bool:
        """As the runner does it. Returns whether an announcement waits for this."""
        if wanted := self.announced.concerns(bridge, event):
            self.store.overhear(bridge, event)
        return wanted

    def close(self) -> None:
        self.announced.close()
        self.store.close()


def told(home: Path) -> tuple[str, str]:
    """Two people who were told over Session, Noor with a link of her own. Returns her code and the id of her notice."""
    with Journal(home) as opened:
        people = addressed([person(0), person(1)])
        opened.plan(campaign(via="session"), people, NOW, os.urandom)
        for number, notice in enumerate(list(opened.notices())):
            opened.keep_invitation(notice.id, f"link-{number}", Invited(bridge="simplex", label="S", link="s:"), NOW)
            stored = opened.store(notice, [Post(key=f"k{number}", text="Hi")])
            opened.note_sent(stored, 0, Sent(ids=(f"m{number}",)), "session", NOW)
        return written(list(opened.notices())[1].code), "m1"


def test_who_was_invited_is_expected_and_who_has_come_is_moved_once(tmp_path: Path) -> None:
    journal(tmp_path)
    with closing(Listening(tmp_path)) as relay:
        relay.look(anew=True)
        relay.look(anew=True)
        assert [(one.place, one.person.name) for one in relay.moved] == [(Place(bridge="simplex", chat="@7"), "Carla")]
        assert relay.store.acquaintance.expected("link-2") == Place(bridge="session", chat=NOOR)


def test_without_an_announcement_no_journal_is_made(tmp_path: Path) -> None:
    with closing(Listening(tmp_path)) as relay:
        relay.look(anew=True)
        assert not relay.hear("simplex", Joined(chat=CHAT, person=SOMEBODY, invitation="link-1"))
    assert [path.name for path in tmp_path.glob("announce*")] == []


def arrivals_in(home: Path) -> list[tuple[str, str, str]]:
    with Journal(home) as opened:
        return [(one.id, one.bridge, one.how) for one in Arrivals(opened, lambda: NOW).arrivals()]


def test_who_comes_while_the_relay_listens_is_in_the_journal_too(tmp_path: Path) -> None:
    code, notice = told(tmp_path)
    with closing(Listening(tmp_path)) as relay:
        relay.look(anew=True)
        assert relay.hear("simplex", Joined(chat=CHAT, person=SOMEBODY, invitation="link-0"))
        assert relay.hear("simplex", posted(f"It is me: {code}"))
        there = Chat(id=person(1).id, title="Noor", person=person(1).id)
        assert relay.hear("session", Receipt(chat=there, sender=SOMEBODY, messages=(notice,), read=True))
        relay.look()
        came = {(person(0).id, "simplex", "invitation"), (person(1).id, "simplex", "code")}
        assert set(arrivals_in(tmp_path)) == came
        assert [one.place.chat for one in relay.moved] == [CHAT.id, CHAT.id], "at once"
        with Journal(tmp_path) as opened:
            assert [one.read_at for one in opened.notices()] == [None, NOW]
            assert Arrivals(opened, lambda: NOW).cursor("simplex") is None, "it reads on where it was itself"


@pytest.mark.parametrize("cut", ["before the journal", "after the journal"])
def test_killed_in_between_they_are_there_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: str) -> None:
    told(tmp_path)
    relay = Listening(tmp_path)
    relay.look(anew=True)
    relay.hear("simplex", Joined(chat=CHAT, person=SOMEBODY, invitation="link-0"))
    relay.store.database.commit()
    if cut == "after the journal":
        monkeypatch.setattr(relay.store, "handed_over", lambda _: None)
        relay.look()
    monkeypatch.setattr(relay.store.database, "commit", lambda: None)  # as if it were killed
    relay.close()
    with closing(Listening(tmp_path)) as again:
        assert len(again.store.overheard()) == 1
        again.look()
        again.look()
        assert again.store.overheard() == []
    assert arrivals_in(tmp_path) == [(person(0).id, "simplex", "invitation")]


def test_a_journal_in_which_somebody_writes_is_waited_for_and_nothing_is_said(tmp_path: Path) -> None:
    told(tmp_path)
    with closing(Listening(tmp_path)) as relay:
        relay.look(anew=True)
        relay.hear("simplex", Joined(chat=CHAT, person=SOMEBODY, invitation="link-0"))
        with Journal(tmp_path) as sending:
            sending.db.execute("BEGIN IMMEDIATE")
            waited = []
            for _ in range(3):
                started = time.monotonic()
                relay.look()
                waited.append(time.monotonic() - started)
            assert min(waited) < 2
            sending.db.execute("ROLLBACK")
        assert arrivals_in(tmp_path) == []
        relay.look()
        assert relay.said == []
    assert arrivals_in(tmp_path) == [(person(0).id, "simplex", "invitation")]


def test_a_journal_that_is_broken_is_named_once_and_takes_nothing_down(tmp_path: Path) -> None:
    (tmp_path / "announce.db").write_bytes(b"no database at all " * 100)
    with closing(Listening(tmp_path)) as relay:
        relay.look(anew=True)
        relay.look(anew=True)
        assert len(relay.said) == 1
        assert "Announcements cannot be looked at" in relay.said[0]


def test_whoever_quotes_a_code_in_a_chat_that_is_relayed_has_not_come(tmp_path: Path) -> None:
    code, _ = told(tmp_path)
    with closing(Listening(tmp_path)) as relay:
        relay.look(anew=True)
        ends = (Place(bridge="session", chat="noor"), Place(bridge="simplex", chat="portal"))
        relay.store.portals.add(Link(name="noor", ends=ends, private=True))
        for event in (
            posted(code, chat="portal"),
            posted(code, chat=CONTROL.chat),
            posted(code, sender=OWNER),
            posted(code, own=True),
            posted("no code at all"),
            Joined(chat=CHAT, person=SOMEBODY),
        ):
            assert not relay.hear("simplex", event)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["in order", "killed"])
def test_announce_status_shows_once_who_came_while_the_relay_ran(town: Town, decamp: Decamp, number: int) -> None:
    (town.folder / "inn" / "lounge").mkdir()
    assert decamp("relay", "add", "folder", "hotel", "--groups").exit_code == 0
    code, _ = told(town.home)
    with Running(town).is_up() as relay:
        town.says("inn/lounge", "noor", f"It is me: {code}")
        until(lambda: arrivals_in(town.home))
        relay.end(number)
    with Running(town).is_up():
        shown = said(decamp("announce", "status", "--json"))
    assert (shown["arrived"], shown["total"]) == (1, 2)
    assert arrivals_in(town.home) == [(person(1).id, "hotel", "code")]
