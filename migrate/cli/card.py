"""`decamp card`: where to find somebody from now on, as codes, a sheet, a page, and a statement that can be checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import NothingFound, WrongWords
from . import when
from .card_making import FOLDER, FOLDER_ALL, FOLDER_WITHDRAWN, VERIFIER, Wish, make_all, make_one
from .card_showing import proof, show
from .command import command, tree
from .run import Result, Run
from .secrets import PasswordFile
from .signing import Given, KeysFile, ProfileFolder, RememberWords, WordsFile
from .ui import plain
from .wording import count
from .words import chosen_people, session_id_in

if TYPE_CHECKING:
    from ..cards.book import Entry
    from ..cards.card import Card
    from ..model import Contact

To = Annotated[
    str | None,
    typer.Option("--to", metavar="DIR", help=f"Where the card goes: ./{FOLDER} unless named."),
]
For = Annotated[
    str | None,
    typer.Option(
        "--for", metavar="CONTACT",
        help="Address the card to one person: a Session ID, or a name in the archive that --archive names.",
    ),
]  # fmt: skip
ArchiveOption = Annotated[
    str | None, typer.Option("--archive", metavar="ARCHIVE", help="The archive in which --for looks for the name.")
]
AllContacts = Annotated[
    str | None,
    typer.Option(
        "--all-contacts", metavar="ARCHIVE",
        help=f"Make one card for each contact of an archive, into ./{FOLDER_ALL}. Blocked ones get none.",
    ),
]  # fmt: skip
Extra = Annotated[
    list[str] | None,
    typer.Option(
        "--with", metavar="ADDRESS",
        help="With --for: an address only for this person, as a one-time invitation. May be said several times.",
    ),
]  # fmt: skip
Name = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="What you are called on the card; kept for the next one.")
]
Notes = Annotated[
    list[str] | None,
    typer.Option("--note", metavar="TEXT", help="A line that is signed with the rest. May be said several times."),
]
ValidUntil = Annotated[
    str | None,
    typer.Option(
        "--valid-until",
        metavar="DATE",
        help="The last day, month or year on which it counts: 2028-11-22, 2028-11, 2028.",
    ),
]
Paper = Annotated[str, typer.Option("--paper", metavar="NAME", help="The size of the sheet to print: a4 or letter.")]
Serial = Annotated[
    int | None,
    typer.Option(
        "--serial", metavar="N", min=1, help="The number of the statement; one more than the last unless said."
    ),
]
Unsigned = Annotated[bool, typer.Option("--unsigned", help="Make a card without a statement, which nobody can check.")]


@command(
    "card",
    "decamp card",
    'decamp card --name "Alice Example" --valid-until 2028 --to ~/card',
    "decamp card --profile ~/.config/Session --paper letter",
    "decamp card --for Bob --archive session-archive",
    "decamp card --all-contacts session-archive",
)
def make_card(  # noqa: PLR0913  each is a word of the command line
    run: Run,
    *,
    to: To = None,
    contact: For = None,
    archive: ArchiveOption = None,
    all_contacts: AllContacts = None,
    extra: Extra = None,
    name: Name = None,
    note: Notes = None,
    valid_until: ValidUntil = None,
    paper: Paper = "a4",
    serial: Serial = None,
    unsigned: Unsigned = False,
    profile: ProfileFolder = None,
    words_file: WordsFile = None,
    keys: KeysFile = None,
    password_file: PasswordFile = None,
    remember: RememberWords = False,
) -> Result:
    """Make a card."""
    from ..cards import book

    if contact and all_contacts:
        raise WrongWords("--for makes one card and --all-contacts one for each contact.", "Leave one of them out.")
    if extra and not contact:
        raise WrongWords("--with is for one person, and none is named.", "Add --for CONTACT, or leave --with out.")
    if unsigned and (contact or all_contacts):
        raise WrongWords("A card is addressed by its signature, so one that is not signed is for everybody.")
    entries = (*book.entries(run.settings), *_extra(extra or []))
    if not entries:
        raise NothingFound("There is no handle yet to put onto a card.", "Add yours first: decamp handle add ADDRESS.")
    wish = Wish(
        entries=entries,
        name=_own_name(run, name, all_contacts or archive),
        notes=_notes(note or []),
        until=_until(run, valid_until),
        serial=serial,
        paper=paper.lower(),
        given=Given(profile, words_file, keys, password_file, remember),
    )
    if all_contacts:
        return _for_all(run, wish, Path(all_contacts).expanduser(), Path(to or FOLDER_ALL).expanduser())
    if contact is None:
        return _one(run, wish, Path(to or FOLDER).expanduser(), signed=not unsigned)
    person = _person(contact, archive)
    folder = Path(to or f"{FOLDER}-for-{_folder_name(person)}").expanduser()
    return _one(run, wish, folder, person)


def _one(run: Run, wish: Wish, folder: Path, person: Contact | None = None, *, signed: bool = True) -> Result:
    from ..cards.card import shown_name
    from ..cards.folder import record

    card, files = make_one(
        run, wish, folder, audience=person.id if person else None,
        recipient=shown_name(person.display) if person else None, signed=signed,
    )  # fmt: skip
    _report_files(run, card, folder, files)
    return Result({"folder": folder, "files": files, "card": record(card)})


def _for_all(run: Run, wish: Wish, archive: Path, folder: Path) -> Result:
    from ..archive.read import Archive
    from ..model import Relation

    with Archive.at(archive) as opened:
        known = [c for c in opened.contacts() if c.relation is Relation.CONTACT and c.id.startswith("05")]
    people = [c for c in known if not c.blocked]
    if not people:
        raise NothingFound("This archive has no contacts to make cards for.", "`decamp contacts` lists who is in it.")
    made = make_all(run, wish, people, folder)
    ui = run.ui
    here = len(made.cards) - made.new
    there = f"; {count(here, 'other')} lay there already" if here else ""
    ui.report(f"Made {count(made.new, 'card')}{there}.")
    if blocked := len(known) - len(people):
        ui.report(f"{count(blocked, 'blocked contact')} got none.")
    ui.report(f"Look into the folder:  {plain(str(folder))}", wrap=False)
    ui.report("Each folder is for one person: give it to nobody else.")
    cards = [{"id": person.id, "name": person.display, "folder": name} for person, name in made.cards]
    return Result(
        {
            "folder": folder,
            "session_id": made.session_id,
            "serial": made.serial,
            "cards": cards,
            "new": made.new,
            "blocked": blocked,
        }
    )


def _report_files(run: Run, card: Card, folder: Path, files: list[str]) -> None:
    from ..cards import folder as place

    told = {
        place.SHEET: "to print and cut out",
        place.PAGE: "for the web, or to send; it checks itself",
        VERIFIER: "checks any statement, for people who install nothing",
        place.STATEMENT: "the signed text alone",
        place.TEXT: "all of it as text to paste",
        "card.vcf": "for address books; card-3.vcf for old ones",
        "card.gmi": "for a Gemini capsule",
        "qr/": "each code as PNG and SVG",
    }
    ui = run.ui
    ui.report()
    for name, what in told.items():
        if name in files or name.endswith("/"):
            ui.report(f"  {name:<14} {what}")
    ui.report()
    ui.report(f"Open in your browser:  {plain(str(folder / place.PAGE))}", wrap=False)
    if card.entries and card.signed is not None:
        ui.report("Then say at each new account that it is yours: `decamp card proof` tells where.")


# -- what the words mean -----------------------------------------------------------------------------


def _extra(addresses: list[str]) -> list[Entry]:
    from ..cards import book, handles

    return [book.entry_of(handles.parse(address, "one")) for address in addresses]


def _notes(texts: list[str]) -> tuple[str, ...]:
    from ..cards.statement import tidy

    return tuple(line for text in texts if (line := tidy(text)))


def _own_name(run: Run, named: str | None, archive: str | None) -> str | None:
    """What to call the owner: as said, as kept, or as in the archive. A name that was said is kept."""
    from ..cards.card import shown_name

    if named is not None:
        name = shown_name(named)
        if (name or "") != (run.settings.text("card", "name") or ""):
            run.settings.set("card", "name", name or "")
        return name
    kept = run.settings.text("card", "name")
    if kept is not None or archive is None:
        return shown_name(kept or "")
    from ..archive.read import Archive

    with Archive.at(Path(archive).expanduser()) as opened:
        return shown_name(opened.account().name or "")


def _until(run: Run, text: str | None) -> int | None:
    if text is None:
        return None
    until = when.until(text, run.now())
    if until <= run.now():
        raise WrongWords(f"--valid-until {text} has passed.", "Name a day that is to come, as 2028-11-22.")
    return until


def _person(named: str, archive: str | None) -> Contact:
    """Who the card is for: an ID by itself, or a contact of an archive."""
    from ..model import Contact, short_id

    if archive is None:
        return Contact(id=session_id_in(named), display=short_id(session_id_in(named)))
    from ..archive.read import Archive

    with Archive.at(Path(archive).expanduser()) as opened:
        ids = chosen_people(opened, [named]) or frozenset()
        found = [c for c in opened.contacts() if c.id in ids and c.id.startswith("05")]
    if len(found) != 1:
        why = "No contact is" if not found else f"{len(found)} contacts are"
        raise WrongWords(f"{why} meant by {named!r}.", "Give the Session ID; `decamp contacts` shows it.")
    return found[0]


def _folder_name(person: Contact) -> str:
    from ..archive.names import clean_name

    return f"{clean_name(person.display, 40).replace(' ', '-')}-{person.id[-8:]}"


# -- the other commands ------------------------------------------------------------------------------


@command("revoke", "decamp card revoke", 'decamp card revoke --note "That account is not mine any more."')
def revoke(  # noqa: PLR0913  each is a word of the command line
    run: Run,
    *,
    to: Annotated[str, typer.Option("--to", metavar="DIR", help=f"Where it goes: ./{FOLDER_WITHDRAWN} unless named.")]
    = FOLDER_WITHDRAWN,
    name: Name = None,
    note: Notes = None,
    serial: Serial = None,
    profile: ProfileFolder = None,
    words_file: WordsFile = None,
    keys: KeysFile = None,
    password_file: PasswordFile = None,
    remember: RememberWords = False,
) -> Result:  # fmt: skip
    """Take back all that you said earlier about where to find you.

    It makes a signed statement that names no address. Whoever checks it knows that older cards do not count.
    """
    given = Given(profile, words_file, keys, password_file, remember)
    own = _own_name(run, name, None)
    wish = Wish((), own, _notes(note or []), None, serial, "a4", given)
    return _one(run, wish, Path(to).expanduser())


@command("verifier", "decamp card verifier", "decamp card verifier --to ~/public_html/verify.html")
def verifier(
    run: Run,
    *,
    to: Annotated[
        str, typer.Option("--to", metavar="FILE", help=f"Where it goes: ./{VERIFIER} unless named.")
    ] = VERIFIER,
) -> Result:
    """Write the page that checks statements in a browser, for people who install nothing.

    It is one file, works offline from disk, and asks nobody. Every card has a copy of it.
    """
    from ..cards.page import verify_page

    path = Path(to).expanduser()
    if path.is_dir():
        path /= VERIFIER
    if path.exists() and path.read_bytes() != verify_page().encode():
        raise WrongWords(f"There is a file at {path} already, and it is another one.", "Name another with --to.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(verify_page(), "utf-8")
    run.ui.report(f"Open in your browser:  {plain(str(path))}", wrap=False)
    return Result({"file": path})


card = tree(
    "card",
    """
    Make a card that says where to find you from now on, signed with the key of your old account.

    A friend who knows only your old Session ID can check it, offline, years later. It takes your addresses from
    `decamp handle list` and makes codes to scan, a sheet to print, a page, and files for address books. Nothing
    leaves this machine.
    """,
    {"Other things to do with cards": [show, proof, revoke, verifier]},
    alone=make_card,
)
