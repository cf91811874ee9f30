"""Finds out which source a person means: the one they named, or the only one on this machine, or one they pick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NothingFound, WrongWords
from .run import Run

if TYPE_CHECKING:
    from ..sources.desktop.locate import Profile


def profiles_here(run: Run) -> list[Profile]:
    """Every profile of Session Desktop on this machine."""
    from ..sources.desktop.locate import locate

    return locate(Path.home(), run.environ, sys.platform)


def needs_password(profile: Profile) -> bool:
    """Whether Session asks for a password when it starts, as far as its settings tell."""
    from ..sources.desktop.config import read_config

    return read_config(profile.config).has_password


def find_profile(run: Run, named: str | None) -> Profile:
    """The profile to read. Raises `NothingFound`, or `WrongWords` if there is a choice and nobody to make it."""
    if named is not None:
        from ..sources.desktop.locate import recognise

        if named.lower().startswith(("http://", "https://")):
            raise NothingFound(
                "This version of decamp cannot read a community from its address.",
                "What Session Desktop has of it is exported with the rest: decamp export",
            )
        path = Path(named).expanduser()
        profile = recognise(path)
        if profile is None:
            raise _nothing_at(path)
        return profile
    found = profiles_here(run)
    if not found:
        raise NothingFound(
            "Session Desktop has no data on this machine, at least in none of the usual places.",
            "If its folder lies elsewhere, name it: decamp export FOLDER. On a phone the chats are elsewhere: "
            "link Session Desktop to the account, or see docs/leave.md.",
        )
    if len(found) == 1:
        run.ui.note(f"Reading {found[0].folder}", wrap=False)
        return found[0]
    return _one_of(run, found)


def _one_of(run: Run, found: list[Profile]) -> Profile:
    folders = [str(profile.folder) for profile in found]
    if not run.ui.interactive:
        raise WrongWords(
            f"There are {len(found)} profiles of Session on this machine: {', '.join(folders)}.",
            "Name the one to export: decamp export FOLDER.",
        )
    run.ui.note(f"There are {len(found)} profiles of Session on this machine:")
    return found[run.ui.choose("Which one?", folders)]


def _nothing_at(path: Path) -> NothingFound:
    """Why `path` is no source, by what can be seen there."""
    hint = "Name the folder that holds Session's config.json and sql/db.sqlite, or leave it out to look for it."
    try:
        if not path.exists():
            return NothingFound(f"There is nothing at {path}.", hint)
        if (path / "archive.sqlite").exists():
            return NothingFound(
                f"{path} is an archive that decamp made, not a profile of Session.",
                "To bring it up to date: decamp export --to ARCHIVE. To look into it: decamp info ARCHIVE.",
            )
        if path.is_file():
            return NothingFound(f"{path} is a file that decamp does not know.", hint)
        seen = sorted(entry.name for entry in path.iterdir())
    except OSError as error:
        return NothingFound(f"{path} cannot be read: {error.strerror}.", "Check who may read it.")
    if not seen:
        return NothingFound(f"{path} is an empty folder.", hint)
    some = ", ".join(seen[:5]) + (f" and {len(seen) - 5} more" if len(seen) > 5 else "")
    return NothingFound(f"{path} is no profile of Session: it holds {some}.", hint)
