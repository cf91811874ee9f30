"""`decamp watch`: an archive that grows while Session forgets."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ArchiveBusy
from .command import command
from .online import Direct, NodeFile, ThroughProxy, access_of, tell
from .recovery import InLanguage, Reader, check_language, connected, refuse_of_another, spool_of
from .run import Result, Run
from .secrets import PasswordFile
from .signing import Given, KeysFile, ProfileFolder, RememberWords, WordsFile, signing_keys
from .wording import count, duration, moment

if TYPE_CHECKING:
    from ..network.access import Access
    from ..session.keys import AccountKeys
    from ..sources.recovery.fetch import Fetched
    from ..sources.recovery.spool import Spool

EVERY, LEAST = 60, 5
LONGEST_PAUSE = 900  # seconds
ENOUGH = 2
"""Nodes that are asked in most rounds, as the app does: formats page of the Session network, section 3.1."""
ALL_EACH = 20
"""In each so manieth round all nodes are asked, for what only one of them has."""

ArchiveToFill = Annotated[
    Path, typer.Argument(metavar="ARCHIVE", help="The archive to add to; it is made if there is none.")
]
Every = Annotated[
    int,
    typer.Option(
        "--every", metavar="SECONDS", min=LEAST, help=f"How long to wait between two looks; {EVERY} unless said."
    ),
]


@command("watch", "decamp watch session-archive", "decamp watch session-archive --every 300 --words-file words.txt")
def watch(  # noqa: PLR0913  each is a word of the command line
    run: Run,
    archive: ArchiveToFill,
    *,
    every: Every = EVERY,
    words_file: WordsFile = None,
    language: InLanguage = None,
    keys: KeysFile = None,
    profile: ProfileFolder = None,
    password_file: PasswordFile = None,
    remember: RememberWords = False,
    direct: Direct = False,
    proxy: ThroughProxy = None,
    nodes: NodeFile = None,
) -> Result:
    """Look again and again what is new on the network, and add it to an archive, until you stop it with Ctrl-C.

    Messages stay on the network for 14 days: an archive that is watched misses none of them. Nothing there is changed,
    and nobody sees that you have read a message. When the network cannot be reached it waits, longer each time.
    """
    check_language(language)
    own = signing_keys(run, Given(profile, words_file, keys, password_file, remember, online=True, language=language))
    access = access_of(run, direct=direct, proxy=proxy, nodes=nodes)
    refuse_of_another(archive, own)
    with suppress(OSError):
        run.settings.create()
    tell(run, access)
    with spool_of(run, own) as spool:
        _Watch(run, own, access, archive, every).go_on(spool)
    return Result()


class _Watch:
    """Looks until somebody stops it."""

    def __init__(self, run: Run, keys: AccountKeys, access: Access, archive: Path, every: int) -> None:
        self._run, self._keys, self._access, self._archive, self._every = run, keys, access, archive, every
        self._failures = 0
        self._saved = False

    def go_on(self, spool: Spool) -> None:
        """Connect, look, wait; and after a failure wait longer and connect anew."""
        import time

        from ..session.errors import NoAnswer

        while True:
            try:
                with connected(self._run, self._access) as (network, do):
                    self._look(Reader(self._run, self._keys, spool, network, do))
            except (NoAnswer, ArchiveBusy) as error:
                pause = min(self._every * 2**self._failures, max(LONGEST_PAUSE, self._every))
                self._failures += 1
                self._run.ui.note(f"{self._time()}  {error} Trying again in {duration(pause)}.")
                time.sleep(pause)

    def _look(self, reader: Reader) -> None:
        import asyncio

        from ..sources.recovery.fetch import Fetcher

        fetcher, rounds = Fetcher(self._keys, reader.spool, reader.network), 0
        while True:
            fetched = reader.do(fetcher.fetch(enough=ENOUGH if rounds % ALL_EACH else None))
            if fetched.new or reader.spool.owes or not self._saved:
                self._add(reader, fetched)
            self._failures, rounds = 0, rounds + 1
            reader.do(asyncio.sleep(self._every))

    def _add(self, reader: Reader, fetched: Fetched) -> None:
        from ..selection import Selection

        report = reader.save(fetched, self._archive, Selection(), None)
        if not self._saved:
            self._run.ui.report(
                f"The archive holds {count(report.counts['messages'], 'message')}. Looking every "
                f"{duration(self._every)}; Ctrl-C ends it."
            )
        self._saved = True
        parts = [(report.new_messages, "new message"), (report.updated_messages, "changed message"),
                 (report.new_files, "new file")]  # fmt: skip
        if any(many for many, _ in parts):
            said = ", ".join(count(many, what) for many, what in parts if many)
            self._run.ui.report(f"{self._time()}  {said}")

    def _time(self) -> str:
        return moment(self._run.now())
