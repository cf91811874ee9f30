"""What people install is what is here: every module, style sheet and word list, both type markers, the command."""

import email
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.checks.tree import ROOT, tracked

BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network by the backend that pyproject.toml names."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run([sys.executable, "-c", BUILD, folder], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


@pytest.fixture
def content(wheel: Path) -> Iterator[ZipFile]:
    with ZipFile(wheel) as opened:
        yield opened


def metadata(content: ZipFile, name: str) -> str:
    (path,) = (entry for entry in content.namelist() if entry.endswith(f".dist-info/{name}"))
    return content.read(path).decode("utf-8")


def test_the_wheel_holds_every_file_of_both_packages(content: ZipFile) -> None:
    ours = {str(path.relative_to(ROOT)) for path in tracked()}
    packages = {name for name in ours if name.startswith(("migrate/", "bridges/"))}
    assert {"migrate/py.typed", "bridges/py.typed", "migrate/archive/schema.sql"} <= packages
    assert packages - set(content.namelist()) == set()


def test_the_wheel_brings_nothing_but_the_packages(content: ZipFile) -> None:
    assert {name.split("/")[0].split("-")[0] for name in content.namelist()} == {"migrate", "bridges", "decamp"}
    assert not [name for name in content.namelist() if name.endswith((".pyc", ".sqlite", ".part"))]


def test_the_wheel_says_what_it_is(content: ZipFile) -> None:
    about = email.message_from_string(metadata(content, "METADATA"))
    assert (about["Name"], about["License-Expression"], about["Requires-Python"]) == ("decamp", "Apache-2.0", ">=3.11")
    extras = {"xmpp", "matrix", "deltachat", "simplex", "omemo", "media", "scan", "standin", "all", "dev"}
    assert set(about.get_all("Provides-Extra", [])) == extras
    assert all("<" in need for need in about.get_all("Requires-Dist", []) if not need.startswith("decamp"))
    assert "decamp = migrate.cli.app:main" in metadata(content, "entry_points.txt")
    assert "Apache License" in metadata(content, "licenses/LICENSE")


@pytest.mark.long
def test_a_fresh_install_of_the_wheel_makes_the_demo(wheel: Path, tmp_path: Path) -> None:
    """As a stranger: a new environment, the wheel, `decamp demo`, no repository in sight."""
    venv.create(tmp_path / "env", with_pip=True)
    programs = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    constraints = ROOT / "constraints.txt"
    subprocess.run([programs / "pip", "install", "-q", "-c", constraints, wheel], check=True, capture_output=True)
    demo = [str(programs / "decamp"), "--home", "home", "demo", "--to", "demo"]
    done = subprocess.run(demo, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "demo").rglob("html/index.html"))


def test_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert len(pins) > 20
    assert [pin for pin in pins if pin.count("==") != 1 or set(pin) & set(" /@:;")] == []
