"""`decamp doctor`: what is on this machine, what of it can be read, and what to do about the rest."""

from __future__ import annotations

import platform
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import __version__
from ..errors import DecampError
from ..settings import keyring_name
from .command import command
from .run import Result, Run
from .sources import find_profile, needs_password, profiles_here
from .ui import Ui, plain
from .wording import count, moment, size

if TYPE_CHECKING:
    from ..sources.desktop.locate import Profile

NOTHING_FOUND = 4

Where = Annotated[
    str | None, typer.Argument(metavar="PATH", help="Look at this folder only, instead of the usual places.")
]


@dataclass(frozen=True, slots=True)
class Finding:
    """What can be told of a profile without its password."""

    folder: Path
    password: bool
    database_bytes: int
    changed_at: int
    schema: str | int | None = None
    messages: int | None = None
    warnings: tuple[str, ...] = ()
    problem: str | None = None
    hint: str | None = None


@command("doctor", "decamp doctor", "decamp doctor /media/old-disk/Session")
def doctor(run: Run, path: Where = None) -> Result:
    """Tell what decamp finds on this machine, and what it could read.

    It opens private copies and deletes them; nothing is changed and nothing is sent. Exit code 4: there is no
    profile of Session here.
    """
    profiles = [find_profile(run, path)] if path is not None else profiles_here(run)
    findings = [_look_at(profile) for profile in profiles]
    versions, keyring = _versions(), keyring_name()
    ui = run.ui
    for finding in findings:
        _say(ui, finding)
    if not findings:
        ui.answer("Session Desktop has no data in the usual places of this machine.")
        ui.answer("If its folder lies elsewhere, name it: decamp doctor FOLDER.")
        ui.answer()
    ui.table(("Made with", "Version"), list(versions.items()))
    ui.answer()
    ui.answer(f"Keyring:   {keyring or 'none found; passwords are asked for each time'}", wrap=False)
    ui.answer(f"Settings:  {plain(str(run.settings.config_file))}", wrap=False)
    return Result(
        {"profiles": findings, "versions": versions, "keyring": keyring, "settings": run.settings.config_file},
        0 if findings else NOTHING_FOUND,
    )


def _look_at(profile: Profile) -> Finding:
    status = profile.database.stat()
    finding = Finding(profile.folder, needs_password(profile), status.st_size, status.st_mtime_ns // 1_000_000)
    if finding.password:
        return finding
    from ..sources.desktop.source import DesktopSource

    try:
        with tempfile.TemporaryDirectory(prefix="decamp-") as work, DesktopSource(profile, None, Path(work)) as source:
            return replace(
                finding, schema=source.details["schema"], messages=source.count(), warnings=tuple(source.warnings)
            )
    except DecampError as error:
        return replace(finding, problem=str(error), hint=error.hint)


def _say(ui: Ui, finding: Finding) -> None:
    ui.answer(f"Session Desktop in {plain(str(finding.folder))}", wrap=False)
    ui.answer(f"  Database:  {size(finding.database_bytes)}, last changed {moment(finding.changed_at)}")
    if finding.problem is not None:
        ui.answer(f"  Cannot be read: {plain(finding.problem)}")
        ui.answer(f"  {plain(finding.hint or '')}")
    elif finding.password:
        ui.answer("  Protected by a password, which `decamp export` asks for.")
    else:
        ui.answer(f"  Can be read: {count(finding.messages or 0, 'message')}, schema {finding.schema}.")
    for warning in finding.warnings:
        ui.warn(warning)
    ui.answer()


def _versions() -> dict[str, str]:
    import nacl
    import sqlcipher3

    with_cipher = sqlcipher3.connect(":memory:")
    try:
        (cipher,) = with_cipher.execute("PRAGMA cipher_version").fetchone()
    finally:
        with_cipher.close()
    return {
        "decamp": __version__,
        "Python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "SQLCipher": str(cipher),
        "SQLite": str(sqlcipher3.sqlite_version),
        "PyNaCl": str(nacl.__version__),
    }
