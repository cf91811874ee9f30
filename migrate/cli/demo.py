"""`decamp demo`: a profile of people who do not exist, exported, and a card, to see what these look like."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ArchiveError, UnreadableSource
from .card_making import VERIFIER
from .command import command
from .demo_network import HOME, RESTORED, WORDS, demo_network
from .export import LOST, export_profile
from .fonts import lettering
from .report import export_data, report_export
from .run import Result, Run

if TYPE_CHECKING:
    from ..sources.desktop.locate import Profile

DEFAULT_FOLDER = "decamp-demo"
# Of nobody: example.org belongs to all examples.
ADDRESSES = (
    ("https://smp.example.org/a#MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY", None, "The one I read first"),
    ("xmpp:robin@example.org", None, None),
    ("matrix:u/robin:example.org", None, None),
    ("https://robin.example.org/", "Where I write", None),
)

To = Annotated[str, typer.Option("--to", metavar="DIR", help=f"Where to put it: ./{DEFAULT_FOLDER} unless named.")]


Network = Annotated[
    bool, typer.Option("--network", help="Run a Session network on this machine, to try restoring and sending on.")
]


@command("demo", "decamp demo", "decamp demo --to /tmp/look", "decamp demo --network")
def demo(run: Run, to: To = DEFAULT_FOLDER, network: Network = False) -> Result:
    """Show what decamp makes, without touching anything of yours.

    It builds a small Session profile of people who do not exist, exports it, makes a card, and says where to look.
    With --network it runs until you stop it, and shows what to type in a second terminal.
    """
    from ..demo.story import build_demo
    from ..selection import Selection
    from ..sources.desktop.locate import recognise

    folder = Path(to).expanduser()
    profile_folder, archive = folder / "profile", folder / "archive"
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not _is_ours(folder))):
        raise ArchiveError(f"{folder} holds something else already.", "Name another folder with --to.")
    if network:
        return demo_network(run, folder)
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
    _make_card(run, profile, folder / "card")
    run.ui.report(f"And a card:            {folder / 'card' / 'card.html'}", wrap=False)
    return Result({"profile": profile_folder, "card": folder / "card", **export_data(report)}, 0 if report.ok else LOST)


def _make_card(run: Run, profile: Profile, folder: Path) -> None:
    """A card signed with the key in the made-up profile. Nothing of it gets into your settings or serial numbers."""
    from ..cards import book, handles
    from ..cards import folder as place
    from ..cards.card import Card
    from ..cards.page import verify_page
    from ..cards.sheet import A4, sheet
    from ..cards.statement import Statement, sign
    from ..demo.cast import OWNER
    from ..sources.desktop.keys import signing_keys

    entries = tuple(book.entry_of(handles.parse(address), label, note) for address, label, note in ADDRESSES)
    there = place.statement_in(folder)
    keys = signing_keys(profile, None, folder.parent / "profile.part")
    shutil.rmtree(folder.parent / "profile.part", ignore_errors=True)
    statement = Statement(
        session_id=keys.session_id,
        issued=there.statement.issued if there else run.now() // 1000 * 1000,
        serial=there.statement.serial if there else 1,
        handles=tuple(entry.handle for entry in entries),
        notes=("See you on the other side!",),
    )
    signed = there if there is not None and there.statement == statement else sign(statement, keys)
    card = Card(entries=entries, name=OWNER, signed=signed)
    made = {**place.files(card), VERIFIER: verify_page().encode()}
    made[place.SHEET] = sheet([card], A4, lettering(run), statement.issued).pdf
    place.put(folder, made, place.record(card))


def _is_ours(folder: Path) -> bool:
    """Whether all that is in a folder is what this command puts there."""
    ours = {"profile", "profile.part", "archive", "card", HOME, WORDS, RESTORED}
    return {entry.name for entry in folder.iterdir()} <= ours
