"""What tests of the command line work with: a profile, an archive of it, and decamp in this process or its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from migrate.cli.app import app
from migrate.cli.ui import Ui
from migrate.demo.profile import NOW, ProfileBuilder
from tests.cli.relay_town import Town, plug_in

ROOT = Path(__file__).resolve().parents[2]
DAY = 86_400_000
# A name as an enemy would choose it: terminal colours, a bell, markup of Rich, a bidi override, a new line.
HOSTILE = "\x1b[31mred\x07 [bold]Mallory[/bold] \u202eevil\nline :warning:"
PASSWORD = "correct horse 9"

Decamp = Callable[..., Result]


def make_profile(folder: Path, password: str | None = None) -> Path:
    """A profile with friends, a group, and somebody who means harm."""
    with ProfileBuilder(folder, password=password, name="Robin") as profile:
        alice = profile.person("Alice", nickname="Ali")
        bob = profile.person("Bob")
        mallory = profile.person(HOSTILE)
        profile.person("Carla", approved_me=False)
        profile.block(mallory)
        hikers = profile.group("Hikers", [alice, bob])
        profile.group("Hikers", [bob])
        profile.message(alice, alice, "Shall we meet in the garden?", NOW - 3 * DAY)
        profile.message(alice, profile.me, "The garden it is", NOW - 3 * DAY + 1000)
        profile.message(hikers, bob, "我们 喝茶 at the top", NOW - 2 * DAY)
        profile.message(mallory, mallory, "garden \x1b]0;title\x07 [red]markup[/red] \u202eoverride", NOW - DAY)
        for number in range(5):
            profile.message(hikers, alice, f"number {number}", NOW - DAY + number)
    return folder


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_profile(tmp_path_factory.mktemp("profile") / "Session")


@pytest.fixture(scope="session")
def locked_profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_profile(tmp_path_factory.mktemp("locked") / "Session", PASSWORD)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment in which nobody lives: no home, no profile, no keyring, no colours."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG", "LC_ALL") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "USERPROFILE": str(home),
        "DECAMP_HOME": str(tmp_path / "settings"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "PYTHONPATH": str(ROOT),
        "TERM": "dumb",
    }


@pytest.fixture
def decamp(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Decamp:
    """Run decamp in this process: `decamp("info", folder)`."""
    for name in set(os.environ) - set(environ):
        if name.startswith(("DECAMP", "XDG_", "PYTHON_KEYRING", "COLUMNS", "FORCE_COLOR")):
            monkeypatch.delenv(name)

    def run(*words: object, typed: str | None = None, env: Mapping[str, str] | None = None) -> Result:
        named = [str(word) for word in words]
        return CliRunner().invoke(app, named, input=typed, env={**environ, **(env or {})}, catch_exceptions=False)

    return run


@pytest.fixture
def somebody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make decamp believe that a person sits at the terminal."""
    monkeypatch.setattr(Ui, "interactive", property(lambda ui: True))


@pytest.fixture(scope="session")
def exported(profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of `profile`, to be read only."""
    folder = tmp_path_factory.mktemp("exported") / "archive"
    env = {"DECAMP_HOME": str(folder.parent / "settings")}
    done = CliRunner().invoke(app, ["export", str(profile), "--to", str(folder)], env=env, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the bridges of the town are installed."""
    return plug_in(tmp_path_factory.mktemp("town"))


@pytest.fixture
def town(site: Path, tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Town:
    """Two networks made of folders, and a hotel that makes chats; decamp has an account at each, and no link yet."""
    monkeypatch.syspath_prepend(str(site))
    made = Town(tmp_path, {**environ, "PYTHONPATH": f"{environ['PYTHONPATH']}:{site}"})
    made.set_up("folder", "shelf", "hotel")
    return made


def said(result: Result) -> dict[str, Any]:
    """The one object of `--json`."""
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def start(words: Sequence[object], environ: dict[str, str], cwd: Path) -> subprocess.Popen[str]:
    """Run decamp as a program of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "migrate", *map(str, words)],
        env=environ,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
