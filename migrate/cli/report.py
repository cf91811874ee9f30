"""Says what an export made: how much, from when to when, what was lost, and where to look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .ui import Ui, plain
from .wording import count, day, number, size

if TYPE_CHECKING:
    from ..export import Report
    from ..model import Loss

SHOWN = 10


def export_data(report: Report) -> dict[str, object]:
    """The same for programs."""
    lost = sum(loss.severity == "lost" for loss in report.losses)
    return {"ok": report.ok, "report": report, "lost": lost, "gaps": len(report.losses) - lost}


def report_export(ui: Ui, report: Report, chats: Sequence[str] = ()) -> None:
    """Say it for people: first what there is, then what is missing, then where to look."""
    for warning in report.warnings:
        ui.warn(warning)
    _ambiguous(ui, report, chats)
    held = report.counts
    ui.report(
        f"Saved {count(held['messages'], 'message')} in {count(held['conversations_with_messages'], 'conversation')}, "
        f"{count(held['contacts'], 'contact')}, and {count(held['files'], 'file')} ({size(held['bytes'])})."
    )
    if report.first_message_at is not None:
        ui.report(
            f"The oldest message is of {day(report.first_message_at)}, the newest of {day(report.last_message_at)}."
        )
    if report.unchanged_messages:
        ui.report(_what_is_new(report))
    _losses(ui, report.losses)
    _where(ui, Path(report.folder))


def _what_is_new(report: Report) -> str:
    """How this run differs from the one before."""
    parts = [
        count(many, what)
        for many, what in (
            (report.new_messages, "new message"),
            (report.updated_messages, "changed message"),
            (report.new_files, "new file"),
        )
        if many
    ]
    return f"Since the last run: {', '.join(parts)}." if parts else "Nothing is new since the last run."


def _ambiguous(ui: Ui, report: Report, chats: Sequence[str]) -> None:
    """A name may fit several conversations; all of them were taken, and that should not be a surprise."""
    if not chats:
        return
    from ..archive.read import Archive
    from .words import chosen_conversations

    with Archive.at(Path(report.folder)) as archive:
        for chat in chats:
            ids = chosen_conversations(archive, [chat]) or frozenset()
            taken = [c for c in archive.conversations() if c.id in ids]
            if len(taken) > 1:
                ui.note(f"{len(taken)} conversations are called {plain(chat)}; all of them were taken.")


def _losses(ui: Ui, losses: Sequence[Loss]) -> None:
    """What is missing, like with like: a person wants to know what and why, and has manifest.json for each."""
    lost = [loss for loss in losses if loss.severity == "lost"]
    gaps = len(losses) - len(lost)
    if lost:
        ui.warn(f"{count(len(lost), 'thing')} could not be saved:")
        groups = Counter((loss.kind, loss.reason) for loss in lost)
        for (kind, reason), many in groups.most_common(SHOWN):
            named = next((loss.name for loss in lost if (loss.kind, loss.reason) == (kind, reason) and loss.name), "")
            example = f", for one {named}" if named and many > 1 else f", {named}" if named else ""
            ui.line(f"{number(many):>7}  {kind}{example}: {reason}")
        if len(groups) > SHOWN:
            ui.line(f"         and {len(groups) - SHOWN} kinds of loss more")
        ui.line("         Each one is listed in manifest.json, under `lost`.")
    if gaps:
        ui.report(
            f"{count(gaps, 'thing')} had gone before, such as pictures that were never downloaded or reactions to "
            "forgotten messages; manifest.json lists them."
        )


def _where(ui: Ui, folder: Path) -> None:
    pages = folder / "html" / "index.html"
    ui.report()
    if pages.is_file():
        ui.report(f"Open in your browser:  {plain(str(pages))}", wrap=False)
    ui.report(f"All of it lies in:     {plain(str(folder))}", wrap=False)
    ui.report("Anyone who can open that folder can read it: its messages, files and lists are plain copies.")
