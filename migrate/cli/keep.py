"""`decamp render`, which writes an archive again, and the check of one for `decamp verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .command import command
from .run import Result, Run
from .ui import plain
from .wording import count, number, size
from .words import ArchiveFolder

if TYPE_CHECKING:
    from ..archive.manifest import CheckReport

CHECK_FAILED = 7
SHOWN = 20

Formats = Annotated[
    list[str] | None,
    typer.Option("--format", metavar="NAME", help="Only this: jsonl, csv, vcard or html. May be said several times."),
]


@command("render", "decamp render session-archive", "decamp render session-archive --format html")
def render(run: Run, archive: ArchiveFolder, format: Formats = None) -> Result:
    """Write the pages and lists of an archive again, from its database alone.

    For an archive whose other files were lost or changed, or after an update of decamp that makes better pages.
    """
    from ..archive.render import render as write_again

    with run.ui.progress() as progress:
        report = write_again(archive, format, progress, now=run.now())
    run.ui.report(
        f"Wrote {count(report.written, 'file')} again; {number(report.unchanged)} were right already, "
        f"{number(report.removed)} removed."
    )
    pages = archive / "html" / "index.html"
    if pages.is_file():
        run.ui.report(f"Open in your browser:  {plain(str(pages))}", wrap=False)
    return Result({"written": report.written, "unchanged": report.unchanged, "removed": report.removed})


def verify_archive(run: Run, folder: Path) -> Result:
    """Check that nothing in an archive was lost or changed; exit code 7 if something was."""
    from ..archive.manifest import check

    with run.ui.progress() as progress:
        report = check(folder, progress)
    _report_check(run, report)
    return Result({"report": report}, 0 if report.ok else CHECK_FAILED)


def _report_check(run: Run, report: CheckReport) -> None:
    ui = run.ui
    if report.ok:
        ui.report(
            f"The archive is whole: {count(report.files, 'file')} ({size(report.bytes)}) and "
            f"{count(report.messages, 'message')} are as they were written."
        )
    else:
        ui.warn(f"The archive is not as it was written: {count(len(report.problems), 'problem')}.")
        for problem in report.problems[:SHOWN]:
            ui.line(f"  {problem.path}: {problem.what}")
        if len(report.problems) > SHOWN:
            ui.line(f"  and {number(len(report.problems) - SHOWN)} more; --json lists them all.")
        ui.line("`decamp render` writes pages and lists again; pictures and the database come back from a backup.")
    if report.strangers:
        ui.note(f"{count(len(report.strangers), 'file')} in the folder {_are(len(report.strangers))} not of decamp.")


def _are(many: int) -> str:
    return "is" if many == 1 else "are"
