"""The damaged profile has to be as damaged as it says: only then do the tests that use it mean something."""

from __future__ import annotations

import json

import pytest

from tests.builders.damage import Damage, damaged_profile

from .opening import decrypted, file_key, opened


@pytest.fixture(scope="module")
def damage(tmp_path_factory: pytest.TempPathFactory) -> Damage:
    return damaged_profile(tmp_path_factory.mktemp("damaged"))


def test_every_named_row_is_there(damage: Damage) -> None:
    db = opened(damage.profile)
    ids = {str(row[0]) for row in db.execute("SELECT id FROM messages")}
    assert {*damage.messages.values(), *(file.native_id for file in damage.files.values())} == ids
    places = {str(row[0]) for row in db.execute("SELECT id FROM conversations")}
    absent = [name for name, id in damage.conversations.items() if id not in places]
    assert absent == ["without a row", "id like a number", "id like a float"]


def test_ids_that_look_like_numbers_became_numbers(damage: Damage) -> None:
    kinds = opened(damage.profile).execute("SELECT typeof(id) FROM conversations GROUP BY 1").fetchall()
    assert sorted(kinds) == [("integer",), ("real",), ("text",)]


def test_broken_json_is_broken_and_the_rest_is_not(damage: Damage) -> None:
    broken = {"broken json", "null json", "empty json", "json is nested too deep", "json is not utf-8"}
    broken |= {"everything null", "body is not utf-8"}
    db = opened(damage.profile)
    for defect, id in damage.messages.items():
        text = db.execute("SELECT json FROM messages WHERE id = ?", (id,)).fetchone()[0]
        if defect not in broken:
            json.loads(text)
    for defect in broken - {"json is not utf-8"}:
        text = db.execute("SELECT json FROM messages WHERE id = ?", (damage.messages[defect],)).fetchone()[0]
        with pytest.raises((ValueError, TypeError, RecursionError)):
            json.loads(text)


def test_files_that_are_kept_decrypt_and_damaged_ones_do_not(damage: Damage) -> None:
    db = opened(damage.profile)
    key = file_key(db)
    for defect, file in damage.files.items():
        text = db.execute("SELECT json FROM messages WHERE id = ?", (file.native_id,)).fetchone()[0]
        path = json.loads(text)["attachments"][0].get("path")
        if file.state == "kept":
            blob = (damage.profile / "attachments.noindex" / path.replace("\\", "/")).read_bytes()
            assert decrypted(blob, key) == file.plain, defect
        elif file.state == "damaged":
            blob = (damage.profile / "attachments.noindex" / path).read_bytes()
            with pytest.raises((RuntimeError, ValueError, TypeError)):
                decrypted(blob, key)
        else:
            assert file.plain is None


def test_text_columns_hold_bytes_that_are_no_text(damage: Damage) -> None:
    query = "SELECT CAST(body AS BLOB) FROM messages WHERE id = ?"
    raw = opened(damage.profile).execute(query, (damage.messages["body is not utf-8"],)).fetchone()[0]
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
