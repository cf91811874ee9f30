"""What a shell is told when somebody presses the tab key."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from migrate.demo.profile import NOW, ProfileBuilder
from tests.cli.conftest import HOSTILE, Decamp, start


def complete(environ: dict[str, str], cwd: Path, *words: str) -> list[str]:
    asked = {"_DECAMP_COMPLETE": "complete_bash", "COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    out, err = start([], {**environ, **asked}, cwd).communicate()
    assert not err
    return out.split()


def test_commands_and_options_are_completed(environ: dict[str, str], tmp_path: Path) -> None:
    assert complete(environ, tmp_path, "decamp", "ex") == ["export"]
    assert "--since" in complete(environ, tmp_path, "decamp", "search", "--s")


def test_archives_nearby_are_completed(environ: dict[str, str], exported: Path) -> None:
    assert complete(environ, exported.parent, "decamp", "info", "ar") == [exported.name]


def test_chats_are_completed_but_never_by_a_name_that_a_shell_could_run(
    environ: dict[str, str], decamp: Decamp, tmp_path: Path
) -> None:

    with ProfileBuilder(tmp_path / "Session") as profile:
        for name in ("Zoë", "$(touch /tmp/owned)", "`id`", "a;b", "with space", HOSTILE):
            person = profile.person(name)
            profile.message(person, person, "hello", NOW)
    assert decamp("export", tmp_path / "Session", "--to", tmp_path / "archive").exit_code == 0
    offered = complete(environ, tmp_path, "decamp", "search", "archive", "word", "--chat", "")
    assert "Zoë" in offered
    assert len(offered) >= 6
    assert all(name == "Zoë" or name.isalnum() for name in offered)


def test_a_folder_that_is_no_archive_completes_to_nothing(environ: dict[str, str], tmp_path: Path) -> None:
    assert complete(environ, tmp_path, "decamp", "search", "nowhere", "word", "--chat", "") == []


def test_bash_gets_its_script(environ: dict[str, str], tmp_path: Path, absent: Callable[[str], NoReturn]) -> None:
    bash = shutil.which("bash") or absent("bash is not installed")
    done = subprocess.run(
        [bash, "-c", f"'{sys.executable}' -m migrate --show-completion; true"],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_DECAMP_COMPLETE=complete_bash" in done.stdout
    assert "-F _decamp_completion decamp" in done.stdout
