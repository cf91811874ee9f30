"""Reading an account from the network: what `decamp export --recovery` and `decamp watch` have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer

from ..errors import ArchiveError, NothingFound, WrongWords
from .online import tell
from .run import Run

if TYPE_CHECKING:
    from ..export import Report
    from ..network.access import Access
    from ..network.network import Network
    from ..selection import Selection
    from ..session.keys import AccountKeys
    from ..sources.recovery.fetch import Fetched
    from ..sources.recovery.spool import Spool

Result = TypeVar("Result")
FOLDER = "recovery"

InLanguage = Annotated[
    str | None,
    typer.Option(
        "--language", metavar="NAME", help="The language of the 13 words, if they are right in more than one: german."
    ),
]  # fmt: skip


class Do(Protocol):
    """Waits for something that the network does."""

    def __call__(self, work: Awaitable[Result]) -> Result: ...


@dataclass(frozen=True, slots=True)
class Reader:
    """One account, connected to the network, with the place where what it says lies until it is in the archive."""

    run: Run
    keys: AccountKeys
    spool: Spool
    network: Network
    do: Do

    def save(self, fetched: Fetched, folder: Path, selection: Selection, formats: list[str] | None) -> Report:
        """Bring an archive up to date with everything that was fetched, now or earlier; files are fetched meanwhile."""
        from ..export import export
        from ..sources.recovery.source import RecoverySource

        source = RecoverySource(
            self.keys, self.spool, fetched, lambda url: self.do(self.network.download(url)), self.run.now
        )
        with self.run.ui.progress() as progress:
            return export(source, folder, selection=selection, formats=formats, progress=progress, now=self.run.now())


def export_recovery(
    run: Run, keys: AccountKeys, access: Access, folder: Path, selection: Selection, formats: list[str] | None
) -> Report:
    """Everything that the network still has of an account, in an archive."""
    from ..sources.recovery.fetch import Fetcher

    refuse_of_another(folder, keys)
    tell(run, access)
    with spool_of(run, keys) as spool, connected(run, access) as (network, do):
        reader = Reader(run, keys, spool, network, do)
        with run.ui.progress() as progress:
            fetched = do(Fetcher(keys, spool, network).fetch(progress=progress))
        if spool.is_empty and not fetched.losses:
            raise NothingFound(
                "The network holds nothing for this account: no settings and no messages.",
                "It may be new, or no device of it was online for 30 days, or the words belong to another account: "
                "any 13 words of the list are some account.",
            )
        return reader.save(fetched, folder, selection, formats)


def spool_of(run: Run, keys: AccountKeys) -> Spool:
    """Where what was received of an account lies, still sealed, between two runs."""
    from ..sources.recovery.spool import Spool

    return Spool(run.settings.home / FOLDER / f"{sha256(keys.session_id.encode()).hexdigest()[:16]}.sqlite")


def refuse_of_another(folder: Path, keys: AccountKeys) -> None:
    """Raise `ArchiveError` before anything is asked, if an archive is that of another account."""
    from ..archive import database
    from ..archive.read import Archive
    from ..model import short_id

    if (folder / database.NAME).is_file():
        with Archive.at(folder) as archive:
            owner = archive.account().id
        if owner not in ("", "unknown", keys.session_id):
            raise ArchiveError(
                f"{folder} holds the history of another account ({short_id(owner)}), and the words are those of "
                f"{short_id(keys.session_id)}.",
                "Name a folder of its own for each account.",
            )


@contextmanager
def connected(run: Run, access: Access) -> Iterator[tuple[Network, Do]]:
    """The network for work that is no coroutine itself: `do` waits for one thing after the other."""
    import asyncio
    import secrets
    from random import SystemRandom

    from ..network.network import connect

    with asyncio.Runner() as runner:

        def do(work: Awaitable[Result]) -> Result:
            async def waiting() -> Result:
                return await work

            return runner.run(waiting())

        way = connect(access, now=run.now, random=SystemRandom(), rng=secrets.token_bytes)
        network = do(way.__aenter__())
        try:
            yield network, do
        finally:
            do(_stop_the_rest())
            do(way.__aexit__(None, None, None))


async def _stop_the_rest() -> None:
    """End what Ctrl-C left half done, before the connections go away that it uses."""
    import asyncio

    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


def check_language(language: str | None) -> None:
    """Raise `WrongWords` for a language that has no list of words."""
    from ..session.mnemonic import Language

    if language is not None and language.lower() not in set(Language):
        raise WrongWords(f"There is no list of words in {language!r}.", f"There are: {', '.join(Language)}.")
