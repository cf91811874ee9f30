from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from migrate.demo import build_demo
from migrate.demo.profile import NOW
from migrate.demo.script import Line, ScriptError, read_script

from .opening import decrypted, everything, file_key, item, opened

SCRIPTS = ("LATIN", "CYRILLIC", "ARABIC", "HEBREW", "CJK", "HIRAGANA", "DEVANAGARI", "THAI", "GREEK", "FOX FACE")
KINDS = (
    "quote",
    "reacts",
    "isDeleted",
    "errors",
    "callNotificationType",
    "expirationTimerUpdate",
    "group_update",
    "messageRequestResponse",
    "read_by",
    "expires_at",
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    build_demo(folder, NOW)
    return folder


@pytest.fixture(scope="module")
def said(demo: Path) -> list[dict[str, object]]:
    return [json.loads(row[0]) for row in opened(demo).execute("SELECT json FROM messages ORDER BY sent_at")]


def test_it_is_small_but_lively(demo: Path, said: list[dict[str, object]]) -> None:
    assert 300 <= len(said) <= 600
    talks = {message["conversationId"] for message in said}
    assert len(talks) >= 20
    days = (NOW - int(str(said[0]["sent_at"]))) // 86_400_000
    assert 700 < days < 731
    assert int(str(said[-1]["sent_at"])) < NOW
    assert all("sent_at" in message for message in said)


def test_people_write_in_many_scripts(said: list[dict[str, object]]) -> None:
    letters = {letter for message in said for letter in str(message.get("body") or "")}
    names = {unicodedata.name(letter, "") for letter in letters}
    assert [script for script in SCRIPTS if not any(name.startswith(script) for name in names)] == []


def test_everything_that_can_happen_in_a_chat_happens(said: list[dict[str, object]]) -> None:
    assert [kind for kind in KINDS if not any(kind in message for message in said)] == []
    assert any(message.get("preview") for message in said)
    updates = [message["group_update"] for message in said if "group_update" in message]
    changes = {kind for update in updates if isinstance(update, dict) for kind in update}
    assert changes == {"joined", "joinedWithHistory", "left", "promoted", "name", "avatarChange"}


def test_every_answer_quotes_a_message_that_is_there(said: list[dict[str, object]]) -> None:
    moments = {(message["conversationId"], message["sent_at"]) for message in said}
    for message in said:
        quote = message.get("quote")
        if isinstance(quote, dict):
            assert (message["conversationId"], quote["timestamp"]) in moments
            assert int(quote["timestamp"]) < int(str(message["sent_at"]))


def listed(value: object) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else []


def test_nothing_in_it_is_damaged(demo: Path, said: list[dict[str, object]]) -> None:
    key = file_key(opened(demo))
    files = [file for message in said for file in listed(message.get("attachments"))]
    absent = [file for file in files if "path" not in file]
    assert [file["fileName"] for file in absent] == ["new-sign.jpg"]
    for file in files:
        if "path" in file:
            plain = decrypted((demo / "attachments.noindex" / file["path"]).read_bytes(), key)
            assert len(plain) == file["size"]
    types = {file["contentType"] for file in files}
    assert types == {"image/png", "image/jpeg", "audio/wav", "application/pdf", "video/mp4"}


def test_two_people_have_one_name_and_one_is_blocked(demo: Path) -> None:
    db = opened(demo)
    query = "SELECT id FROM conversations WHERE displayNameInProfile = 'Sam' AND isApproved AND didApproveMe"
    assert len(db.execute(query).fetchall()) == 2
    blocked = item(db, "blocked")
    assert isinstance(blocked, list)
    (blocked_id,) = blocked
    name = db.execute("SELECT displayNameInProfile FROM conversations WHERE id = ?", (blocked_id,)).fetchone()
    assert name == ("Prize Desk 🎰",)


def test_it_is_the_same_each_time(demo: Path, tmp_path: Path) -> None:
    build_demo(tmp_path, NOW)
    assert everything(opened(tmp_path)) == everything(opened(demo))


def test_a_script_is_read_as_it_is_written() -> None:
    lines = list(
        read_script(
            "# a comment\n@ -3 18:05\nMara: In?\\nOr out?\n  react 👍 Joon, Elin\n"
            "\n* Mara added Joon\n@ -2 7:00\nJoon: a: b\n"
        )
    )
    assert lines == [
        Line(-3, 1085, "Mara", "In?\nOr out?", extras=[("react", "👍 Joon, Elin")]),
        Line(-3, 1085, "Mara", event="added Joon"),
        Line(-2, 420, "Joon", "a: b"),
    ]


@pytest.mark.parametrize("text", ["Mara: too early", "@ -1 9:00\nnobody says this"])
def test_a_script_with_a_mistake_is_not_played(text: str) -> None:
    with pytest.raises(ScriptError):
        list(read_script(text))
