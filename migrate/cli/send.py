"""`decamp send`: one message to one person or group, and which nodes have it."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import DecampError, WrongWords
from .command import command
from .online import Direct, NodeFile, ThroughProxy, access_of, online
from .run import Result, Run
from .secrets import PasswordFile
from .signing import Given, KeysFile, ProfileFolder, RememberWords, WordsFile, signing_keys
from .ui import plain
from .wording import count, size

if TYPE_CHECKING:
    from ..account.files import Outgoing
    from ..account.online import OnlineAccount
    from ..account.places import Place
    from ..account.prepared import Held, Prepared, Sent
    from ..network.network import Network
    from ..session.keys import AccountKeys

LONGEST_INPUT = 1 << 20

To = Annotated[
    str,
    typer.Argument(
        metavar="CONTACT",
        help="Who gets it: a Session ID, the name of a contact or of a group, or `me` for a note to yourself.",
    ),
]
Text = Annotated[
    str | None, typer.Argument(metavar="TEXT", help="What to say; - reads it from standard input.", show_default=False)
]
Files = Annotated[
    list[Path] | None,
    typer.Option("--file", metavar="FILE", help="Send this file too. May be said several times."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Send without asking.")]


class NotDelivered(DecampError):
    """No node of the network has taken the message."""

    exit_code = 5
    hint = "Look into Session whether it arrived all the same, then run the command again."


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be sent, to whom."""

    to: str
    text: str | None
    files: tuple[Outgoing, ...]
    ask: bool


@command(
    "send",
    'decamp send Alice "See you at eight"',
    'decamp send Alice "The garden today" --file garden.jpg',
    'decamp send me "Buy milk" --words-file words.txt',
)
def send(  # noqa: PLR0913  each is a word of the command line
    run: Run,
    *,
    contact: To,
    text: Text = None,
    file: Files = None,
    yes: Yes = False,
    words_file: WordsFile = None,
    keys: KeysFile = None,
    profile: ProfileFolder = None,
    password_file: PasswordFile = None,
    remember: RememberWords = False,
    direct: Direct = False,
    proxy: ThroughProxy = None,
    nodes: NodeFile = None,
) -> Result:
    """Send one message with your Session account.

    Contacts and groups are those that your account keeps on the network, so that nothing but the 13 words is needed.
    Before anything is sent decamp says who will get it, and on a terminal it asks.
    """
    if text == "-" and "-" in (words_file, keys, password_file):
        raise WrongWords("Standard input can hold the text or a secret, not both.")
    wish = Wish(contact, _said(text), tuple(map(_outgoing, file or [])), ask=run.ui.interactive and not yes)
    _check(wish)
    given = Given(profile, words_file, keys, password_file, remember, online=True)
    own = signing_keys(run, given)
    access = access_of(run, direct=direct, proxy=proxy, nodes=nodes)
    return online(run, access, lambda network: _send(run, network, own, wish))


async def _send(run: Run, network: Network, keys: AccountKeys, wish: Wish) -> Result:
    import secrets

    from ..account.online import OnlineAccount

    account = OnlineAccount(keys, network, run.now, secrets.token_bytes)
    unread = await account.refresh()
    for trouble in unread.values():
        run.ui.warn(f"The settings of a group could not be read: {trouble}")
    place = _chosen(run, account, wish.to)
    if not _agreed(run, place, wish):
        return Result({"to": _shown(place), "sent": False})
    prepared = await _prepared(account, place.id, wish)
    sent = await account.post(prepared)
    if not sent.is_delivered:
        raise NotDelivered(f"No node has taken the message: {_why(sent)}.")
    return _report(run, place, wish, sent)


async def _prepared(account: OnlineAccount, to: str, wish: Wish) -> Prepared:
    if wish.files:
        return await account.prepare_files(to, wish.files, body=wish.text)
    return account.prepare_text(to, wish.text or "")


# -- who gets it -------------------------------------------------------------------------------------


def _chosen(run: Run, account: OnlineAccount, named: str) -> Place:
    """The one place that is meant. Raises `WrongWords` where it is none, several, or blocked; nobody guesses."""
    known = list(account.places())
    found = [place for place in known if place.is_called(named)]
    if not found:
        return _stranger(known, named)
    if len(found) > 1:
        for place in found:
            run.ui.line(f"{place.id}  {place.name}")
        raise WrongWords(f"{named!r} may be any of these {len(found)}.", "Name the one you mean by the id.")
    if found[0].blocked:
        raise WrongWords(f"{found[0].name} is blocked.", "Unblock them in Session before you write to them.")
    return found[0]


