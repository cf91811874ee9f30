"""The database opens with the key or password it has, and says what is needed where it does not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import sqlcipher3

from migrate.demo import ProfileBuilder
from migrate.errors import PasswordNeeded, UnreadableSource, WrongKey
from migrate.sources.desktop.database import Database, key_literal

from .reading import read_all, source_of

PASSWORDS = ["123456", "correct horse-9!", "f" * 12, "a1" * 31 + "9", "ab" * 32, "AB" * 32, "0123456789abcdef" * 6]


def profile(folder: Path, password: str | None = None, **options: object) -> Path:
    with ProfileBuilder(folder, password=password, **options) as builder:  # type: ignore[arg-type]  # a test's options
        friend = builder.person("Mara")
        builder.message(friend, friend, "hello", builder.now)
    return folder


def rewrite_config(folder: Path, **changes: object) -> None:
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | changes))


def bodies(folder: Path, work: Path, password: str | None = None) -> list[str | None]:
    with source_of(folder, work, password) as source:
        return [found.message.body for found in read_all(source).values()]


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_opens_the_profile_even_if_it_is_made_of_hex_digits(tmp_path: Path, password: str) -> None:
    assert bodies(profile(tmp_path / "p", password), tmp_path / "w", password) == ["hello"]


def test_a_password_typed_with_blanks_around_it_opens_what_the_app_trimmed(tmp_path: Path) -> None:
    assert bodies(profile(tmp_path / "p", "secret words"), tmp_path / "w", " secret words ") == ["hello"]


def test_a_password_that_begins_with_a_blank_is_not_trimmed_first(tmp_path: Path) -> None:
    assert bodies(profile(tmp_path / "p", " secret words"), tmp_path / "w", " secret words") == ["hello"]


def test_a_missing_password_is_asked_for(tmp_path: Path) -> None:
    with (
        pytest.raises(PasswordNeeded, match="protected with a password") as caught,
        source_of(profile(tmp_path / "p", "secret words"), tmp_path / "w"),
    ):
        pass
    assert caught.value.exit_code == 3
    assert "password" in caught.value.hint


@pytest.mark.parametrize("wrong", ["secret word", "SECRET WORDS", "nul\0", "lone \ud83d", "it's", "abc123", "x'00'"])
def test_a_wrong_password_is_called_wrong_and_never_repeated(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(WrongKey) as caught, source_of(profile(tmp_path / "p", "secret words"), tmp_path / "w", wrong):
        pass
    assert not isinstance(caught.value, PasswordNeeded)
    assert "password does not open" in str(caught.value)
    assert wrong not in str(caught.value) + caught.value.hint
    assert not list((tmp_path / "w").iterdir())


def test_a_password_is_asked_for_when_the_flag_was_not_written_before_a_crash(tmp_path: Path) -> None:
    folder = profile(tmp_path / "p", "secret words")
    rewrite_config(folder, dbHasPassword=False)
    with pytest.raises(PasswordNeeded, match="does not open"), source_of(folder, tmp_path / "w"):
        pass
    assert bodies(folder, tmp_path / "w", "secret words") == ["hello"]


def test_the_key_opens_when_the_flag_was_left_over(tmp_path: Path) -> None:
    folder = profile(tmp_path / "p")
    rewrite_config(folder, dbHasPassword=True)
    assert bodies(folder, tmp_path / "w") == ["hello"]
    assert bodies(folder, tmp_path / "w", "needless") == ["hello"]


@pytest.mark.parametrize("text", ["", "{broken", "[]", "{}", '{"key":7}', '{"key":""}', "\ufeff{}"])
def test_a_damaged_config_costs_only_the_key(tmp_path: Path, text: str) -> None:
    locked = profile(tmp_path / "locked", "secret words")
    (locked / "config.json").write_text(text, "utf-8")
    assert bodies(locked, tmp_path / "w", "secret words") == ["hello"]
    with pytest.raises(PasswordNeeded, match=r"config\.json"), source_of(locked, tmp_path / "w"):
        pass


def test_a_missing_config_is_named(tmp_path: Path) -> None:
    folder = profile(tmp_path / "p")
    (folder / "config.json").unlink()
    with pytest.raises(PasswordNeeded, match=r"config\.json is missing"), source_of(folder, tmp_path / "w"):
        pass


def test_a_key_that_is_no_hex_is_taken_as_a_passphrase(tmp_path: Path) -> None:
    folder = profile(tmp_path / "p", "it is not hex")
    rewrite_config(folder, key="it is not hex", dbHasPassword=False)
    assert bodies(folder, tmp_path / "w") == ["hello"]


def test_a_quote_in_a_key_cannot_leave_the_statement() -> None:
    assert key_literal("a'; DROP TABLE x; --") == "'a''; DROP TABLE x; --'"
    assert key_literal("abc123") == "\"x'abc123'\""


def test_a_database_of_sqlcipher_3_opens_as_a_last_attempt(tmp_path: Path) -> None:
    folder = profile(tmp_path / "p")
    key = json.loads((folder / "config.json").read_text())["key"]
    database = folder / "sql" / "db.sqlite"
    con = sqlcipher3.connect(str(database), isolation_level=None)
    con.execute(f"PRAGMA key = {key_literal(key)}")
    con.execute(f"ATTACH ? AS old KEY {key_literal(key)}", (str(tmp_path / "old.sqlite"),))
    con.execute("PRAGMA old.cipher_page_size = 1024")
    for setting in ("kdf_iter = 64000", "cipher_hmac_algorithm = HMAC_SHA1", "cipher_kdf_algorithm = PBKDF2_HMAC_SHA1"):
        con.execute(f"PRAGMA old.{setting}")
    con.execute("SELECT sqlcipher_export('old')")
    con.close()
    (tmp_path / "old.sqlite").replace(database)
    with pytest.raises(sqlcipher3.DatabaseError):
        Database(database, key)
    assert bodies(folder, tmp_path / "w") == ["hello"]


@pytest.mark.parametrize("content", [b"", b"short", b"SQLite format 3\0" + bytes(4096)])
def test_a_file_that_is_no_encrypted_database_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = profile(tmp_path / "p")
    (folder / "sql" / "db.sqlite").write_bytes(content)
    with pytest.raises(UnreadableSource, match="not encrypted"), source_of(folder, tmp_path / "w"):
        pass
    assert not list((tmp_path / "w").iterdir())


def test_a_profile_from_before_mid_2022_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p") as builder:
        builder.execute("DELETE FROM loki_schema")
        builder.execute("INSERT INTO loki_schema (version) VALUES (23)")
    with pytest.raises(UnreadableSource, match="mid-2022") as caught, source_of(tmp_path / "p", tmp_path / "w"):
        pass
    assert "Start a current Session Desktop" in caught.value.hint


def test_a_newer_profile_is_read_with_a_warning(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p") as builder:
        builder.execute("INSERT INTO loki_schema (version) VALUES (99)")
    with source_of(tmp_path / "p", tmp_path / "w") as source:
        (warning,) = source.warnings
        assert re.search("schema 99.*54", warning)
        assert source.details == {"schema": 99}


def test_a_lost_record_of_the_schema_is_made_up_for_by_the_shape(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p") as builder:
        builder.person("Mara")
        builder.execute("DROP TABLE loki_schema")
    with source_of(tmp_path / "p", tmp_path / "w") as source:
        assert [person.contact.display for person in source.contacts()] == ["Mara"]
        assert not source.warnings
