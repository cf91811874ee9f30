"""The words that several commands share: what they are called, what they explain, how a shell completes them."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import DecampError, WrongWords

if TYPE_CHECKING:
    from ..archive.read import Archive
    from ..model import Contact

# What a shell may insert without a quote. Names come from other people, and `$(…)` in a completion would run.
_HARMLESS = re.compile(r"\w[\w.:/@+-]*")


def _archives(incomplete: str) -> list[str]:
    """Folders nearby that are archives."""
    typed = Path(incomplete)
    place = typed if incomplete.endswith("/") else typed.parent
    try:
        found = sorted(str(database.parent) for database in place.glob("*/archive.sqlite"))
    except OSError:
        return []
    return [folder for folder in found if re.fullmatch(r"[\w./][\w./@+-]*", folder)]


def _chats(ctx: typer.Context, incomplete: str) -> list[str]:
    """Conversations of the archive on the line; by id where the name would need quotes."""
    # In front of an option that still lacks its value, typer leaves the words unread.
    folder = ctx.params.get("archive") or next(iter(ctx.args), None)
    if folder is None:
        return []
    from ..archive.read import Archive

    try:
        with Archive.at(Path(str(folder))) as archive:
            names = [c.title if _HARMLESS.fullmatch(c.title) else c.id for c in archive.conversations()]
    except DecampError:
        return []
    return [name for name in names if _HARMLESS.fullmatch(name)]


ArchiveFolder = Annotated[
    Path,
    typer.Argument(metavar="ARCHIVE", autocompletion=_archives, help="The folder that `decamp export` made."),
]
Chats = Annotated[
    list[str] | None,
    typer.Option(
        "--chat", metavar="NAME", autocompletion=_chats,
        help="Only this conversation: a name, a nickname or an id. May be said several times.",
    ),
]  # fmt: skip
Since = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="DATE", help="Only from then on: 2024, 2024-05, 2024-05-01, or 30d for 30 days ago."
    ),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Only until then; the named day, month or year counts.")
]


def chosen_conversations(archive: Archive, names: list[str]) -> frozenset[str] | None:
    """The ids of the conversations that are meant; None for all. Raises `WrongWords` with near names."""
    if not names:
        return None
    from ..selection import Selection, choose

    return choose(Selection(chats=tuple(names)), archive.contacts(), archive.conversations()).conversations


def chosen_people(archive: Archive, names: list[str]) -> frozenset[str] | None:
    """The ids of the people that are meant by name, nickname or id; `me` is the owner of the archive."""
    if not names:
        return None
    known: dict[str, set[str]] = {}
    for contact in archive.contacts():
        for name in called(contact):
            known.setdefault(_same(name), set()).add(contact.id)
    account = archive.account()
    for own in (account.id, account.name, "me"):
        if own:
            known.setdefault(_same(own), set()).add(account.id)
    return frozenset(id for name in names for id in _one(known, name))


def called(contact: Contact) -> list[str]:
    """Everything a person goes by."""
    return [name for name in (contact.id, contact.display, contact.name, contact.nickname) if name]


def _same(name: str) -> str:
    return " ".join(name.casefold().split())


def _one(known: dict[str, set[str]], name: str) -> set[str]:
    if _same(name) in known:
        return known[_same(name)]
    near = difflib.get_close_matches(_same(name), known, n=3, cutoff=0.5)
    raise WrongWords(
        f"Nobody in this archive is called {name!r}.",
        f"Did you mean {', '.join(near)}?" if near else "`decamp contacts` lists who is in it.",
    )


def session_id_in(text: str) -> str:
    """The Session ID that a person typed. Raises `WrongWords` for anything else."""
    from ..cards import handles
    from ..model import Network

    try:
        return str(handles.parse(text, network=Network.SESSION))
    except handles.RefusedHandle as error:
        raise WrongWords(
            f"{text!r} is no Session ID.", "Name the archive in which to look for a name: --archive ARCHIVE."
        ) from error
