"""`decamp contacts`: whom the account knows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import WrongWords
from .command import command
from .run import Result, Run
from .ui import WIDE, Ui, plain
from .wording import count, day, number
from .words import ArchiveFolder, called

if TYPE_CHECKING:
    from ..model import Contact

Filter = Annotated[
    str | None, typer.Argument(metavar="TEXT", help="Only people whose name, nickname or id has this text in it.")
]
RelationWord = Annotated[
    list[str] | None,
    typer.Option(
        "--relation", metavar="NAME",
        help="Only these: contact, request_in, request_out, blinded, acquaintance. May be said several times.",
    ),
]  # fmt: skip
Blocked = Annotated[bool, typer.Option("--blocked", help="Only people whom the account blocked.")]
Approved = Annotated[bool, typer.Option("--approved", help="Only people whom the account accepted.")]
Everybody = Annotated[bool, typer.Option("--all", help="Also people only seen in groups and communities.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print a table for a spreadsheet instead.")]


@command(
    "contacts",
    "decamp contacts session-archive",
    "decamp contacts session-archive ali",
    "decamp contacts session-archive --approved --csv > friends.csv",
)
def contacts(
    run: Run,
    archive: ArchiveFolder,
    text: Filter = None,
    *,
    relation: RelationWord = None,
    blocked: Blocked = False,
    approved: Approved = False,
    everybody: Everybody = False,
    as_csv: AsCsv = False,
) -> Result:
    """List the people in an archive.

    Contacts and requests, unless you ask for others; --all adds everybody who was only seen in a group.
    """
    from ..archive.read import Archive
    from ..model import Relation

    wanted = _relations(relation or [], everybody)
    with Archive.at(archive) as opened:
        found = [
            c
            for c in opened.contacts()
            if c.relation in wanted and (not blocked or c.blocked) and (not approved or c.approved) and _has(c, text)
        ]
        others = sum(c.relation is Relation.ACQUAINTANCE and _has(c, text) for c in opened.contacts())
    if as_csv and not run.options.json:
        _print_csv(found)
    else:
        _print_table(run.ui, found, 0 if everybody or relation else others)
    return Result({"contacts": found, "count": len(found)})


def _relations(named: list[str], everybody: bool) -> set[str]:
    from ..model import Relation

    known = [str(relation) for relation in Relation]
    for name in named:
        if name not in known:
            raise WrongWords(f"There is no relation {name!r}.", f"Choose among {', '.join(known)}.")
    if named:
        return set(named)
    return {name for name in known if everybody or name != Relation.ACQUAINTANCE}


def _has(contact: Contact, text: str | None) -> bool:
    return text is None or any(text.casefold() in name.casefold() for name in called(contact))


def _print_table(ui: Ui, found: list[Contact], others: int) -> None:
    from ..model import short_id

    if found:
        whole = ui.width >= WIDE
        ui.table(
            ("Name", "Relation", "Messages", "Last seen", "Id"),
            [
                (
                    c.display,
                    f"{c.relation.replace('_', ' ')}{', blocked' if c.blocked else ''}",
                    number(c.message_count),
                    day(c.last_seen_at) if c.last_seen_at is not None else "never",
                    c.id if whole else short_id(c.id),
                )
                for c in found
            ],
            right=("Messages",),
        )
    ui.note(f"{count(len(found), 'person', 'people')}." if found else "Nobody in this archive fits.")
    if others:
        ui.note(f"--all adds {count(others, 'person', 'people')} only seen in groups and communities.")


def _print_csv(found: list[Contact]) -> None:
    """The same table as contacts.csv: bytes for a file or another program, made plain for a terminal."""
    from ..archive.people import table

    if not sys.stdout.isatty():
        sys.stdout.buffer.writelines(table(found))
        sys.stdout.buffer.flush()
        return
    for line in b"".join(table(found)).decode().removeprefix("\ufeff").splitlines():
        sys.stdout.write(plain(line) + "\n")
