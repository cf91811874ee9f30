"""`decamp relay add` and `decamp relay remove`: what is relayed with what, chosen by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import WrongWords
from .command import command
from .run import Result, Run
from .ui import plain
from .wording import count

if TYPE_CHECKING:
    from bridges.relay.model import Link

    from .relay_add import Added
    from .relay_setup import Named, Relaying

First = Annotated[
    str,
    typer.Argument(metavar="FROM", help='A bridge, for every contact there, or one chat of it: session:"Book club".'),
]
Others = Annotated[
    list[str],
    typer.Argument(metavar="TO", help="A bridge, which makes what is needed, or a chat of it: matrix:books."),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A link or a rule, as `decamp relay list` calls it.")]
Called = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What to call it.")]
ByMode = Annotated[
    str | None,
    typer.Option(
        "--mode", metavar="MODE",
        help="What a contact gets: `ghosts` an address of their own, `chats` a chat, `shared` a place in one for all.",
    ),
]  # fmt: skip
OneWay = Annotated[bool, typer.Option("--one-way", help="Relay from the first chat to the others only.")]
Everybody = Annotated[
    bool, typer.Option("--everybody", help="In a chat with one person: send them what anybody writes, not you alone.")
]
Groups = Annotated[bool, typer.Option("--groups", help="Relay groups as well, not only people.")]
Receipts = Annotated[bool, typer.Option("--receipts", help="Let the other side see what you have read.")]
Typing = Annotated[bool, typer.Option("--typing", help="Let the other side see when you type.")]
Notices = Annotated[bool, typer.Option("--notices", help="Relay what machines write in rooms, where there is no bot.")]
ReactionNotices = Annotated[
    bool, typer.Option("--reaction-notices", help="Make a line of each reaction that the other side cannot show.")
]
NoDisappearing = Annotated[
    bool, typer.Option("--no-disappearing", help="Leave out messages that are to disappear; other servers keep copies.")
]
GhostName = Annotated[
    str,
    typer.Option(
        "--ghost-name", metavar="TEXT", help="How contacts are called there; it holds {name}, and may hold {network}."
    ),
]
HistoryOf = Annotated[
    int, typer.Option("--history", metavar="N", min=0, help="Begin each new chat with the last N messages.")
]
FromArchive = Annotated[
    Path | None, typer.Option("--archive", metavar="ARCHIVE", help="Where those come from: what `export` made.")
]
Grace = Annotated[
    int,
    typer.Option(
        "--grace-hours", metavar="N", min=0, help="How long those who have arrived are still relayed; 72 unless said."
    ),
]

KeptDays = Annotated[
    int,
    typer.Option(
        "--kept-days", metavar="N", min=30,
        help="How long the relay knows which message is which, for answers, edits and deletions; 400 unless said.",
    ),
]  # fmt: skip


@command(
    "add",
    "decamp relay add session xmpp-component",
    "decamp relay add session deltachat --history 20 --archive session-archive",
    'decamp relay add session:"Book club" "matrix:#books"',
)
def add(  # noqa: PLR0913  each is a word of the command line
    run: Run,
    first: First,
    others: Others,
    *,
    name: Called = None,
    mode: ByMode = None,
    one_way: OneWay = False,
    everybody: Everybody = False,
    groups: Groups = False,
    receipts: Receipts = False,
    typing: Typing = False,
    notices: Notices = False,
    reaction_notices: ReactionNotices = False,
    no_disappearing: NoDisappearing = False,
    ghost_name: GhostName = "{name} ({network})",
    history: HistoryOf = 0,
    archive: FromArchive = None,
    grace_hours: Grace = 72,
    kept_days: KeptDays = 400,
) -> Result:
    """Relay every contact of a network to another one, or join chats of two or more networks.

    Chats are named, never found by hand: a part of the name is enough, and where several fit you choose from a list.
    It connects to the bridges to see their chats. Nothing is relayed before `decamp relay run`.
    """
    import asyncio

    from bridges.relay.model import Mode, Options

    from .relay_add import Adding, Wanted
    from .relay_ends import Word
    from .relay_history import NoArchive, has_archive, set_archive
    from .relay_setup import opened

    if mode is not None and mode not in set(Mode):
        raise WrongWords(f"{mode!r} is no mode.", f"There are: {', '.join(Mode)}.")
    if "{name}" not in ghost_name:
        raise WrongWords("Everybody would be called the same.", 'It goes like this: --ghost-name "{name} ({network})".')
    if archive is not None:
        set_archive(run, archive)
    if history and not has_archive(run):
        raise NoArchive
    options = Options(
        receipts=receipts, typing=typing, notices=notices, reaction_notices=reaction_notices,
        disappearing=not no_disappearing, history=history, ghost_name=ghost_name, grace_hours=grace_hours,
        kept_days=kept_days,
    )  # fmt: skip
    wanted = Wanted(options, name, Mode(mode) if mode else None, one_way, groups, everybody)
    with opened(run) as relaying:
        added = asyncio.run(Adding(run, relaying, [Word.read(word) for word in (first, *others)], wanted).add())
        _say_added(run, relaying, added)
    data = added.link if added.link is not None else added.rule.rule if added.rule is not None else None
    return Result({"name": added.name, "added": data, "again": added.again, "control": added.control})


def _say_added(run: Run, relaying: Relaying, added: Added) -> None:
    from .relay_setup import is_running

    ui = run.ui
    if added.rule is not None:
        rule = added.rule.rule
        gets = {"ghosts": "an address of their own", "chats": "a chat of their own", "shared": "a name in one chat"}
        ui.report(
            f"{plain(added.name)}: every accepted contact of {rule.source} gets {gets[rule.mode]} on {rule.target}, "
            "when they write or you ask for them."
        )
        if is_running(run):
            ui.note("The relay that runs takes it up within seconds.")
    elif added.link is not None:
        others = " and ".join(end.bridge for end in added.link.ends[1:])
        ui.report(f"{plain(added.name)}: linked with {others}.")
        if added.link.private:
            ui.note(f"What you write there goes to {plain(added.link.title)}; what others write there does not.")
        ui.note("A relay that runs takes it up within seconds.")
    if added.control:
        chats = [relaying.store.chat_of(place) for place in added.control]
        names = " and ".join(
            f"{plain(chat.title) if chat else 'a chat'} on {place.bridge}"
            for place, chat in zip(added.control, chats, strict=True)
        )
        ui.note(f"The relay speaks to you in {names}: write `help` there.")
    else:
        ui.note("There is no chat in which the relay could tell you what went wrong: look at `decamp relay status`.")
    ui.note("decamp reads what it relays, and so does each network that is not encrypted to its end: docs/relay.md.")


@command("remove", 'decamp relay remove "Book club"', "decamp relay remove session-deltachat")
def remove(run: Run, name: Name) -> Result:
    """Relay something no more. The chats stay on both sides, with everything in them."""
    from .relay_setup import Named, opened
    from .relay_status import find

    with opened(run) as relaying:
        found = find(run.ui, relaying, name)
        dropped = 0 if isinstance(found, Named) else _end(run, relaying, found)
        if isinstance(found, Named):
            _end_rule(run, relaying, found)
    if dropped:
        run.ui.warn(f"{count(dropped, 'message')} that had not gone out {'is' if dropped == 1 else 'are'} dropped.")
    return Result({"name": found.name, "dropped": dropped})


def _end(run: Run, relaying: Relaying, link: Link) -> int:
    """End a link, and drop what waits for it. Returns how many messages that were."""
    from .relay_view import called

    store = relaying.store
    store.database.begin()
    dropped = store.drop_waiting(link.name, "removed by you")
    store.resume(link.name)
    store.portals.end(link.name, run.now())
    store.database.commit()
    run.ui.report(
        f"{plain(called(link))} is relayed no more. The chats stay as they are; so does what decamp knows "
        "about which message is which."
    )
    return dropped


def _end_rule(run: Run, relaying: Relaying, one: Named) -> None:
    from .relay_setup import keep_rules

    keep_rules(run, [other for other in relaying.rules if other.name != one.name])
    rule = one.rule
    made = [link for name, link in relaying.store.portals.links.items() if name not in relaying.store.portals.ended
            and link.made and link.ends[0].bridge == rule.source
            and any(end.bridge == rule.target for end in link.ends)]  # fmt: skip
    run.ui.report(f"{plain(one.name)}: no further chats are made on {rule.target}.")
    if made:
        run.ui.report(
            f"{count(len(made), 'chat')} that it made {'goes' if len(made) == 1 else 'go'} on being relayed; "
            "`decamp relay remove` ends each of them."
        )
