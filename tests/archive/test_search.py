"""Search finds words in any script, and what is typed is never an operator."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.archive.read import Archive
from migrate.archive.search import search, snippet
from migrate.archive.words import fold, query, words
from migrate.export import export
from migrate.model import Preview

from ..builders.source import BOB, NOON, MemorySource, message, picture, thread

TEXTS = {
    "cafe": "Le Café est fermé",
    "chinese": "明天我们去爬山吧",
    "japanese": "日本語のメッセージです。",
    "arabic": "مَرْحَبًا بكم",
    "hebrew": "שָׁלוֹם לכולם",
    "emoji": "well done👍🏽!",
    "family": "us 👨‍👩‍👧",
    "thai": "สวัสดีครับ",
    "greek": "Καλημέρα ΚΌΣΜΕ",
    "korean": "안녕하세요 여러분",
    "russian": "Всё ещё здесь",
    "code": "snake_case and a-b",
    "arrow": "north → south, 1+1=2",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    folder = tmp_path_factory.mktemp("search")
    messages = [message(key, text, at=NOON + i) for i, (key, text) in enumerate(TEXTS.items())]
    messages.append(message("file", "", at=NOON + 50, attachments=(picture("holiday plan.pdf"),)))
    messages.append(
        message("link", "look", at=NOON + 51, preview=Preview(url="https://example.org", title="Bread recipes"))
    )
    messages.append(message("bob", "hello cafe", conversation=BOB, sender=BOB, at=NOON + 52))
    export(MemorySource(messages, [], [thread(), thread(BOB, "Bob")]), folder, formats=["csv"], now=NOON)
    return Archive.at(folder)


def found(archive: Archive, text: str, **more: object) -> list[str]:
    return [hit.message.origin.native_id for hit in search(archive, text, **more)]  # type: ignore[arg-type]  # a test's options


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("CAFÉ", ["bob", "cafe"]),
        ("cafe ferme", ["cafe"]),
        ("fer", ["cafe"]),
        ('"cafe est"', ["cafe"]),
        ('"est cafe"', []),
        ("爬山", ["chinese"]),
        ("山", ["chinese"]),
        ("山爬", []),
        ("メッセージ", ["japanese"]),
        ("日本", ["japanese"]),
        ("مرحبا", ["arabic"]),
        ("שלום", ["hebrew"]),
        ("👍", ["emoji"]),
        ("👩", ["family"]),
        ("สวัสดี", ["thai"]),
        ("κοσμε", ["greek"]),
        ("안녕", ["korean"]),
        ("все еще", ["russian"]),
        ("snake", ["code"]),
        ("holiday plan", ["file"]),
        ("bread", ["link"]),
        ("north → south", ["arrow"]),
        ("1 2", ["arrow"]),
        ("nothing", []),
        ("", []),
        ('"', []),
    ],
)
def test_a_word_is_found(archive: Archive, typed: str, expected: list[str]) -> None:
    assert found(archive, typed) == expected


def test_filters_narrow_the_search(archive: Archive) -> None:
    assert found(archive, "cafe", conversations=frozenset([BOB])) == ["bob"]
    assert found(archive, "cafe", senders=frozenset([BOB])) == ["bob"]
    assert found(archive, "cafe", until=NOON + 10) == ["cafe"]
    assert found(archive, "cafe", since=NOON + 52) == ["bob"]


@given(st.text())
def test_nothing_that_is_typed_breaks_the_search(typed: str) -> None:
    import sqlite3

    con = sqlite3.connect(":memory:")
    con.execute("CREATE VIRTUAL TABLE t USING fts5(words, tokenize=\"unicode61 categories 'L* N* M* Co S*'\")")
    wanted = query(typed)
    if wanted:
        con.execute("SELECT rowid FROM t WHERE t MATCH ?", (wanted,)).fetchall()


@given(st.text(min_size=1))
def test_every_text_is_found_by_its_own_words(text: str) -> None:
    import sqlite3

    con = sqlite3.connect(":memory:")
    con.execute(
        "CREATE VIRTUAL TABLE t USING fts5(words, content='',"
        " tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co S*'\")"
    )
    con.execute("INSERT INTO t (rowid, words) VALUES (1, ?)", (fold(text),))
    for word in words(text):
        assert con.execute("SELECT rowid FROM t WHERE t MATCH ?", (query(f'"{word}"'),)).fetchall() == [(1,)], word


def test_a_snippet_marks_what_was_found_and_stays_on_one_line() -> None:
    assert snippet("Le Café\nest fermé", ["cafe"]) == "Le \x01Café\x02 est fermé"
    assert snippet("明天我们去爬山吧", ["爬", "山"]) == "明天我们去\x01爬\x02\x01山\x02吧"
    long = "word " * 200 + "needle" + " word" * 200
    cut = snippet(long, ["needle"])
    assert "\x01needle\x02" in cut
    assert len(cut) < 350
    assert cut.startswith("…")
    assert cut.endswith("…")
