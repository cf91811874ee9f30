"""An export that is killed, at any moment and as often as you like, ends like one that nothing disturbed."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from migrate.demo.grow import grow
from migrate.export import export
from migrate.sources.desktop.locate import recognise
from migrate.sources.desktop.source import DesktopSource
from tests.lives import lives

ROUNDS, KILLS = 10, 5  # 50 kills in all


def run(profile: Path, folder: Path) -> None:
    found = recognise(profile)
    assert found is not None
    export(DesktopSource(found, None, folder / ".work"), folder, now=0)


def content(folder: Path) -> dict[str, bytes]:
    """Every file of an archive but the database, whose pages may lie in another order."""
    files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    del files["archive.sqlite"]
    told = json.loads(files["manifest.json"])
    del told["files"]["archive.sqlite"]
    files["manifest.json"] = json.dumps(told).encode()
    return files


def rows(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table of an archive, and every word of its index."""
    con = sqlite3.connect(folder / "archive.sqlite")
    con.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab (main, messages_fts, instance)")
    names = [
        name
        for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        if not name.startswith(("sqlite_", "messages_fts"))
    ]
    found = {name: con.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in names}
    found["words"] = con.execute("SELECT * FROM temp.words").fetchall()
    con.close()
    return found


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profile") / "Session"
    grow(folder, messages=6000, conversations=20, attachments=120)
    return folder


@pytest.fixture(scope="module")
def whole(profile: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """An undisturbed archive, and how long it took."""
    folder = tmp_path_factory.mktemp("whole")
    began = time.monotonic()
    assert lives(lambda: run(profile, folder))
    return folder, time.monotonic() - began


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_again_and_again_and_nothing_is_lost_or_doubled(
    seed: int, profile: Path, whole: tuple[Path, float], tmp_path: Path
) -> None:
    archive, duration = whole
    rng = random.Random(seed)
    kills, tries = 0, 0
    while kills < KILLS:
        tries += 1
        assert tries < 10 * KILLS, "the export always ends before it can be killed"
        if lives(lambda: run(profile, tmp_path), rng.uniform(0.001, duration)):
            duration *= 0.8  # the one that was measured may have been slow
            shutil.rmtree(tmp_path)  # it had ended: begin anew, or the next one has nothing to do
            tmp_path.mkdir()
        else:
            kills += 1
    run(profile, tmp_path)
    assert rows(tmp_path) == rows(archive)
    left, right = content(tmp_path), content(archive)
    assert left.keys() == right.keys()
    assert [name for name in right if left[name] != right[name]] == []
