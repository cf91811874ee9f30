"""What one can write to the relay in its chat, and say at the terminal as well, with the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .command import command
from .run import Result, Run
from .ui import plain
from .wording import count

if TYPE_CHECKING:
    from .relay_setup import Named, Relaying

NOTHING_FOUND = 4
Whom = Annotated[str, typer.Argument(metavar="NAME", help="A contact, as `decamp relay contacts` calls them.")]
MaybeWord = Annotated[str, typer.Argument(metavar="WORD", help="Only those whose name has this in it.")]
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The number that the relay told you.")]
What = Annotated[str, typer.Argument(metavar="NAME", help="A link or a rule, as `decamp relay list` calls it.")]
OptionName = Annotated[str, typer.Argument(metavar="OPTION", help="Such as receipts, as `add` has it.")]
Value = Annotated[str, typer.Argument(metavar="VALUE", help="on, off, a number or a text.")]


@command("contacts", "decamp relay contacts", "decamp relay contacts maya")
def contacts(run: Run, word: MaybeWord = "") -> Result:
    """Show the chats that can be relayed, as far as the relay has heard of them."""
    return _say(run, "contacts", word)


@command("start", "decamp relay start Maya")
def start(run: Run, name: Whom) -> Result:
    """Make the chat for a contact, before anybody has written. A relay that runs does so at once."""
    return _say(run, "start", name)


@command("accept", "decamp relay accept 3")
def accept(run: Run, number: Number) -> Result:
    """Let somebody in who asked to write to you."""
    return _say(run, "accept", number)


@command("block", "decamp relay block 3")
def block(run: Run, number: Number) -> Result:
    """Leave somebody outside who asked to write to you. They are told nothing."""
    return _say(run, "block", number)


@command("sync", "decamp relay sync")
def sync(run: Run) -> Result:
    """Ask for all contacts again, and give everybody their name and picture again."""
    return _say(run, "sync", "")


@command("set", "decamp relay set Maya receipts on", "decamp relay set session-matrix grace-hours 24")
def set_option(run: Run, name: What, option: OptionName, value: Value) -> Result:
    """Change an option of a link, or of a rule and all links that it made."""
    from bridges.relay.options import with_option

    from .relay_setup import Named, opened
    from .relay_status import find

    with opened(run) as relaying:
        found = find(run.ui, relaying, name)
        # Raises for what cannot be, before anything is changed.
        with_option(found.rule.options if isinstance(found, Named) else found.options, option, value)
        if not isinstance(found, Named):
            return _answered(run, relaying, f"set {found.name} {option} {value}")
        changed = _set_rule(run, relaying, found, option, value)
    also = f", and so it is for {count(changed, 'link')} that it made" if changed else ""
    run.ui.report(f"{plain(found.name)}: {option} is {plain(value)} now{also}.")
    return Result({"name": found.name, "links": changed})


def _set_rule(run: Run, relaying: Relaying, one: Named, option: str, value: str) -> int:
    """Change a rule in config.toml, and what it made in the store. Returns how many links that were."""
    from msgspec.structs import replace

    from bridges.relay.options import with_option

    from .relay_setup import Named, keep_rules

    rule = replace(one.rule, options=with_option(one.rule.options, option, value))
    keep_rules(run, [Named(one.name, rule) if other.name == one.name else other for other in relaying.rules])
    portals = relaying.store.portals
    made = [
        link for name, link in portals.links.items()
        if name not in portals.ended and link.made and link.ends[0].bridge == rule.source
        and any(end.bridge == rule.target for end in link.ends[1:])
    ]  # fmt: skip
    for link in made:
        portals.change(replace(link, options=with_option(link.options, option, value)))
    relaying.store.database.commit()
    return len(made)


def _say(run: Run, word: str, about: str) -> Result:
    """Say to the store what one could have written in the chat."""
    from .relay_setup import opened

    with opened(run) as relaying:
        return _answered(run, relaying, f"{word} {about}")


def _answered(run: Run, relaying: Relaying, said: str) -> Result:
    """The relay's answer. A relay that runs in another process takes it up within a second."""
    from bridges.relay import control

    answer = control.obey(control.parse(said), relaying.store, run.now())
    relaying.store.database.commit()
    for line in answer.splitlines():
        run.ui.answer(plain(line))
    return Result({"answer": answer}, NOTHING_FOUND if isinstance(answer, control.NotDone) else 0)
