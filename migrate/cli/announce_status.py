"""`decamp announce status`: who was told, who has read it, who has come, and what to do about the rest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import NothingFound, WrongWords
from .command import command
from .run import Result, Run
from .ui import plain
from .wording import count, day, number

if TYPE_CHECKING:
    from ..announce.campaign import Arrival, Notice
    from ..announce.journal import Journal


OPEN_FAILURES = 6
"""The exit code of a run after which somebody does not know."""
SHOWN = 20
BAR = 30

Html = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Also write a page to look at; it asks nobody.")
]


class NobodyTold(NothingFound):
    """No notice was planned here, let alone sent."""

    hint = "Begin with: decamp announce plan"

    def __init__(self) -> None:
        super().__init__("Nobody was told anything yet.")


@command(
    "status", "decamp announce status", "decamp announce status --html status.html", "decamp announce status --json"
)
def status(run: Run, *, html: Html = None) -> Result:
    """Show who was told, who has read it, who has come, and what failed."""
    from ..announce.arrivals import Arrivals
    from ..announce.journal import Journal

    if not (run.settings.home / _name()).is_file():
        raise NobodyTold
    with Journal(run.settings.home) as journal:
        refuse_nobody(journal)
        notices = list(journal.notices())
        arrivals = list(Arrivals(journal, run.now).arrivals())
        _report(run, journal, arrivals)
        if html is not None:
            _write(run, html.expanduser(), journal, notices, arrivals)
        people = [_object(notice, arrivals) for notice in notices]
        return Result({**standing_object(journal), "people": people, "html": html})


def refuse_nobody(journal: Journal) -> None:
    """Raise `NobodyTold` where nothing was ever planned: no run of numbers says so as plainly."""
    if not journal.campaigns():
        raise NobodyTold


def standing_object(journal: Journal) -> dict[str, object]:
    """The numbers, for programs."""
    from msgspec.structs import asdict

    from ..announce.standing import standing

    numbers: dict[str, object] = asdict(standing(journal.notices()))
    numbers["total"] = numbers.pop("people")
    return numbers


def report_failures(run: Run, journal: Journal) -> None:
    """Who does not know, why, and what to do."""
    from ..announce.campaign import Step

    failed = [notice for notice in journal.notices() if notice.step is Step.FAILED]
    if not failed:
        return
    run.ui.warn(f"{count(len(failed), 'notice')} failed:")
    for notice in failed[:SHOWN]:
        run.ui.line(f"  {notice.to.who.name}: {notice.reason} {notice.todo or ''}".rstrip())
    if len(failed) > SHOWN:
        run.ui.line(f"  and {number(len(failed) - SHOWN)} more; `decamp announce status --json` lists them all.")


def _name() -> str:
    from ..announce.journal import NAME

    return NAME


def _report(run: Run, journal: Journal, arrivals: list[Arrival]) -> None:
    from ..announce.standing import standing

    now, ui = standing(journal.notices()), run.ui
    done = round(BAR * now.share)
    ui.answer(f"{'█' * done}{'░' * (BAR - done)}  {number(now.told)} of {number(now.people)} told", wrap=False)
    ui.answer(
        f"{number(now.delivered)} delivered, {number(now.read)} read, {number(now.arrived)} arrived, "
        f"{number(now.failed)} failed, {number(now.waiting)} waiting."
    )
    if arrivals:
        ui.table(
            ("Name", "Came to", "As", "By", "When"),
            [(one.name, one.bridge, one.person, one.how, day(one.at)) for one in arrivals],
        )
    report_failures(run, journal)
    if now.waiting:
        ui.note("`decamp announce send` goes on.")


def _object(notice: Notice, arrivals: list[Arrival]) -> dict[str, object]:
    return {
        "id": notice.id, "name": notice.to.who.name, "place": notice.to.place, "step": notice.step,
        "sent_at": notice.sent_at, "delivered_at": notice.delivered_at, "read_at": notice.read_at,
        "arrived_at": notice.arrived_at, "reason": notice.reason, "todo": notice.todo,
        "handles": [{"bridge": one.bridge, "handle": one.person, "name": one.called, "how": one.how, "at": one.at}
                    for one in arrivals if one.id == notice.id],
    }  # fmt: skip


def _write(run: Run, path: Path, journal: Journal, notices: list[Notice], arrivals: list[Arrival]) -> None:
    from ..announce.standing import standing
    from ..announce.statuspage import status_page

    if path.is_dir():
        raise WrongWords(f"{path} is a folder.", "Name a file, as status.html.")
    page = status_page(standing(journal.notices()), notices, arrivals, day)
    path.write_text(page, "utf-8")
    run.ui.report(f"Open in your browser:  {plain(str(path))}", wrap=False)
