"""The words of the pages' search are the words of the archive's search."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from migrate.archive.words import ALONE, query, words

VECTORS = json.loads(Path(__file__).parent.with_name("words.json").read_text("utf-8"))
SCRIPT = Path(__file__).parents[3] / "migrate" / "archive" / "html" / "assets" / "words.js"


@pytest.mark.parametrize(("text", "expected"), VECTORS["words"])
def test_a_text_has_these_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(("text", "expected"), VECTORS["queries"])
def test_a_query_asks_for_these_words(text: str, expected: list[tuple[list[str], bool]]) -> None:
    phrases = [" + ".join(f'"{word}"' for word in phrase) + "*" * begun for phrase, begun in expected]
    assert query(text) == " AND ".join(phrases)


def test_the_script_knows_the_same_scripts_without_spaces() -> None:
    found = re.search(r"const ALONE =(.*?);", SCRIPT.read_text("utf-8"), re.DOTALL)
    assert found is not None
    written = "".join(re.findall(r'"([^"]*)"', found.group(1))).replace("\\\\", "\\")
    as_script = re.sub(r"\\u\{?([0-9a-f]+)\}?", lambda match: chr(int(match.group(1), 16)), written)
    assert as_script == ALONE
