"""`decamp verify`: an archive that may have been changed, or a statement that may have been forged."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import NothingFound, WrongWords
from .command import command
from .keep import verify_archive
from .run import Result, Run
from .statements import Known, verify_statements

LARGEST = 64 * 1024 * 1024  # a photo; statements have 16 KiB

What = Annotated[
    str,
    typer.Argument(
        metavar="WHAT",
        help="An archive, a file or picture with a statement in it, the statement itself, or - for standard input.",
    ),
]
SessionId = Annotated[
    str | None,
    typer.Option("--session-id", metavar="ID", help="The Session ID you knew: is the statement of that account?"),
]
ArchiveOption = Annotated[
    str | None,
    typer.Option("--archive", metavar="ARCHIVE", help="Look in this archive for who it is, by the Session ID."),
]
Proof = Annotated[
    str | None,
    typer.Option(
        "--proof", metavar="TEXT",
        help="What stands at the new account, as text or in a file: does it name the old account?",
    ),
]  # fmt: skip


@command(
    "verify",
    "decamp verify session-archive",
    "decamp verify statement.txt --session-id 05…",
    "decamp verify photo-of-a-card.jpg --archive session-archive",
    'decamp verify card.html --proof "decamp-proof: 05…"',
)
def verify(
    run: Run, what: What, *, session_id: SessionId = None, archive: ArchiveOption = None, proof: Proof = None
) -> Result:
    """Check an archive, or a move statement.

    Of an archive it compares every file with its SHA-256 in manifest.json, and counts every message. Of a statement
    it says whether the key of the old account signed it, whether it still counts, what that proves and what not.
    Exit code 7: it is not as it was, or not to be believed.
    """
    if what == "-":
        return verify_statements(run, sys.stdin.buffer.read(LARGEST), Known(session_id, archive, proof))
    path = _path(what)
    if path is None:
        return verify_statements(run, what.encode("utf-8", "surrogatepass"), Known(session_id, archive, proof))
    if path.name == "archive.sqlite":
        path = path.parent
    if path.is_dir():
        return _folder(run, path, Known(session_id, archive, proof))
    with path.open("rb") as file:
        return verify_statements(run, file.read(LARGEST), Known(session_id, archive, proof))


def _folder(run: Run, path: Path, known: Known) -> Result:
    """An archive, or the folder of a card."""
    from ..cards.folder import STATEMENT

    statement = path / STATEMENT
    if statement.is_file() and not (path / "archive.sqlite").exists():
        return verify_statements(run, statement.read_bytes(), known)
    if not any((path / name).exists() for name in ("archive.sqlite", "manifest.json")):
        raise NothingFound(
            f"There is neither an archive nor a card in {path}.", "Name the folder that `decamp export` or `card` made."
        )
    if known != Known(None, None, None):
        raise WrongWords(
            f"{path} is an archive, and what you know of somebody is for checking their statement.",
            "Leave out --session-id, --archive and --proof, or name a statement or a card.",
        )
    return verify_archive(run, path)


def _path(what: str) -> Path | None:
    """The file that is meant; None for what is a statement by itself. Raises `NothingFound` for a name of nothing."""
    from ..cards.canonical import BEGIN
    from ..cards.compact import MARK

    if "\n" in what or MARK in what or BEGIN in what:
        return None
    path = Path(what).expanduser()
    try:
        if path.exists():
            return path
    except (OSError, ValueError):
        pass  # too long for a name of a file, or with a zero byte in it
    raise NothingFound(
        f"There is nothing at {path}." if len(what) < 200 else "This is neither a file nor a statement.",
        "Name an archive, a file with a statement, or give the statement itself in quotes.",
    )
