"""A bridge of somebody else, installed from its own folder, works like ours and keeps the same contract."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from bridges.api import AnyAction, Bridge, Desk, Event, File
from bridges.contract import CHECKS, Check, Seat
from tests.patience import PATIENCE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
E = TypeVar("E", bound=Event)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the plug-in was installed, apart from everything else."""
    target = tmp_path_factory.mktemp("plug-in")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", target, HERE / "plugin"], check=True, timeout=120)
    return target


def decamp(installed: Path, home: Path, *words: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(installed)]), "DECAMP_HOME": str(home)}
    command = [sys.executable, "-m", "migrate", *words]
    return subprocess.run(
        command, env=environ, input=answers, capture_output=True, text=True, timeout=60, check=False, cwd=home
    )


def test_it_is_listed_set_up_checked_and_used_like_ours(installed: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    (shared / "kitchen").mkdir(parents=True)
    listed = json.loads(decamp(installed, tmp_path, "bridge", "list", "--json").stdout)
    assert [one["title"] for one in listed["bridges"] if one["name"] == "folder"] == ["Shared folder"]
    assert decamp(installed, tmp_path, "bridge", "check", "folder").returncode == 2
    answers = f'place = "{shared.as_posix()}"\nname = "robin"\n'
    made = decamp(installed, tmp_path, "bridge", "setup", "folder", "--answers", "-", answers=answers)
    assert made.returncode == 0, made.stderr
    assert "you are robin" in made.stdout
    assert decamp(installed, tmp_path, "bridge", "check", "folder").returncode == 0
    chats = json.loads(decamp(installed, tmp_path, "bridge", "chats", "folder", "--json").stdout)
    assert [chat["title"] for chat in chats["chats"]] == ["kitchen"]


def test_one_that_does_not_load_is_listed_with_the_reason(installed: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken-1.0.dist-info"
    broken.mkdir()
    (broken / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (broken / "entry_points.txt").write_text(
        "[decamp.bridges]\nbroken = no_such_module:Bridge\nstrange = json:dumps\nfolder = json:loads\n"
    )
    path = f"{installed}{os.pathsep}{tmp_path}"
    listed = json.loads(decamp(Path(path), tmp_path, "bridge", "list", "--json").stdout)["bridges"]
    troubles = {one["name"]: one["trouble"] for one in listed if one["trouble"] and one["name"] != "folder"}
    assert "No module named 'no_such_module'" in troubles["broken"]
    assert "is no bridge" in troubles["strange"]
    assert any("has this name already" in (one["trouble"] or "") for one in listed if one["name"] == "folder")
    used = decamp(Path(path), tmp_path, "bridge", "check", "broken")
    assert used.returncode == 2
    assert "no_such_module" in used.stderr


@pytest.fixture
def plugged(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Bridge]]:
    monkeypatch.syspath_prepend(str(installed))
    from importlib import import_module

    yield import_module("decamp_folder").FolderBridge
    sys.modules.pop("decamp_folder")


class Friend:
    """Somebody who uses the same folder, with the same program: there is no other one."""

    def __init__(self, seat: Seat) -> None:
        self.seat, self.name = seat, "friend"

    async def do(self, action: AnyAction) -> str:
        return (await self.seat.bridge.send("kitchen", action)).ids[0]

    async def saw(self, kind: type[E], wanted: Callable[[E], bool], seconds: float = PATIENCE) -> E:
        return await self.seat.saw(kind, wanted, seconds)

    async def bytes_of(self, file: File) -> bytes:
        raise NotImplementedError

    async def rename(self, name: str) -> None: ...

    async def use(self, link: str) -> None:
        raise NotImplementedError


class World:
    """A shared folder with a kitchen in it."""

    chat, patience, has_wrong, has_network = "kitchen", PATIENCE, False, False
    secrets: tuple[str, ...] = ()
    friend: Friend

    def __init__(self, bridge: type[Bridge], place: Path, name: str) -> None:
        self.bridge, self._place, self._name = bridge, place, name

    def desk(self, cursor: str | None = None, *, wrong: bool = False) -> Desk:
        return Desk(
            settings={"place": str(self._place), "name": self._name, "pause": "0.01"},
            folder=self._place.parent,
            now=lambda: time.time_ns() // 1_000_000 + (1 if wrong else 0),
            random=Random(1),
            random_bytes=os.urandom,
            cursor=cursor,
        )

    async def break_network(self) -> None: ...
    async def mend_network(self) -> None: ...


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_the_plug_in_keeps_the_contract(check: Check, plugged: type[Bridge], tmp_path: Path) -> None:
    @asynccontextmanager
    async def world() -> AsyncIterator[World]:
        place = tmp_path / "shared"
        (place / "kitchen").mkdir(parents=True)
        async with Seat(World(plugged, place, "friend")) as seat:
            made = World(plugged, place, "robin")
            made.friend = Friend(seat)
            yield made

    asyncio.run(check.run(world))
