"""`decamp card show` and `decamp card proof`: a code for somebody who stands beside you, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import NothingFound, WrongWords
from .card_making import FOLDER, serials
from .command import command
from .run import Result, Run
from .ui import plain
from .words import session_id_in

PROOF_PLACES = {
    "simplex": "your profile's bio, or a message to each new contact",
    "xmpp": "the note of your profile (vCard)",
    "matrix": "the topic of a room of yours that anybody can look into, or your display name",
    "deltachat": "your signature, under Settings, Profile",
    "email": "your signature",
    "web": "the page itself",
    "community": "a message of yours in it",
    "session": "your display name",
}


@command("proof", "decamp card proof", "decamp card proof --session-id 05…")
def proof(
    run: Run,
    *,
    session_id: Annotated[
        str | None,
        typer.Option("--session-id", metavar="ID", help="Your old Session ID; known here once you have made a card."),
    ] = None,
) -> Result:
    """Show the line to place at each new account, so that it names the old one.

    A card says "I am there now", which anybody could say. This line at the new account says "and here I am".
    """
    from ..cards import book, handles
    from ..cards.proof import proof_text

    id = session_id_in(session_id) if session_id else _own_account(run)
    line = proof_text(id)
    entries = book.entries(run.settings)
    run.ui.answer(line, wrap=False)
    if entries:
        run.ui.answer()
        run.ui.answer("Put this line, whole and unchanged, into:")
    for number, entry in enumerate(entries, 1):
        run.ui.answer(f"{number:>3}  {plain(entry.title)}: {PROOF_PLACES[entry.handle.network]}")
    run.ui.note("Others check it with: decamp verify STATEMENT --proof TEXT")
    places = [{"address": str(e.handle), "where": PROOF_PLACES[e.handle.network]} for e in entries]
    return Result(
        {"proof": line, "session_id": id, "places": places, "labels": [handles.label(e.handle) for e in entries]}
    )


def _own_account(run: Run) -> str:
    accounts = serials(run).accounts()
    if len(accounts) == 1:
        return accounts[0]
    why = "No card was made here yet" if not accounts else f"Cards of {len(accounts)} accounts were made here"
    raise WrongWords(f"{why}, so it is not known which account is yours.", "Say which: --session-id 05…")


Which = Annotated[
    str | None,
    typer.Argument(
        metavar="WHICH", help="A number in `decamp handle list`, a label, or `statement`; all unless named."
    ),
]
CardFolder = Annotated[str, typer.Option("--to", metavar="DIR", help=f"Where the card lies: ./{FOLDER} unless named.")]
Background = Annotated[
    str,
    typer.Option("--background", metavar="NAME", help="Of a terminal without colours: dark, or light."),
]


@command("show", "decamp card show", "decamp card show 1", "decamp card show statement --to decamp-card")
def show(run: Run, which: Which = None, *, to: CardFolder = FOLDER, background: Background = "dark") -> Result:
    """Show QR codes in the terminal, for somebody who stands beside you."""
    from rich.text import Text

    from ..cards import book, handles
    from ..cards.folder import statement_in
    from ..cards.qr import code

    if background not in {"dark", "light"}:
        raise WrongWords(f"There is no background {background!r}.", "Choose among dark, light.")
    if which == "statement":
        signed = statement_in(Path(to).expanduser())
        if signed is None:
            raise NothingFound(
                "There is no card with a statement here.", "Make one with `decamp card`, or name its --to."
            )
        shown = [("The signed statement", signed.compact())]
    else:
        entries = book.entries(run.settings)
        chosen = [entry for number, entry in enumerate(entries, 1) if which in {None, str(number), entry.title}]
        shown = [
            (f"{entry.title}: {handles.describe(entry.handle)}", handles.uri_for_qr(entry.handle)) for entry in chosen
        ]
    if not shown:
        if not book.entries(run.settings):
            raise NothingFound("There is no handle yet.", "Add yours first: decamp handle add ADDRESS.")
        raise NothingFound("No handle is meant by this.", "`decamp handle list` shows the number of each.")
    ui = run.ui
    coloured = ui.out.color_system is not None and not ui.out.no_color
    for title, text in shown:
        drawn = code(text)
        ui.answer(plain(title))
        if drawn.modules > ui.width:
            ui.warn(f"This code needs {drawn.modules} columns. Make the window wider, or use the picture of the card.")
            continue
        for line in drawn.terminal(on_light=background == "light" and not coloured):
            ui.answer(Text(line, style="#ffffff on #000000" if coloured else "", no_wrap=True), wrap=False)
        ui.answer()
    return Result({"codes": [{"title": title, "text": text} for title, text in shown]})
