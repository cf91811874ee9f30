"""What every file of the repository keeps to: a size that can be read, and nothing of the machine it was written on."""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checks.tree import ROOT, tracked

LONGEST, LONG = 400, 350
CODE = {".py", ".js", ".css", ".sql", ".sh"}

# Written so that this file does not match itself.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.…-])/(?:wor[k]|roo[t]|User[s]/\w+|hom[e]/[a-z]\w*)/",
    "the host of a package registry": r"py[p]i\.org|python[h]osted\.|np[m]js\.|deb\.de[b]ian\.org|\bregistr[y]\.\w+\.",
    "something left for later": r"\b(?:TO[D]O|FIX[M]E|XX[X])\b",
    "a key of somebody": r"BEGIN [A-Z ]*PRIVATE[ ]KEY",
}


def texts() -> Iterator[tuple[str, str]]:
    """Name and content of every file that is no picture."""
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data:
            yield str(path.relative_to(ROOT)), data.decode("utf-8")


@pytest.mark.filterwarnings("default")
def test_no_file_of_code_is_longer_than_people_read() -> None:
    lengths = {name: text.count("\n") for name, text in texts() if Path(name).suffix in CODE}
    for name, lines in lengths.items():
        if LONG < lines <= LONGEST:
            warnings.warn(f"{name} has {lines} lines; {LONGEST} is the most", stacklevel=1)
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_no_file_names_a_machine_a_registry_or_leaves_something_for_later() -> None:
    found = [
        f"{name} holds {what}: {match.group()}"
        for name, text in texts()
        for what, pattern in FORBIDDEN.items()
        for match in re.finditer(pattern, text)
    ]
    assert found == []


def test_every_file_has_unix_line_ends_and_ends_with_one() -> None:
    assert [name for name, text in texts() if text and (not text.endswith("\n") or "\r\n" in text)] == []


@pytest.mark.parametrize("folder", ["deltachat", "matrix", "session", "simplex", "xmpp"])
def test_the_map_of_a_bridge_names_every_file_of_it(folder: str) -> None:
    """Its `__init__.py` says in which file a question is answered."""
    bridge = ROOT / "bridges" / folder
    there = {path.relative_to(bridge).parts for path in tracked() if path.is_relative_to(bridge)} - {("__init__.py",)}
    named = re.findall(r"[a-z_]+(?:\.py|/)", (bridge / "__init__.py").read_text("utf-8"))
    assert {path[0] if len(path) == 1 else f"{path[0]}/" for path in there} == set(named)
