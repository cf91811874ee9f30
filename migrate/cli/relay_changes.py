"""What other commands change while a relay runs: rules, owners, links to further bridges, and how bridges log in.

Once a second it is looked whether a file is another one than before. What is written piece by piece is taken up when
nothing has changed for a second.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DecampError
from .relay_setup import Relaying, Seated, control_of, rules_of, seated, side_of, taking_part
from .run import Run
from .wording import count

if TYPE_CHECKING:
    from bridges.relay.run import Relay
    from bridges.relay.seats import Seat

_Mark = tuple[tuple[str, int, int, int], ...]


class Changes:
    """Takes up, for a relay that runs, what it would have found at its start."""

    def __init__(self, run: Run, relaying: Relaying, seat: Callable[[Seated], Seat | None], log: Logger) -> None:
        self._run, self._relaying, self._seat, self._log = run, relaying, seat, log
        self._links: object = None
        self._known = self._before = self._mark()

    def look(self, relay: Relay) -> None:
        """Look once."""
        mark = self._mark()
        if mark == self._before and mark != self._known:
            self._known = mark
            self._settings(relay)
        self._before = mark
        links = self._relaying.store.portals.links
        if links is not self._links:  # they were read anew, since somebody else wrote
            self._links = links
            self._further(relay)

    def _settings(self, relay: Relay) -> None:
        """Settings are others now. Those that cannot be used change nothing, until they are corrected."""
        run, relaying = self._run, self._relaying
        try:
            rules, control = [one.rule for one in rules_of(run)], control_of(run)
            for name, seat in relaying.seats.items():
                if seat.bridge is not None:
                    relaying.sides[name] = side_of(run, seat.bridge.about, seat.values)
        except DecampError as error:
            self._log.warning("Nothing changes: %s %s", error, error.hint)
            return
        if list(relaying.store.rules) != rules:
            self._log.info("There %s %s now.", "is" if len(rules) == 1 else "are", count(len(rules), "rule"))
        relay.go_by(rules, control)
        self._further(relay)
        waiting = set(relay.need_person())
        for name, seat in list(relaying.seats.items()):
            if name in waiting or seat.trouble is not None:
                self._again(relay, seated(run, name))

    def _further(self, relay: Relay) -> None:
        """Start bridges that something needs now and nothing needed before."""
        for name in taking_part(self._relaying.store):
            if name not in self._relaying.seats:
                self._again(relay, seated(self._run, name))

    def _again(self, relay: Relay, found: Seated) -> None:
        """Start a bridge with what it is told now, unless that changed nothing about why it cannot be used."""
        name, before = found.side.name, self._relaying.seats.get(found.side.name)
        self._relaying.seats[name], self._relaying.sides[name] = found, found.side
        if before is not None and found.trouble is not None and str(found.trouble) == str(before.trouble):
            return
        seat = self._seat(found)
        if seat is not None:
            relay.take_in(name, seat)

    def _mark(self) -> _Mark:
        """What tells the files as they are from those that are changed."""
        return tuple(sorted(self._files(self._run.settings.config_file, self._run.settings.home / "secrets")))

    @staticmethod
    def _files(*paths: Path) -> Iterator[tuple[str, int, int, int]]:
        for path in paths:
            try:
                found = path.stat()
                yield path.name, found.st_ino, found.st_mtime_ns, found.st_size
                if path.is_dir():
                    yield from Changes._files(*(Path(one.path) for one in os.scandir(path)))
            except FileNotFoundError:
                continue  # replaced in this moment; the next look sees the new one
