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
from .run import Result, Run
from .ui import plain
from .wording import count

if TYPE_CHECKING:
    from bridges.relay.model import Link

    from .relay_setup import Relaying

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


@command("pause", 'decamp relay pause "Book club"')
def pause(run: Run, name: Name) -> Result:
    """Let a link stand still. What comes meanwhile is kept."""
    with _one_link(run, name) as (relaying, link):
        relaying.store.stop(link.name, None, "paused by you", run.now())
        relaying.store.database.commit()
    run.ui.report(f"{plain(link.title or link.name)} stands still. What comes is kept; `decamp relay resume` goes on.")
    return Result({"name": link.name})


@command("resume", 'decamp relay resume "Book club"')
def resume(run: Run, name: Name) -> Result:
    """Let a link go on that was paused, or that stopped because too much came at once."""
    with _one_link(run, name) as (relaying, link):
        stood = relaying.store.resume(link.name)
        relaying.store.database.commit()
    title = plain(link.title or link.name)
    run.ui.report(f"{title} goes on." if stood else f"{title} did not stand still.")
    return Result({"name": link.name, "stood": stood})


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
def _one_link(run: Run, name: str) -> Iterator[tuple[Relaying, Link]]:
    """The link that is meant by a name, in the store that it is in."""
    from .relay_setup import opened

    with opened(run) as relaying:
        yield relaying, _meant(run, relaying, name)


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
        "What is relayed": [add, list_links, remove],
        "While it runs": [run_relay, status, pause, resume, retry, doctor],
    },
    examples=("decamp relay add session xmpp-component", "decamp relay run", "decamp relay status"),
)
