"""What the pages in docs/ say is so: commands exist, links lead somewhere, and the contract is the one we keep."""

import json
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import msgspec
import pytest
from typer.core import TyperGroup
from typer.main import get_command

from migrate import model
from migrate.archive import database
from migrate.archive.manifest import Manifest
from migrate.cli.app import app
from migrate.identity import message_id, next_id
from tests.checks.tree import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FORMATS = (ROOT / "docs" / "formats.md").read_text("utf-8")
NOUNS: dict[str, type[msgspec.Struct]] = {
    "contact": model.Contact,
    "conversation": model.Conversation,
    "message": model.Message,
    "manifest": Manifest,
}


def commands_in(text: str) -> Iterator[str]:
    """Every `decamp …` that a page tells people to type, in a block of its own or inside a sentence."""
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from re.findall(r"^\s*(?:\$ )?(decamp (?:[^#\n]|(?<=\S)#)*)", block, re.MULTILINE)
    yield from re.findall(r"`(decamp [^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def options_of(*names: str) -> set[str]:
    """The options that a command has, and those that all of them have; no name is `decamp` alone."""
    command = get_command(app)
    for name in names:
        assert isinstance(command, TyperGroup)
        command = command.commands[name]
    return {option for param in command.params for option in param.opts if option.startswith("-")} | {"--help"}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_on_a_page_exists_with_its_options(page: Path) -> None:
    tree = get_command(app)
    assert isinstance(tree, TyperGroup)
    wrong = []
    for line in commands_in(page.read_text("utf-8")):
        words = shlex.split(line.replace("…", ""))[1:]
        names: list[str] = []
        below: object = tree
        for word in (word for word in words if not word.startswith("-")):
            if not isinstance(below, TyperGroup) or (names and word not in below.commands):
                break
            names, below = [*names, word], below.commands.get(word)
        if below is None:
            wrong.append(f"{line}: there is no such command")
        else:
            used = {word.partition("=")[0] for word in words if word.startswith("--")}
            wrong += [f"{line}: there is no {option}" for option in used - options_of(*names)]
    assert not wrong


def test_the_page_about_leaving_names_every_option_of_export() -> None:
    page = (ROOT / "docs" / "leave.md").read_text("utf-8")
    assert [option for option in sorted(options_of("export")) if option not in page] == []


def test_the_page_about_cards_names_every_option_of_card_and_verify() -> None:
    page = (ROOT / "docs" / "card.md").read_text("utf-8")
    assert [option for option in sorted(options_of("card") | options_of("verify")) if option not in page] == []


def anchors(text: str) -> set[str]:
    """What a heading is called in a link."""
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            other = page.parent / path if path else page
            assert other.is_file(), f"{target} is not there"
            assert not anchor or anchor in anchors(other.read_text("utf-8")), f"{target} is no heading"


def test_the_contract_lists_every_table_and_column_of_the_archive(tmp_path: Path) -> None:
    database.create_or_open(tmp_path).close()
    con = sqlite3.connect(tmp_path / database.NAME)
    tables = [name for (name,) in con.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    real = {t: [row[1] for row in con.execute(f'PRAGMA table_info("{t}")')] for t in tables if "_fts_" not in t}
    con.close()
    section = FORMATS.partition("## archive.sqlite")[2].partition("\n## ")[0]
    for table, columns in real.items():
        (told,) = re.findall(rf"^\| `{table}` \| (.*) \|$", section, re.MULTILINE)
        assert [column for column in columns if f"`{column}`" not in told] == [], table


def test_the_contract_names_every_key_of_the_nouns() -> None:
    parts: list[type[msgspec.Struct]] = [model.Attachment, model.Quote, model.Preview, model.Expiry, model.Origin]
    for noun in [*NOUNS.values(), *parts]:
        assert [f.name for f in msgspec.structs.fields(noun) if f"`{f.name}`" not in FORMATS] == []


@pytest.mark.parametrize("name", NOUNS)
def test_a_schema_asks_for_exactly_the_keys_we_write(name: str) -> None:
    schema = schema_of(name)
    assert schema["required"] == list(schema["properties"]) == [f.name for f in msgspec.structs.fields(NOUNS[name])]
    jsonschema.Draft202012Validator.check_schema(schema)


def schema_of(name: str) -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = json.loads((ROOT / "docs" / "schema" / f"{name}.schema.json").read_bytes())
    return loaded


def test_the_ids_on_the_page_are_those_we_make() -> None:
    told = re.findall(r"^\| `(\w+⏎[^`]*)` \| `(\w{24})` \|$", FORMATS, re.MULTILINE)
    someone = "05" + "ab" * 32
    first = message_id(someone, someone, 1_700_000_000_000)
    made = [first, message_id("https://example.org/lobby", someone, 0, 42), next_id(first)]
    assert [id for _, id in told] == made


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive that `decamp demo` makes."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "migrate", "demo", "--quiet", "--to", str(folder / "demo")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "demo" / "archive"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("contact", "contacts.jsonl"),
        ("conversation", "conversations.jsonl"),
        ("message", "messages/*.jsonl"),
        ("manifest", "manifest.json"),
    ],
)
def test_an_archive_keeps_to_its_schemas(demo: Path, name: str, files: str) -> None:
    validator = jsonschema.Draft202012Validator(schema_of(name))
    checked = 0
    for path in sorted(demo.glob(files)):
        text = path.read_text("utf-8")
        for line in [text] if path.suffix == ".json" else text.splitlines():
            assert [error.message for error in validator.iter_errors(json.loads(line))] == []
            checked += 1
    assert checked >= (1 if name == "manifest" else 20)
