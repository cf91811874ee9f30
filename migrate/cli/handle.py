"""`decamp handle`: the addresses that go onto every card, and a look at one before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import WrongWords
from .command import command, tree
from .run import Result, Run
from .ui import Ui, plain
from .wording import count

if TYPE_CHECKING:
    from ..cards.book import Entry
    from ..model import Handle, Network

EASY, LARGEST = 10, 40  # versions of QR codes: up to which phones read them at a glance, and the last one
MODULE = 0.4  # millimetres on paper: formats page of contact cards, section 7
QUIET_ZONE = 4

Address = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS",
        help="The address or link, as the app of its network shows it. In quotes, because of # and &.",
    ),
]
NetworkWord = Annotated[
    str | None,
    typer.Option("--network", metavar="NAME", help="What an address is that could be of two: xmpp or email."),
]
Label = Annotated[str | None, typer.Option("--label", metavar="TEXT", help="What stands above it on a card.")]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="A line below it, as when you are there.")]
Place = Annotated[
    int | None, typer.Option("--place", metavar="NUMBER", help="Where in the list: 1 is the one you prefer.")
]
Which = Annotated[
    str, typer.Argument(metavar="WHICH", help="The handle's number in the list, its address or its label.")
]


@command(
    "add",
    'decamp handle add "@alice:example.org" --label Work --note "in the evening"',
    "decamp handle add alice@example.org --network email --place 1",
)
def add(
    run: Run,
    address: Address,
    *,
    label: Label = None,
    note: Note = None,
    network: NetworkWord = None,
    place: Place = None,
) -> Result:
    """Keep an address for your cards.

    Adding one again changes its label, its note or its place.
    """
    from ..cards import book, handles

    handle = handles.parse(address, "public", _network(network))
    kept = book.add(run.settings, book.entry_of(handle, label, note), place)
    number = [entry.handle for entry in kept].index(handle) + 1
    run.ui.answer(f"{number} of {len(kept)}: {handles.label(handle)}, {plain(handles.describe(handle))}")
    return Result({"number": number, "handle": _object(kept[number - 1])})


@command("list", "decamp handle list", "decamp handle list --json")
def list_handles(run: Run) -> Result:
    """Show the addresses that go onto your cards, the one you prefer first."""
    from ..cards import book, handles

    kept = book.entries(run.settings)
    if kept:
        run.ui.table(
            ("", "Network", "Where", "Label", "Note", "Address"),
            [
                (
                    str(number),
                    handles.label(entry.handle),
                    handles.describe(entry.handle),
                    entry.label or "",
                    entry.note or "",
                    str(entry.handle),
                )
                for number, entry in enumerate(kept, 1)
            ],
        )
    run.ui.note(f"{count(len(kept), 'handle')}." if kept else "No handle yet; `decamp handle add` keeps one.")
    return Result({"handles": [_object(entry) for entry in kept]})


@command("remove", "decamp handle remove 2", "decamp handle remove xmpp:alice@example.org")
def remove(run: Run, which: Which) -> Result:
    """Take an address off your cards. Cards and statements that are out already stay as they are."""
    from ..cards import book, handles

    gone = book.remove(run.settings, which)
    run.ui.answer(f"Removed: {handles.label(gone.handle)}, {plain(handles.describe(gone.handle))}")
    return Result({"removed": _object(gone)})


@command("check", "decamp handle check xmpp:alice@example.org", 'decamp handle check "@alice:example.org" --json')
def check(run: Run, address: Address, *, network: NetworkWord = None) -> Result:
    """Look at an address without keeping it: which network, whose server, what is odd about it.

    Nothing is opened and nothing is asked; decamp only reads what you gave it.
    """
    from ..cards import handles

    handle = handles.parse(address, "one", _network(network))
    code = handles.uri_for_qr(handle)
    version = _qr_version(code)
    once, unknown = handles.is_single_use(handle), handles.unknown(handle)
    ui = run.ui
    ui.answer(f"{handles.label(handle)}: {plain(handles.describe(handle))}")
    ui.answer(f"Written as {handle}", wrap=False)
    _say_size(ui, code, version)
    if unknown:
        ui.answer(f"Kept without being understood: {plain(', '.join(unknown))}")
    if once:
        ui.warn("This is for one person only; it cannot go onto a card for everybody.")
    return Result(
        {
            "network": handle.network,
            "address": str(handle),
            "description": handles.describe(handle),
            "link": handles.link(handle),
            "for_one_person": once,
            "unknown": unknown,
            "qr": {"text": code, "bytes": len(code), "version": version},
        }
    )


def _network(name: str | None) -> Network | None:
    from ..model import Network

    if name is None:
        return None
    known = [str(network) for network in Network]
    if name.lower() not in known:
        raise WrongWords(f"There is no network {name!r}.", f"Choose among {', '.join(known)}.")
    return Network(name.lower())


def _object(entry: Entry) -> dict[str, object]:
    from ..cards import handles

    handle: Handle = entry.handle
    return {
        "network": handle.network,
        "address": str(handle),
        "description": handles.describe(handle),
        "label": entry.label,
        "note": entry.note,
    }


def _qr_version(text: str) -> int | None:
    """How large a QR code for this gets, from 1 to 40; None if none is large enough."""
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.exceptions import DataOverflowError
    from qrcode.main import QRCode
    from qrcode.util import MODE_8BIT_BYTE, QRData

    code = QRCode(error_correction=ERROR_CORRECT_M)
    code.add_data(QRData(text.encode(), mode=MODE_8BIT_BYTE))
    try:
        return int(code.best_fit(start=1))
    except (DataOverflowError, ValueError):
        return None


def _say_size(ui: Ui, text: str, version: int | None) -> None:
    if version is None:
        ui.warn(f"With {count(len(text), 'byte')} this fits into no QR code.")
        return
    modules = 4 * version + 17
    width = round((modules + 2 * QUIET_ZONE) * MODULE)
    ui.answer(f"Its QR code has {modules} by {modules} squares: print it at least {width} mm wide.")
    if version > EASY:
        ui.note("That is a large code, which older phones scan badly; a shorter link is better if there is one.")


handle = tree(
    "handle",
    """
    Say where you are to be found from now on.

    The addresses are kept in config.toml in the order in which you prefer them, and go onto every card.
    """,
    {"Your addresses": [add, list_handles, remove, check]},
    examples=("decamp handle add xmpp:alice@example.org", "decamp handle list"),
)
