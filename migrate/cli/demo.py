"""`decamp demo`: a profile of people who do not exist, exported, to see what an archive looks like."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ArchiveError, UnreadableSource
from .command import command
from .export import LOST, export_profile
from .report import export_data, report_export
from .run import Result, Run

DEFAULT_FOLDER = "decamp-demo"

To = Annotated[str, typer.Option("--to", metavar="DIR", help=f"Where to put it: ./{DEFAULT_FOLDER} unless named.")]


@command("demo", "decamp demo", "decamp demo --to /tmp/look")
def demo(run: Run, to: To = DEFAULT_FOLDER) -> Result:
    """Show what decamp makes, without touching anything of yours.

    It builds a small Session profile of people who do not exist, exports it, and says where to look.
    """
    from ..demo.story import build_demo
    from ..selection import Selection
    from ..sources.desktop.locate import recognise

    folder = Path(to).expanduser()
    profile_folder, archive = folder / "profile", folder / "archive"
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not _is_ours(folder))):
        raise ArchiveError(f"{folder} holds something else already.", "Name another folder with --to.")
    fresh = not profile_folder.is_dir()
    if fresh:
        draft = folder / "profile.part"
        shutil.rmtree(draft, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        run.ui.note("Building a profile of Session Desktop …")
        build_demo(draft, run.now())
        draft.rename(profile_folder)
    profile = recognise(profile_folder)
    if profile is None:
        raise UnreadableSource(f"The profile in {profile_folder} is not whole.", f"Delete {folder} and try again.")
    report = export_profile(run, profile, None, archive, Selection(), None)
    run.ui.report(f"{'Made' if fresh else 'Found'} the profile {profile_folder} and exported it:", wrap=False)
    report_export(run.ui, report)
    return Result({"profile": profile_folder, **export_data(report)}, 0 if report.ok else LOST)


def _is_ours(folder: Path) -> bool:
    """Whether all that is in a folder is what this command puts there."""
    return {entry.name for entry in folder.iterdir()} <= {"profile", "profile.part", "archive"}
