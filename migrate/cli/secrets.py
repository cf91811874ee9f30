"""Where a password comes from, in this order: --password-file, DECAMP_PASSWORD, the system keyring, a prompt.

Never from an argument, which other users of the machine could read in the list of processes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from ..errors import PasswordNeeded, WrongKey, WrongWords
from ..settings import from_keyring, keep_in_keyring
from .run import Run

Opened = TypeVar("Opened")
TRIES = 3

PasswordFile = Annotated[
    str | None,
    typer.Option(
        "--password-file", metavar="FILE",
        help="Read the password of Session from FILE, or from standard input if FILE is -. Without this option: from "
        "DECAMP_PASSWORD, from the system keyring, or by asking.",
    ),
]  # fmt: skip
Remember = Annotated[
    bool, typer.Option("--remember", help="Keep the password in the system keyring when it was the right one.")
]


def with_password(
    run: Run,
    attempt: Callable[[str | None], Opened],
    *,
    what: str,
    entry: str,
    file: str | None = None,
    remember: bool = False,
) -> Opened:
    """Call `attempt` with no password, and as long as that raises `WrongKey`, with one after the other.

    `what` is named when a person is asked; `entry` is the password's name in the keyring. A password that was
    given by file or environment is tried alone, so that a script never waits at a prompt.
    """
    given = _given(run, file)
    opened, password = (attempt(given), given) if given is not None else _search(run, attempt, what, entry)
    if remember and password is not None:
        keep_in_keyring(entry, password)
        run.ui.note("The password is in the system keyring now.")
    return opened


def _search(run: Run, attempt: Callable[[str | None], Opened], what: str, entry: str) -> tuple[Opened, str | None]:
    wrong: WrongKey = PasswordNeeded(f"{what} is protected by a password, and none was given.")
    for password in _candidates(run, what, entry):
        try:
            return attempt(password), password
        except WrongKey as error:
            if password is not None:
                run.ui.note("That was not the right password.")
                wrong = error
            elif not isinstance(error, PasswordNeeded):
                raise
    raise wrong


def _candidates(run: Run, what: str, entry: str) -> Iterator[str | None]:
    """The passwords to try, each made only when those before it were wrong."""
    yield None
    kept = from_keyring(entry)
    if kept is not None:
        yield kept
    if not run.ui.interactive:
        raise PasswordNeeded(
            f"{what} is protected by a password, and there is no terminal to ask for it.",
            "Give it with --password-file FILE, or in the environment variable DECAMP_PASSWORD.",
        )
    run.ui.note(f"{what} is protected by a password. What you type does not show.")
    for _ in range(TRIES):
        typed = run.ui.ask_secret("Password")
        if typed:
            yield typed


def _given(run: Run, file: str | None) -> str | None:
    """The password that was handed over, or None."""
    if file is None:
        return run.environ.get("DECAMP_PASSWORD") or None
    password = sys.stdin.readline().rstrip("\r\n") if file == "-" else _first_line(run, Path(file).expanduser())
    if not password:
        raise WrongWords("The password file is empty.", "Its first line is taken as the password.")
    return password


def _first_line(run: Run, path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as lines:
            mode = os.fstat(lines.fileno()).st_mode
            password = lines.readline().rstrip("\r\n")
    except OSError as error:
        raise WrongWords(
            f"The password file {path} cannot be read: {error.strerror}.",
            "Name a file whose first line is the password.",
        ) from error
    except UnicodeDecodeError as error:
        raise WrongWords(
            f"The password file {path} is not text.", "Its first line is taken as the password."
        ) from error
    if os.name == "posix" and mode & 0o077:
        run.ui.warn(f"Other users of this machine may read {path}; `chmod 600` closes it to them.")
    return password
