"""`decamp relay doctor`: everything that a relay needs, looked at one by one, with what to do about the rest."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DecampError
from ..model import Noun
from .command import command
from .run import Result, Run
from .ui import plain
from .wording import duration

if TYPE_CHECKING:
    from .relay_setup import Named, Relaying, Seated

FAILED = 7
SKEW = 60.0
"""Seconds that the clock may be off: signed requests bear no more (formats page of the Session network, 2.4)."""
PATIENCE = 20.0


class Kind(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"


class Finding(Noun, frozen=True, kw_only=True):
    """One thing that was looked at."""

    kind: Kind
    text: str
    todo: str = ""


def _ok(text: str) -> Finding:
    return Finding(kind=Kind.OK, text=text)


def _note(text: str, todo: str = "") -> Finding:
    return Finding(kind=Kind.NOTE, text=text, todo=todo)


def _warning(text: str, todo: str) -> Finding:
    return Finding(kind=Kind.WARNING, text=text, todo=todo)


@command("doctor", "decamp relay doctor", "decamp relay doctor --json")
def doctor(run: Run) -> Result:
    """Look whether everything is in order that a relay needs, and say what to do about the rest.

    It asks the networks for the time, and logs in nowhere. Exit code 7: something has to be done.
    """
    from .relay_setup import is_running, opened

    with opened(run) as relaying:
        running = is_running(run)
        findings = [
            *_files(run),
            *([_ok("A relay runs.")] if running else [_note("No relay runs.", "`decamp relay run` starts it.")]),
            *_links(run, relaying),
        ]
        for name, seat in sorted(relaying.seats.items()):
            findings += _bridge(name, seat)
            if seat.trouble is None and not running:
                findings += _ports(name, seat)
            if seat.trouble is None:
                findings += _clock(run, name, seat)
        findings += [finding for one in relaying.rules for finding in _abilities(relaying, one)]
    for finding in findings:
        run.ui.answer(f"{finding.kind:<8} {plain(finding.text)}", wrap=False)
        if finding.todo:
            run.ui.answer(f"         {plain(finding.todo)}", wrap=False)
    wrong = sum(finding.kind is Kind.WARNING for finding in findings)
    return Result({"findings": findings, "warnings": wrong}, FAILED if wrong else 0)


# -- this machine ------------------------------------------------------------------------------------


def _files(run: Run) -> Iterator[Finding]:
    """Nobody else may read what decamp keeps; Windows has other ways for that, which are not looked at."""
    home = run.settings.home
    if os.name != "posix":
        yield _note(f"Who may read {home} is not looked at on this system.")
        return
    open_to_others = [path for path in _private(home) if path.stat().st_mode & 0o077]
    for path in open_to_others:
        mode = "700" if path.is_dir() else "600"
        yield _warning(f"Others may read {path}.", f"Run: chmod {mode} '{path}'")
    if not open_to_others:
        yield _ok(f"Only you may read {home}.")


def _private(home: Path) -> Iterator[Path]:
    from bridges.relay.sqlite import NAME

    from .relay_run import SPOOL

    for path in (home, home / "secrets", home / "bridges", home / SPOOL, home / NAME):
        if path.exists():
            yield path
    for folder in (home / "secrets", home / "bridges"):
        if folder.is_dir():
            yield from sorted(folder.iterdir())


# -- what is relayed ---------------------------------------------------------------------------------


def _links(run: Run, relaying: Relaying) -> Iterator[Finding]:
    from .relay_history import has_archive
    from .relay_setup import control_of
    from .relay_view import called

    store = relaying.store
    links = [link for name, link in store.portals.links.items() if name not in store.portals.ended]
    if not links and not relaying.rules:
        yield _warning("Nothing is relayed yet.", "Say what: decamp relay add session xmpp-component")
    else:
        yield _ok(f"Rules: {len(relaying.rules)}, links: {len(links)}.")
    for name in sorted({name for name, _ in store.portals.stops}):
        title = called(store.portals.links[name]) if name in store.portals.links else name
        yield _warning(f"{title} stands still.", f"Run: decamp relay resume '{plain(title)}'")
    for one in relaying.rules:
        if (one.rule.source, one.rule.target) in store.portals.rests:
            yield _warning(f"{one.name} stands still.", f"Run: decamp relay resume {plain(one.name)}")
    if (relaying.rules or links) and not control_of(run):
        yield _note(
            "There is no chat in which the relay could tell you what went wrong.",
            "Look at `decamp relay status` now and then, or name one in [relay] of config.toml: docs/relay.md.",
        )
    if any(one.rule.options.history for one in relaying.rules) and not has_archive(run):
        yield _warning("New chats are to begin with earlier messages, and no archive is named.",
                       "Run `decamp relay add` again, with --archive.")  # fmt: skip
    failed = sum(side[0] for (_, state), side in store.outbox.by_state().items() if state == 2)
    if failed:
        yield _warning(f"Messages that did not get through: {failed}.", "Run: decamp relay retry")


# -- each bridge -------------------------------------------------------------------------------------


def _bridge(name: str, seat: Seated) -> Iterator[Finding]:
    from bridges.registry import lacking

    if seat.trouble is not None:
        yield _warning(str(seat.trouble), seat.trouble.hint)
        return
    yield from (_note(said, todo) for said, todo in lacking(seat.side.about))
    asks = any(setting.name == "owner" for setting in seat.side.about.settings)
    if asks and not seat.side.owners:
        yield _note(
            f"{name} has not been told who you are there: its account counts as your own.",
            f"If it is another account than yours, run: decamp bridge setup {name}",
        )
    else:
        yield _ok(f"{name} is set up.")


def _ports(name: str, seat: Seated) -> Iterator[Finding]:
    """Where the bridge waits for a server, and where it looks for a program, on this machine alone."""
    listen = seat.values.get("listen", "")
    host, _, port = listen.rpartition(":")
    if port.isdecimal():
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host.strip("[]"), int(port)))
            yield _ok(f"{name} can listen at {listen}.")
        except OSError as error:
            yield _warning(
                f"{name} cannot listen at {listen}: {error.strerror}.", "Stop what uses it, or set it up anew."
            )
    host, port = seat.values.get("host", ""), seat.values.get("port", "")
    if host in {"127.0.0.1", "localhost", "::1"} and port.isdecimal() and seat.values.get("transport") != "library":
        try:
            with socket.create_connection((host, int(port)), timeout=2):
                yield _ok(f"{name}: something answers at {host}:{port}.")
        except OSError:
            yield _warning(
                f"{name}: nothing answers at {host}:{port}.", "Start the program or server that belongs there."
            )


def _clock(run: Run, name: str, seat: Seated) -> Iterator[Finding]:
    """How far the clock is off: a wrong one breaks expiry and signed requests on Session, and names times wrongly."""
    try:
        if seat.side.about.network == "session":
            off = _session_offset(run, seat)
        elif seat.side.about.network == "matrix" and seat.values.get("homeserver"):
            off = _http_offset(run, seat.values["homeserver"])
        else:
            return
    except (DecampError, OSError, TimeoutError) as error:
        yield _note(
            f"{name} could not be asked for the time: {str(error) or type(error).__name__}.", "Look at the network."
        )
        return
    if off is None:
        yield _note(f"{name} did not tell the time.")
    elif abs(off) > SKEW:
        ahead = "ahead of" if off > 0 else "behind"
        yield _warning(
            f"The clock of this machine is {duration(abs(off))} {ahead} that of {name}.",
            "Set it, and let the system keep it right.",
        )
    else:
        yield _ok(f"{name}: the clock agrees.")


def _session_offset(run: Run, seat: Seated) -> float | None:
    """In seconds, as a few nodes of the network have the time."""
    import asyncio
    import secrets
    from random import SystemRandom

    from bridges.session.setup import access_of

    from ..network.network import connect
    from .bridging import desk

    access = access_of(desk(run, seat.ready(), seat.values))  # the way that the bridge itself goes, with its proxy

    async def ask() -> float | None:
        async with asyncio.timeout(PATIENCE):
            async with connect(access, now=run.now, random=SystemRandom(), rng=secrets.token_bytes) as network:
                await network.swarm("05" + "00" * 32)  # whoever's: every answer tells the time
                return network.clock.offset / 1000

    return asyncio.run(ask())


def _http_offset(run: Run, homeserver: str) -> float | None:
    """In seconds, by the Date of an answer; the one word of a homeserver that nobody has to log in for."""
    import asyncio
    from email.utils import parsedate_to_datetime

    import aiohttp

    address = homeserver if "://" in homeserver else f"https://{homeserver}"

    async def ask() -> str | None:
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        place = f"{address.rstrip('/')}/_matrix/client/versions"
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(place, allow_redirects=False) as answer,
        ):
            return answer.headers.get("Date")

    try:
        said = asyncio.run(ask())
    except aiohttp.ClientError as error:
        raise OSError(type(error).__name__) from error
    try:
        return run.now() / 1000 - parsedate_to_datetime(said).timestamp() if said else None
    except ValueError:
        return None


# -- what is lost on the way -------------------------------------------------------------------------


def _abilities(relaying: Relaying, one: Named) -> Iterator[Finding]:
    """What one side of a rule can do and the other cannot show as it is."""
    from bridges.about import Can

    shown = (Can.FILES, Can.VOICE, Can.REPLIES, Can.EDITS, Can.DELETES, Can.REACTIONS, Can.READ, Can.TIMERS)
    source, target = relaying.sides[one.rule.source].about, relaying.sides[one.rule.target].about
    lacking = [can.value for can in shown if can in source.can and can not in target.can]
    back = [can.value for can in shown if can in target.can and can not in source.can]
    for here, there, names in ((source, target, lacking), (target, source, back)):
        if names:
            yield _note(f"{there.name} has no {', '.join(names)}: what {here.name} has of it is told in words.")
