"""The bridges a person has set up: their settings, their secrets, their folders, and the loop in which they run.

Settings stand in `[bridge.NAME]` of config.toml, secrets in the keyring or in files of their owner.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import DecampError, WrongWords
from ..settings import from_keyring, keep_in_keyring
from .run import Run
from .ui import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridges.api import Bridge, Desk, Setting
    from bridges.state import Health

PATIENCE = 60.0  # seconds that a bridge gets to connect, while somebody waits for it
SECOND_CHANCE = 10.0  # seconds that it gets for further attempts, once it has said what hinders it


class NotSetUp(DecampError):
    """This bridge has not been set up."""

    exit_code = 2

    def __init__(self, name: str, missing: Sequence[str] = ()) -> None:
        lacks = f"The bridge {name} lacks its {' and '.join(missing)}." if missing else None
        super().__init__(lacks or f"The bridge {name} has not been set up.", f"Run: decamp bridge setup {name}")


class BridgeBusy(DecampError):
    """Another decamp uses this bridge at the moment."""

    exit_code = 2
    hint = (
        "Two at once would miss each other's messages. If it is a relay, `decamp relay status` says how that side is "
        "doing; else wait until it has finished."
    )


def section(name: str) -> str:
    """Where in config.toml its settings stand."""
    return f"bridge.{name}"


def folder(run: Run, name: str) -> Path:
    """The bridge's own folder, made for its owner only."""
    path = run.settings.home / "bridges" / name
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def is_set_up(run: Run, bridge: type[Bridge]) -> bool:
    """Whether somebody set it up, and everything that it has to be told is there."""
    try:
        settings_of(run, bridge)
    except NotSetUp:
        return False
    return True


def settings_of(run: Run, bridge: type[Bridge]) -> dict[str, str]:
    """A value for each setting. Raises `NotSetUp` if nobody set it up, or one that is needed is missing.

    Defaults alone do not make a bridge ready: an account that nobody named would be looked for with them. Only a bridge
    that is told nothing but secrets has no section in config.toml.
    """
    name, settings = bridge.about.name, bridge.about.settings
    values = {setting.name: _value(run, name, setting) for setting in settings}
    if not run.settings.has(section(name)) and any(not setting.is_secret for setting in settings):
        raise NotSetUp(name)
    missing = [name for name, value in values.items() if value is None]
    if missing:
        raise NotSetUp(name, missing)
    return {name: value for name, value in values.items() if value is not None}


def keep(run: Run, bridge: type[Bridge], values: Mapping[str, str], *, keyring: bool) -> None:
    """Write down what the person said, each secret apart."""
    name = bridge.about.name
    for setting in bridge.about.settings:
        value = values.get(setting.name, "")
        if not setting.is_secret:
            run.settings.set(section(name), setting.name, value)
        elif keyring:
            keep_in_keyring(_secret(name, setting), value)
            run.settings.forget_secret(_secret(name, setting))
        else:
            run.settings.keep_secret(_secret(name, setting), value.encode())


def desk(run: Run, bridge: type[Bridge], values: Mapping[str, str], cursor: str | None = None) -> Desk:
    """What the bridge works with."""
    from bridges.api import Desk

    return Desk(
        settings={**values, **_as_network_says(run, bridge, values)},
        folder=folder(run, bridge.about.name),
        now=run.now,
        random=SystemRandom(),
        random_bytes=os.urandom,
        cursor=cursor,
    )


def say_what_leaves(run: Run, bridge: type[Bridge], at: Desk) -> None:
    """Where this bridge connects to and as whom, before it does."""
    about = bridge.about
    if about.name == "session":
        from bridges.session.setup import access_of

        from .online import tell

        access = access_of(at)
        tell(run, access)
        if not (access.local or access.direct):
            run.ui.note(
                "Servers of your communities may be asked what their rooms are called; they don't see who asks."
            )
        return
    server, me = _server_of(at.settings), _address_of(at.settings)
    where = f"logs in at {plain(server)}" if server else f"connects to {about.title}"
    run.ui.note(f"decamp {where}{f' as {plain(me)}' if me else ''}.")