def _stranger(known: list[Place], named: str) -> Place:
    """Somebody who is not in the address book, by their Session ID alone."""
    from ..account.places import Place, PlaceKind
    from ..model import short_id
    from ..session.envelope import x25519_of
    from ..session.keys import BadKey

    id = named.strip().lower()
    try:
        x25519_of(id)
    except BadKey:
        names = {name.casefold(): name for place in known for name in place.names}
        near = difflib.get_close_matches(named.casefold(), names, n=3, cutoff=0.5)
        hint = f"Did you mean {', '.join(names[one] for one in near)}?" if near else "Name them by their Session ID."
        raise WrongWords(f"No contact or group of this account is called {named!r}.", hint) from None
    return Place(id=id, name=short_id(id), kind=PlaceKind.PERSON, approved=False)


def _agreed(run: Run, place: Place, wish: Wish) -> bool:
    """Say who gets what and what leaves the machine; on a terminal somebody has to say yes."""
    from ..account.places import PlaceKind

    ui = run.ui
    name = plain(place.name)
    who = {PlaceKind.GROUP: f"everybody in the group {name}", PlaceKind.NOTE: "yourself, as a note"}
    ui.note(f"This goes to {who.get(place.kind, name)}:  {place.id}", wrap=False)
    if place.kind is PlaceKind.PERSON and not place.approved:
        ui.note("You have not written to them before: they see it as a message request.")
    if wish.text is not None:
        readers = "you" if place.kind is PlaceKind.NOTE else "they and your own devices"
        ui.note(f"The text, {count(len(wish.text), 'character')}, leaves sealed, so that only {readers} can read it.")
    for file in wish.files:
        bytes_ = size(file.content.stat().st_size if isinstance(file.content, Path) else len(file.content))
        ui.note(f"The file {plain(file.name)}, {bytes_}, goes to Session's file server, sealed in the same way.")
    return not wish.ask or ui.choose("Send it?", ["yes", "no"]) == 0


# -- what is sent ------------------------------------------------------------------------------------


def _said(text: str | None) -> str | None:
    """The text, from standard input if it is -."""
    if text != "-":
        return text
    said = sys.stdin.read(LONGEST_INPUT).rstrip("\r\n")
    if not said:
        raise WrongWords("There is no text on standard input.")
    return said


def _check(wish: Wish) -> None:
    """Say what will not go before anybody types 13 words for it."""
    from ..account import files
    from ..account.composing import check_length

    if wish.text is None and not wish.files:
        raise WrongWords("There is nothing to send.", "Add the text in quotation marks, or --file FILE.")
    check_length(wish.text)
    if wish.files:
        files.check(wish.files)


def _outgoing(path: Path) -> Outgoing:
    import mimetypes

    from ..account.files import Outgoing

    path = path.expanduser()
    if not path.is_file():
        raise WrongWords(f"There is no file {path}.", "Name a file that can be read.")
    return Outgoing(path, path.name, mimetypes.guess_type(path.name)[0] or "application/octet-stream")


# -- what came of it ---------------------------------------------------------------------------------


def _report(run: Run, place: Place, wish: Wish, sent: Sent) -> Result:
    ui = run.ui
    if sent.message is not None:
        ui.report(f"Delivered to {plain(place.name)}: {_holders(sent.message)}.")
        for node, why in sent.message.without.items():
            ui.report(f"  node {node[:8]} does not: {plain(why)}")
    if sent.copy is not None and sent.copy.is_there:
        ui.report(f"Your own devices will show it too: {_holders(sent.copy)}.")
    elif sent.copy is not None:
        ui.warn(f"Your own devices will not show it: {', '.join(sent.copy.troubles) or 'no node took the copy'}.")
    return Result(
        {
            "to": _shown(place),
            "sent": True,
            "sent_at": sent.sent_at,
            "files": len(wish.files),
            "message": sent.message,
            "copy": sent.copy,
        },
        0 if sent.is_complete else 6,
    )


def _holders(held: Held) -> str:
    return f"{len(held.holders)} of {count(len(held.holders) + len(held.without), 'node')} hold it"


def _shown(place: Place) -> dict[str, object]:
    return {"id": place.id, "name": place.name, "kind": place.kind}


def _why(sent: Sent) -> str:
    first = sent.message or sent.acceptance
    return ", ".join(first.troubles) if first is not None and first.troubles else "no node answered"
