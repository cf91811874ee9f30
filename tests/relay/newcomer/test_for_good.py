"""The unit and the container of docs/relay: what they run is there, and what they promise fits what decamp does."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pytest
import typer
from typer.main import get_command

from migrate.cli.app import app

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "docs" / "relay" / "decamp-relay.service"
IMAGE = (ROOT / "docs" / "relay" / "Containerfile").read_text("utf-8")


def understood(words: Sequence[str]) -> None:
    """Raise what decamp would say if it knew no such command, or no such option."""
    command, rest = get_command(app), list(words)
    while isinstance(command, typer.core.TyperGroup):
        command, rest = command.commands[rest[0]], rest[1:]
    command.make_context("decamp", rest, resilient_parsing=False)


def settings() -> dict[str, str]:
    return dict(re.findall(r"^(\w+)=(.+)$", UNIT.read_text("utf-8"), re.MULTILINE))


def instruction(name: str) -> list[str]:
    """What one line of the container file says, with the lines that it goes on in."""
    [found] = re.findall(rf"^{name} ((?:.*\\\n)*.*)$", IMAGE, re.MULTILINE)
    words = found.partition("CMD ")[2] if name == "HEALTHCHECK" else found
    return [str(word) for word in json.loads(words)] if words.startswith("[") else shlex.split(found)


def test_the_unit_starts_what_there_is_and_waits_as_long_as_it_takes() -> None:
    program, *words = shlex.split(settings()["ExecStart"])
    assert program == "%h/.local/bin/decamp"
    understood(words)
    assert int(settings()["TimeoutStopSec"]) > 10, "it may take ten seconds to end"
    assert settings()["RestartPreventExitStatus"].split() == ["2", "3"], "wrong words and wrong keys stay wrong"


def test_systemd_understands_the_unit(tmp_path: Path, absent: Callable[[str], NoReturn]) -> None:
    if shutil.which("systemd-analyze") is None:
        absent("systemd-analyze is not installed")
    program = tmp_path / ".local" / "bin" / "decamp"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    at_home = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = ["systemd-analyze", "--user", "verify"]
    done = subprocess.run([*command, str(UNIT)], env=at_home, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    wrong = tmp_path / "wrong.service"
    wrong.write_text(UNIT.read_text("utf-8").replace("ExecStart=", "ExecStrt="))
    assert subprocess.run([*command, str(wrong)], env=at_home, capture_output=True, check=False).returncode != 0


def test_the_container_runs_what_there_is_and_asks_where_it_answers() -> None:
    assert instruction("ENTRYPOINT") == ["decamp"]
    words = instruction("CMD")
    understood(words)
    port = words[words.index("--status-port") + 1]
    assert f"http://127.0.0.1:{port}/health" in instruction("HEALTHCHECK")[-1]
    assert "STOPSIGNAL SIGTERM" in IMAGE
    for line in re.findall(r"^COPY (.+) \S+$", IMAGE, re.MULTILINE):
        for name in line.split():
            assert (ROOT / name).exists(), name


@pytest.mark.parametrize("line", re.findall(r"^#   podman run .* decamp (.+)$", IMAGE, re.MULTILINE))
def test_the_lines_for_the_container_are_commands_of_decamp(line: str) -> None:
    understood(shlex.split(line))
