"""The page and the command say the same about every vector, about changed statements, and about every character."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from migrate.cards.statement import BadStatement, SignedStatement, find, read
from migrate.cards.verdict import Verdict, judge

from ..cards import second_opinion
from ..cards.make_vectors import FOLDER
from ..cards.mutations import mutations
from ..cards.signing import ALICE, NOW, PLAIN, finished
from .verify_window import window

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
VECTORS = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Page]:
    with window(chromium, tmp_path, {}) as page:
        yield page


_CHECK = """async asked => {
  const answers = [];
  for (const [text, known] of asked) answers.push((await decampVerify.check(text, known)));
  return answers;
}"""


def judged(text: str, known: dict[str, Any]) -> list[dict[str, Any]]:
    """What Python says, in the words of the page."""
    found = find(text)
    signed = [one for one in found if isinstance(one, SignedStatement)]
    verdicts = iter(judge(signed, known["now"], known.get("sessionId"), reader=known.get("reader")))
    return [in_short(one if isinstance(one, BadStatement) else next(verdicts)) for one in found]


def in_short(one: BadStatement | Verdict) -> dict[str, Any]:
    if isinstance(one, BadStatement):
        return {"state": "unreadable", "headline": str(one), "sentences": [[], [], []], "text": None}
    sentences = [list(one.proves), list(one.does_not_prove), list(one.cautions)]
    return {"state": str(one.state), "headline": one.headline, "sentences": sentences, "text": one.signed.text()}


def compare(page: Page, asked: list[tuple[str, dict[str, Any]]]) -> None:
    answers = page.evaluate(_CHECK, [[text, known] for text, known in asked])
    for (text, known), answer in zip(asked, answers, strict=True):
        expected = judged(text, known)
        got = [
            {
                "state": verdict["state"],
                "headline": verdict["headline"],
                "sentences": [verdict["proves"], verdict["doesNotProve"], verdict["cautions"]],
                "text": verdict.get("text"),
            }
            for verdict in answer["verdicts"]
        ]
        assert got == expected, text
        assert answer["unable"] is None
        if not expected:
            with pytest.raises(BadStatement, match=re.escape(answer["missing"])):
                read(text)


def test_the_page_and_the_command_agree_on_every_vector(opened: Page) -> None:
    known = {"now": NOW, "sessionId": ALICE.session_id}
    texts = [vector["text"] for name in ("valid", "invalid") for vector in VECTORS[name]["statements"]]
    texts += [vector["compact"] for vectors in VECTORS["compact"].values() for vector in vectors]
    texts += [vector["found"] for vector in VECTORS["transport"]["texts"]]
    asked = [(text, known) for text in texts]
    for vector in VECTORS["verdicts"]["situations"]:
        given = vector["known"]
        names = (("now", "now"), ("sessionId", "session_id"), ("reader", "reader"))
        asked.append((vector["found"], {ours: given[theirs] for ours, theirs in names if theirs in given}))
    assert len(asked) > 180
    compare(opened, asked)


def test_the_page_says_what_a_statement_says(opened: Page) -> None:
    for vector in VECTORS["valid"]["statements"]:
        (answer,) = opened.evaluate(_CHECK, [[vector["text"], {"now": NOW}]])
        (verdict,) = answer["verdicts"]
        said, says = verdict["statement"], vector["says"]
        assert [
            said["sessionId"],
            said["serial"],
            said["audience"],
            said["handles"],
            said["notes"],
            said["unknown"],
        ] == [says[key] for key in ("session_id", "serial", "for", "moved_to", "notes", "unknown")]


def test_the_page_and_the_command_agree_on_five_hundred_changed_statements(opened: Page) -> None:
    asked = [(mutated, {"now": NOW}) for _, _, mutated in mutations(500, seed=3)]
    compare(opened, asked)


def test_the_page_refuses_the_same_characters(opened: Page) -> None:
    """At both ends of every range of the documentation, and beside them."""
    ends = {code + step for first, last in second_opinion.RANGES for code in (first, last) for step in (-1, 0, 1)}
    letters = [chr(code) for code in sorted(ends) if 0 <= code < 0x110000 and not 0xD800 <= code < 0xE000]
    letters = [letter for letter in letters if letter not in "\r\n" and unicodedata.is_normalized("NFC", letter)]
    asked = [finished(PLAIN).replace("See you", f"x{letter}y") for letter in letters]
    answers = opened.evaluate(_CHECK, [[text, {"now": NOW}] for text in asked])
    refused = [letter for letter, answer in zip(letters, answers, strict=True) if unreadable(answer)]
    assert refused == [letter for letter in letters if second_opinion.not_allowed(letter)]
    assert len(letters) > 80


def unreadable(answer: dict[str, Any]) -> bool:
    (verdict,) = answer["verdicts"]
    return "not allowed" in verdict["headline"]
