"""`decamp export`: everything out of a Session profile, or from the network, into an archive."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import WrongWords
from . import when
from .command import command
from .online import Direct, NodeFile, ThroughProxy, access_of
from .recovery import InLanguage, check_language, export_recovery
from .report import export_data, report_export
from .run import Result, Run
from .secrets import PasswordFile, Remember, with_password
from .signing import Given, KeysFile, WordsFile, signing_keys
from .sources import find_profile
from .words import Chats, Since, Until

if TYPE_CHECKING:
    from ..export import Report
    from ..selection import Selection
    from ..sources.desktop.locate import Profile

DEFAULT_ARCHIVE = "session-archive"
LOST = 6

SourceWord = Annotated[
    str | None,
    typer.Argument(
        metavar="SOURCE", show_default=False,
        help="The folder with the data of Session Desktop. Without it, decamp looks for it on this machine.",
    ),
]  # fmt: skip
To = Annotated[
    str | None,
    typer.Option("--to", metavar="ARCHIVE", help=f"Where the archive goes: ./{DEFAULT_ARCHIVE} unless named."),
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format", metavar="NAME",
        help="Write only these beside archive.sqlite: jsonl, csv, vcard, html. May be said several times.",
    ),
]  # fmt: skip
NoAttachments = Annotated[
    bool, typer.Option("--no-attachments", help="Leave pictures and files out; a later run can still add them.")
]
Recovery = Annotated[
    bool,
    typer.Option(
        "--recovery",
        help="Read the network instead of this machine: what it still has of the account that the 13 words open.",
    ),
]


@command(
    "export",
    "decamp export",
    "decamp export --to ~/session-2026 --since 2024",
    'decamp export ~/.config/Session --chat "Book club" --format html',
    "decamp export --password-file ~/session-password",
    "decamp export --recovery --to session-archive",
)
def export(  # noqa: PLR0913  each is a word of the command line
    run: Run,
    source: SourceWord = None,
    *,
    to: To = None,
    chat: Chats = None,
    since: Since = None,
    until: Until = None,
    format: Formats = None,
    no_attachments: NoAttachments = False,
    recovery: Recovery = False,
    words_file: WordsFile = None,
    keys: KeysFile = None,
    language: InLanguage = None,
    direct: Direct = False,
    proxy: ThroughProxy = None,
    nodes: NodeFile = None,
    password_file: PasswordFile = None,
    remember: Remember = False,
) -> Result:
    """Save everything that Session has in a folder that needs no Session to read.

    It takes conversations, contacts, pictures and files, and makes pages for your browser, lists for programs,
    and one database with all of it. Run it again at any time: it adds what is new and writes nothing twice.
    Session may be open; nothing of it is changed, and nothing leaves this machine, but for the questions of --recovery.
    """
    selection = _selection(run, chat, since, until, attachments=not no_attachments)
    with suppress(OSError):  # a home that cannot be written to is no reason to leave the history where it is
        run.settings.create()
    formats = format or run.settings.texts("export", "formats")
    named = to or run.settings.text("export", "to") or DEFAULT_ARCHIVE
    if not recovery and any((words_file, keys, language, direct, proxy, nodes)):
        raise WrongWords("Words, keys and ways to the network go with --recovery.", "Add --recovery.")
    if recovery:
        if source is not None:
            raise WrongWords("--recovery reads the network, and not a folder.", "Leave out one of the two.")
        check_language(language)
        given = Given(None, words_file, keys, password_file, remember, online=True, language=language)
        own = signing_keys(run, given)
        access = access_of(run, direct=direct, proxy=proxy, nodes=nodes)
        report = export_recovery(run, own, access, Path(named).expanduser(), selection, formats)
    else:
        profile = find_profile(run, source)
        folder = archive_folder(named, profile)
        report = with_password(
            run,
            lambda password: export_profile(run, profile, password, folder, selection, formats),
            what=f"The profile in {profile.folder}",
            entry=f"session-desktop {profile.folder.resolve()}",
            file=password_file,
            remember=remember,
        )
    report_export(run.ui, report, selection.chats)
    return Result(export_data(report), 0 if report.ok else LOST)


def _selection(
    run: Run, chats: list[str] | None, since: str | None, until: str | None, *, attachments: bool
) -> Selection:
    """What was asked for, if it makes sense."""
    from ..selection import Selection

    now = run.now()
    selection = Selection(
        chats=tuple(chats or ()),
        since=when.since(since, now) if since else None,
        until=when.until(until, now) if until else None,
        attachments=attachments,
    )
    if selection.since is not None and selection.until is not None and selection.since >= selection.until:
        raise WrongWords("--since lies after --until, so nothing can be between them.", "Swap the two dates.")
    return selection


def export_profile(
    run: Run,
    profile: Profile,
    password: str | None,
    folder: Path,
    selection: Selection,
    formats: list[str] | None,
) -> Report:
    """One attempt with one password, with progress."""
    from ..archive.outputs import WORK
    from ..export import export as export_source
    from ..sources.desktop.source import DesktopSource

    source = DesktopSource(profile, password, folder / WORK)
    with run.ui.progress() as progress:
        return export_source(source, folder, selection=selection, formats=formats, progress=progress, now=run.now())


def archive_folder(named: str, profile: Profile) -> Path:
    """Where the archive goes; never into the profile, which stays as it is."""
    folder = Path(named).expanduser()
    if folder.resolve().is_relative_to(profile.folder.resolve()):
        raise WrongWords(
            f"{folder} lies inside the profile of Session, and decamp never writes there.",
            "Name another folder with --to.",
        )
    return folder
