"""What a relay and the announcements of one app folder have to tell each other.

Announcements say who was invited, and who has come while another program listened. The relay says what it hears that
they wait for: somebody came, a notice was delivered or read. That is kept in the relay's store together with all else
that follows from an event, and goes into the journal afterwards, which takes a thing twice as once: so a crash loses
nothing, and the journal may be locked for a while.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..errors import DecampError

if TYPE_CHECKING:
    from bridges.events import AnyEvent, Posted
    from bridges.relay.orders import Arrive
    from bridges.relay.sqlite import SqliteStore

    from ..announce.journal import Journal

PATIENCE = 0.1
"""Seconds to wait for a journal in which somebody else writes. All of the relay waits meanwhile, and later will do."""


class Announced:
    """The journal, as long as there is one."""

    def __init__(self, home: Path, store: SqliteStore, now: Callable[[], int], log: Logger) -> None:
        self._home, self._store, self._now, self._log = home, store, now, log
        self._opened: Journal | None = None
        self._said: str | None = None

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def concerns(self, bridge: str, event: AnyEvent) -> bool:
        """Whether an announcement waits for this: for one of its people, or word of one of its notices."""
        from bridges.events import Asked, Failed, Joined, Posted, Receipt

        from ..announce.codes import code_in

        if self._opened is None:
            return False
        match event:
            case Joined():
                return event.invitation is not None
            case Asked():
                return code_in(event.text) is not None
            case Posted() if not event.own and code_in(event.text) is not None:
                return self._is_by_somebody_new(bridge, event)
            case Receipt() if not event.own:
                return any(self._is_notice(bridge, event.chat.id, id) for id in event.messages)
            case Failed():
                return self._is_notice(bridge, event.chat.id, event.message)
        return False

    def _is_by_somebody_new(self, bridge: str, posted: Posted) -> bool:
        """Whoever quotes a code in a chat that is relayed, such as the owner, has not come by it."""
        from bridges.relay.model import Place

        place = Place(bridge=bridge, chat=posted.chat.id)
        is_owners = posted.sender.id in self._store.sides[bridge].owners or place in self._store.control
        return not is_owners and all(link.ends[0] == place for link in self._store.links_at(place))

    def _is_notice(self, bridge: str, chat: str, id: str) -> bool:
        known = "SELECT 1 FROM sent_ids WHERE bridge = ? AND chat = ? AND sent_id = ?"
        try:
            return bool(self._opened and self._opened.db.execute(known, [bridge, chat, id]).fetchone())
        except sqlite3.Error:  # it is told so when it can be asked again, and knows what it does not wait for
            return True

    def look(self, arrived: Callable[[Arrive], None], *, anew: bool) -> None:
        """Hand over what was heard, and move those who have come: `arrived` does that, once for each.

        `anew`: look also for those who came, or were invited, elsewhere. A journal that cannot be used now waits.
        """
        try:
            journal = self._journal()
            if journal is not None and (self._hand_over(journal) or anew):
                self._expect(journal, arrived)
                self._said = None
        except (DecampError, sqlite3.Error) as error:
            if str(error) != self._said and "locked" not in str(error):
                self._said = str(error)
                self._log.warning("Announcements cannot be looked at: %s", error)

    def _journal(self) -> Journal | None:
        from ..announce.journal import NAME, Journal

        if self._opened is None and (self._home / NAME).is_file():
            self._opened = Journal(self._home, patience=PATIENCE)
        return self._opened

    def _hand_over(self, journal: Journal) -> bool:
        """Note in the journal what was heard. Returns whether somebody has come."""
        from ..announce.arrivals import Arrivals

        arrivals, came = Arrivals(journal, self._now), False
        for number, bridge, event in self._store.overheard():
            # Where it reads on itself is its own affair: it may not have heard what came before this.
            came |= arrivals.take(bridge, replace(event, cursor=None)) is not None
            self._store.handed_over(number)
        return came

    def _expect(self, journal: Journal, arrived: Callable[[Arrive], None]) -> None:
        from bridges.relay.model import Place

        store = self._store
        for source in [name for name, side in store.sides.items() if side.about.network == "session"]:
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
    yield from journal.db.execute("SELECT invitation, id FROM invitations").fetchall()


def _come(journal: Journal) -> Iterator[tuple[Arrive, str]]:
    """Each who has come, by an invitation or a code, and as whom they were known."""
    from bridges.events import Person
    from bridges.relay.model import Place
    from bridges.relay.orders import Arrive

    rows = journal.db.execute("SELECT id, bridge, person, called, chat FROM arrivals WHERE NOT asked ORDER BY at")
    for id, bridge, person, called, chat in rows.fetchall():
        place, who = Place(bridge=bridge, chat=chat), Person(id=person, name=called)
        yield Arrive(place=place, person=who, invitation=f"announced {bridge} {id}"), id
