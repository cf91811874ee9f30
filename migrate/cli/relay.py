"""`decamp relay`: staying reachable for those who stay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import WrongWords
from .command import command, tree
from .relay_doctor import doctor
from .relay_link import Name, add, remove
from .relay_words import accept, block, contacts, set_option, start, sync
from .run import Result, Run
from .ui import plain
from .wording import count

if TYPE_CHECKING:
    from bridges.relay.model import Link

    from .relay_setup import Named, Relaying

MaybeName = Annotated[str | None, typer.Argument(metavar="NAME", help="Only this link, or this side.")]
Json = Annotated[str, typer.Option("--log-format", metavar="FORMAT", help="`text`, or `json` for one object a line.")]
Port = Annotated[
    int | None,
    typer.Option(
        "--status-port", metavar="N", min=0, max=65535,
        help="Show a page for this machine on this port, with /health and /metrics; 0 is any that is free.",
    ),
]  # fmt: skip


@command("list", "decamp relay list")
def list_links(run: Run) -> Result:
    """Show what is linked with what."""
    from .relay_setup import opened
    from .relay_status import show_list

    with opened(run) as relaying:
        return Result({"links": show_list(run, relaying)})


@command("run", "decamp relay run", "decamp relay run --log-format json --status-port 8480")
def run_relay(run: Run, *, log_format: Json = "text", status_port: Port = None) -> Result:
    """Relay, in the foreground, until Ctrl-C or a signal.

    What it says: when, what, how many; never a text, a whole address, or a secret. It ends within ten seconds, and the
    next run goes on from there. Exit code 0 after SIGTERM, 130 after Ctrl-C.
    """
    from .relay_run import relay

    if log_format not in {"text", "json"}:
        raise WrongWords(f"{log_format!r} is no format of a log.", "There are: text, json.")
    return Result(code=relay(run, json_lines=log_format == "json", status_port=status_port))


@command("status", "decamp relay status", "decamp relay status --json")
def status(run: Run) -> Result:
    """Tell how each side and each link is doing, also while the relay runs."""
    from bridges.relay.status import snapshot

    from .relay_setup import is_running, opened
    from .relay_status import show_status

    with opened(run) as relaying:
        found, running = snapshot(relaying.store), is_running(run)
        show_status(run, found, running=running)
    return Result({"running": running, "now": run.now(), "status": found})


@command("pause", 'decamp relay pause "Book club"', "decamp relay pause session-matrix")
def pause(run: Run, name: Name) -> Result:
    """Let a link stand still, or a rule with all links that it made and will make. What comes meanwhile is kept."""
    from bridges.relay.control import PAUSED

    from .relay_setup import Named

    with _one(run, name) as (relaying, found):
        if isinstance(found, Named):
            relaying.store.rest(found.rule, PAUSED, run.now())
        else:
            relaying.store.stop(found.name, None, PAUSED, run.now())
        relaying.store.database.commit()
    run.ui.report(f"{_title(found)} stands still. What comes is kept; `decamp relay resume` goes on.")
    return Result({"name": found.name})


@command("resume", 'decamp relay resume "Book club"', "decamp relay resume session-matrix")
def resume(run: Run, name: Name) -> Result:
    """Let a link or a rule go on that was paused, or a link that stopped because too much came at once."""
    from .relay_setup import Named

    with _one(run, name) as (relaying, found):
        store = relaying.store
        stood = store.go_on(found.rule) if isinstance(found, Named) else store.resume(found.name)
        why = None if isinstance(found, Named) else store.portals.why(found)
        store.database.commit()
    if why is not None:
        run.ui.report(f"{_title(found)} goes on when its rule does: {why}.")
    else:
        run.ui.report(f"{_title(found)} goes on." if stood else f"{_title(found)} did not stand still.")
    return Result({"name": found.name, "stood": stood})


@command("retry", "decamp relay retry", 'decamp relay retry "Book club"', "decamp relay retry matrix")
def retry(run: Run, name: MaybeName = None) -> Result:
    """Try again what did not get through, and start a side that has stopped.

    NAME is a link, or a side: what did not get through to it is tried again, too.
    """
    from .relay_setup import is_running, opened

    started: list[str] = []
    with opened(run) as relaying:
        store = relaying.store
        if name is None or name in store.sides:
            tried = store.retry(None, name)
            started = [one for one in store.sides if is_running(run) and _is_meant(relaying, one, name)]
        else:
            tried = store.retry(_meant(run, relaying, name).name)
        for one in started:
            store.ask_again(one)
        store.database.commit()
    run.ui.report(f"{count(tried, 'message')} {'is' if tried == 1 else 'are'} tried again.")
    for one in started:
        run.ui.report(f"{one} is started again.")
    return Result({"tried": tried, "started": started})


def _is_meant(relaying: Relaying, side: str, name: str | None) -> bool:
    """Whether a side is to be started: the one that was named unless it is connected, else all that need a person."""
    noted = relaying.store.noted_health(side)
    state = noted[0].state if noted is not None else None
    if name is None:
        return state is not None and state.is_final
    return side == name and state != "connected"


@contextmanager
def _one(run: Run, name: str) -> Iterator[tuple[Relaying, Link | Named]]:
    """The link or the rule that is meant by a name, in the store that it is in."""
    from .relay_setup import opened
    from .relay_status import find

    with opened(run) as relaying:
        yield relaying, find(run.ui, relaying, name)


def _title(found: Link | Named) -> str:
    from .relay_setup import Named
    from .relay_view import called

    return plain(found.name if isinstance(found, Named) else called(found))


def _meant(run: Run, relaying: Relaying, name: str) -> Link:
    from .relay_setup import Named
    from .relay_status import find

    found = find(run.ui, relaying, name)
    if isinstance(found, Named):
        raise WrongWords(
            f"{found.name} is a rule, which makes links.", "Name one of its links: `decamp relay list` shows them."
        )
    return found


relay = tree(
    "relay",
    """
    Stay reachable for those who stay: relay between Session and the network you moved to.

    Set up a bridge for each network first (`decamp bridge setup`), then say what to relay with what, and let it run.
    """,
    {
        "What is relayed": [add, list_links, set_option, remove],
        "While it runs": [run_relay, status, pause, resume, retry, doctor],
        "Who is relayed": [contacts, start, accept, block, sync],
    },
    examples=("decamp relay add session xmpp-component", "decamp relay run", "decamp relay status"),
)
