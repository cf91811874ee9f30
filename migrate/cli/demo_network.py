"""`decamp demo --network`: a Session network on this machine with an account on it, to try restoring and sending."""

from __future__ import annotations

import secrets
import shlex
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from ..errors import DecampError
from ..settings import Settings
from .online import SECTION
from .run import Result, Run
from .wording import count

HOME, WORDS, RESTORED = "home", "words.txt", "restored"
STANDIN = "standin.json"
SEED = 20
DAY = 86_400_000
LOOK_EVERY = 1.0  # seconds between two looks of the friend who answers


class NoStandIn(DecampError):
    """The stand-in network needs a library that is not installed."""

    exit_code = 2
    hint = "Install decamp with it: `pipx install 'decamp[standin]'`."


def demo_network(run: Run, folder: Path, sleep: Callable[[float], None] = time.sleep) -> Result:
    """Run the stand-in until somebody stops it.

    The account is the same each time, and on the same day so is every message: a second restore finds nothing new.
    """
    try:
        from ..standin.network import StandIn
    except ImportError as error:
        raise NoStandIn from error
    from ..demo.online import Echo, Size, populate
    from ..session.keys import AccountKeys, Seed
    from ..session.mnemonic import encode

    random = Random(SEED)  # noqa: S311 - these keys protect nothing
    seed, friend = Seed(random.randbytes(16)), AccountKeys(random.randbytes(16).ljust(32, b"\0"))
    folder.mkdir(parents=True, exist_ok=True)
    run.ui.note("Starting a stand-in for the Session network. It is on this machine alone: nothing leaves it.")
    with StandIn(run.now, secrets.token_bytes) as network:
        today = run.now() // DAY * DAY
        told = populate(network, AccountKeys.from_seed(seed), Size(), random, today, echo=friend)
        _write(folder / WORDS, encode(seed) + "\n")
        home = Settings(folder / HOME)
        home.create()
        _write(home.home / STANDIN, network.way_in().decode())
        home.set(SECTION, "standin", str((home.home / STANDIN).resolve()))
        people, said = count(len(told.contacts), "contact"), count(len(told.messages), "message")
        run.ui.report(f"There is an account on it, with {people} and {said}. In a second terminal, try:")
        for line in commands(folder):
            run.ui.report(f"  {line}", wrap=False)
        run.ui.report("Echo answers what is sent to it. Stop the network with Ctrl-C; it forgets everything then.")
        answered = _answer(Echo(network, friend, run.now, secrets.token_bytes).answer, sleep)
        asked = len(network.requests)
    run.ui.note("The stand-in network is gone.")
    data = {"home": folder / HOME, "words": folder / WORDS, "requests": asked, "answered": answered}
    return Result({**data, "contacts": len(told.contacts), "messages": len(told.messages)})


def commands(folder: Path) -> list[str]:
    """What to try, as it is typed."""
    decamp = f"decamp --home {shlex.quote(str(folder / HOME))}"
    words = f"--words-file {shlex.quote(str(folder / WORDS))}"
    restored = shlex.quote(str(folder / RESTORED))
    return [
        f"{decamp} export --recovery {words} --to {restored}",
        f'{decamp} send Echo "Hello!" {words}',
        f"{decamp} watch {restored} {words}",
    ]


def _answer(look: Callable[[], int], sleep: Callable[[float], None]) -> int:
    """Let the friend answer until Ctrl-C, which is how this ends and no accident."""
    answered = 0
    with suppress(KeyboardInterrupt):
        while True:
            answered += look()
            sleep(LOOK_EVERY)
    return answered


def _write(path: Path, text: str) -> None:
    """A file that only its owner may read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, "utf-8")