@contextmanager
def held(run: Run, name: str) -> Iterator[None]:
    """Keep every other decamp from using this bridge. Whoever is killed holds it no longer."""
    with closing(sqlite3.connect(folder(run, name) / "in-use", timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise BridgeBusy(f"Another decamp uses the bridge {name} at the moment.") from error
        yield


@asynccontextmanager
async def running(bridge: Bridge, at: Desk) -> AsyncIterator[Health]:
    """A bridge that was started, as soon as it is connected or has given up, and in any case within a minute.

    It would try for as long as it runs. Whoever looks wants to hear soon that nothing answers, and why.
    What it yields meanwhile is thrown away: this is for looking, not for relaying.
    """
    await bridge.start(at)
    settled, hindered = asyncio.Event(), False

    async def watch() -> None:
        nonlocal hindered
        async for _ in bridge.events():
            state = bridge.health.state
            if state.is_final or state == "connected":
                settled.set()
            elif state == "interrupted" and not hindered:
                hindered = True
                asyncio.get_running_loop().call_later(SECOND_CHANCE, settled.set)

    watching = asyncio.create_task(watch())
    try:
        with suppress(TimeoutError):  # its health says how far it came
            await asyncio.wait_for(settled.wait(), PATIENCE)
        yield bridge.health
    finally:
        await bridge.stop()
        await watching


def exit_code(health: Health) -> int:
    """0 when it is connected, 3 when it is not let in, 5 when it cannot be reached."""
    from bridges.state import State

    if health.state is State.CONNECTED:
        return 0
    return 3 if health.state in {State.BAD_CREDENTIALS, State.LOGGED_OUT} else 5


def answers_in(run: Run, path: str) -> dict[str, str]:
    """Answers to the questions of `setup` that a file holds, one `name = "value"` a line. `-` is standard input."""
    import tomllib

    from .signing import private_text

    try:
        read = tomllib.loads(private_text(run, path, "The file of answers"))
    except tomllib.TOMLDecodeError:  # which may quote a secret
        raise WrongWords(f"{path} is not written as answers are.", 'Write one a line: name = "value"') from None
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in read.items()}


def _server_of(settings: Mapping[str, str]) -> str:
    """The machine that settings name, as bridges call it; else that of the address. Empty where none is named."""
    if settings.get("transport") == "library":
        return ""  # of SimpleX, which knows its servers by itself
    named = next(filter(None, (settings.get(name) for name in ("homeserver", "host", "imap_server"))), "")
    found = urlsplit(named if "//" in named else f"//{named}").netloc.rpartition("@")[2]  # a URL could have a password
    return found or _address_of(settings).rpartition("@")[2]


def _address_of(settings: Mapping[str, str]) -> str:
    return settings.get("address") or settings.get("domain") or ""


def _value(run: Run, name: str, setting: Setting) -> str | None:
    if setting.is_secret:
        kept = run.settings.secret(_secret(name, setting))
        return kept.decode() if kept is not None else from_keyring(_secret(name, setting)) or setting.default
    said = run.settings.text(section(name), setting.name)
    return setting.default if said is None else said


def _as_network_says(run: Run, bridge: type[Bridge], values: Mapping[str, str]) -> dict[str, str]:
    """How the Session network is reached, for a bridge that goes there and was told nothing else."""
    from .online import SECTION

    said = {
        "direct": "true" if run.settings.switch(SECTION, "direct") else None,
        "proxy": run.environ.get("DECAMP_PROXY") or run.settings.text(SECTION, "proxy"),
        "nodes": run.settings.text(SECTION, "nodes"),
        "standin": run.settings.text(SECTION, "standin"),
    }
    asked = {setting.name for setting in bridge.about.settings} if bridge.about.network == "session" else set()
    return {name: value for name, value in said.items() if value and name in asked and not values.get(name)}


def _secret(name: str, setting: Setting) -> str:
    return f"bridge.{name}.{setting.name.replace('_', '-')}"
