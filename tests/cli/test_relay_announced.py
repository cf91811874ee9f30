"""A contact who came by an announcement is moved over by the relay, whoever was listening when they came."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bridges.relay.model import Place, Side
from bridges.relay.orders import Arrive
from bridges.relay.sqlite import SqliteStore
from bridges.session.about import ABOUT as SESSION
from bridges.simplex.about import ABOUT as SIMPLEX
from migrate.announce.journal import Journal
from migrate.cli import relay_announced

SIDES = {about.name: Side(name=about.name, about=about) for about in (SESSION, SIMPLEX)}
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


def test_who_was_invited_is_expected_and_who_has_come_is_moved_once(tmp_path: Path) -> None:
    journal(tmp_path)
    moved: list[Arrive] = []
    with closing(SqliteStore(tmp_path, SIDES)) as store:

        def arrived(arrive: Arrive) -> None:
            moved.append(arrive)
            contact = store.acquaintance.expected(arrive.invitation)
            assert contact == Place(bridge="session", chat=CARLA)
            store.portals.arrive(contact, arrive.place, 3)

        relay_announced.look(tmp_path, store, arrived)
        relay_announced.look(tmp_path, store, arrived)
        assert [(one.place, one.person.name) for one in moved] == [(Place(bridge="simplex", chat="@7"), "Carla")]
        assert store.acquaintance.expected("link-2") == Place(bridge="session", chat=NOOR)


def test_without_an_announcement_no_journal_is_made(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path, SIDES)) as store:
        relay_announced.look(tmp_path, store, lambda _: None)
    assert [path.name for path in tmp_path.glob("announce*")] == []
