"""What the relay has to know of announcements: who was invited, and who has come while another program listened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridges.relay.orders import Arrive
    from bridges.relay.sqlite import SqliteStore

    from ..announce.journal import Journal


def look(home: Path, store: SqliteStore, arrived: Callable[[Arrive], None]) -> None:
    """Expect everybody who was invited, and take over those who have come: `arrived` moves their portal, once."""
    from bridges.relay.model import Place

    from ..announce.journal import NAME, Journal

    if not (home / NAME).is_file():
        return
    sources = [name for name, side in store.sides.items() if side.about.network == "session"]
    with Journal(home) as journal:
        for source in sources:
            for invitation, contact in _invited(journal):
                if store.acquaintance.expected(invitation) is None:
                    store.acquaintance.expect(invitation, Place(bridge=source, chat=contact))
            for arrive, contact in _come(journal):
                place = Place(bridge=source, chat=contact)
                if arrive.place.bridge in store.sides and store.portals.arrived(place) is None:
                    store.acquaintance.expect(arrive.invitation, place)
                    arrived(arrive)


def _invited(journal: Journal) -> Iterator[tuple[str, str]]:
    """Each invitation, and whose it is."""
    yield from journal.db.execute("SELECT invitation, id FROM invitations")


def _come(journal: Journal) -> Iterator[tuple[Arrive, str]]:
    """Each who has come, by an invitation or a code, and as whom they were known."""
    from bridges.events import Person
    from bridges.relay.model import Place
    from bridges.relay.orders import Arrive

    rows = journal.db.execute("SELECT id, bridge, person, called, chat FROM arrivals WHERE NOT asked ORDER BY at")
    for id, bridge, person, called, chat in rows:
        place, who = Place(bridge=bridge, chat=chat), Person(id=person, name=called)
        yield Arrive(place=place, person=who, invitation=f"announced {bridge} {id}"), id
