"""The help pages: short, at home in 80 columns, and with examples that work."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from migrate.cli.app import app
from migrate.cli.run import Options, Run
from tests.cli.conftest import Decamp

TREE = typer.main.get_group(app)
COMMANDS = sorted(TREE.commands)
NARROW = {"COLUMNS": "80"}


def examples(name: str) -> list[str]:
    return (TREE.commands[name].epilog or "").splitlines()


def test_every_command_of_the_first_part_is_there() -> None:
    assert {"export", "contacts", "search", "render", "verify", "info", "doctor", "demo"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_help_page_fits_80_columns_and_ends_with_an_example(decamp: Decamp, name: str) -> None:
    done = decamp(name, "--help", env=NARROW)
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stdout.splitlines()[-1].strip().startswith(f"decamp {name}")
    assert f"Usage: decamp {name} " in done.stdout
    for option in ("--home DIR", "--json", "--quiet", "--debug", "--help"):
        assert option in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_is_understood(name: str) -> None:
    assert examples(name)
    for example in examples(name):
        program, *words = shlex.split(example.split(" > ")[0])
        assert (program, words[0]) == ("decamp", name)
        TREE.commands[name].make_context(name, words[1:], obj=Run({}, Options()))


@pytest.mark.parametrize("columns", ["30", "40", "200"])
def test_a_help_page_takes_any_width(decamp: Decamp, columns: str) -> None:
    done = decamp("export", "--help", env={"COLUMNS": columns})
    longest = max(len(line) for line in done.stdout.split("Examples:")[0].splitlines())
    assert longest <= max(int(columns), 46)
    assert longest <= 96


def test_without_a_command_decamp_shows_what_there_is_and_calls_it_wrong_words(decamp: Decamp) -> None:
    done = decamp()
    assert done.exit_code == 2
    assert "decamp export" in done.stdout
    assert "Save your history:" in done.stdout


def test_the_version_is_one_line(decamp: Decamp) -> None:
    done = decamp("--version")
    assert re.fullmatch(r"decamp \d+\.\d+\.\d+\n", done.stdout)
