from __future__ import annotations

import json
import shutil
import sqlite3
from base64 import b64decode
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
import sqlcipher3
from nacl import bindings as nacl

from migrate.demo import ProfileBuilder

from .opening import decrypted, everything, file_key, item, key_of, opened, spelled

SCHEMAS = (33, 37, 46, 48, 50, 53, 54)
PASSWORDS = ("correct horse-9!", "123456", "it's", "ABCDEF", "a" * 64, "f" * 96)


def filled(profile: ProfileBuilder) -> str:
    """One of everything that is spelled differently in some version; the answer is a contact."""
    friend = profile.person("Mara", nickname="M")
    first = profile.message(friend, friend, "first", profile.now)
    profile.message(friend, profile.me, "second", profile.now + 1, quote=profile.quote(first))
    profile.message(friend, profile.me, "lost", profile.now + 2, errors='SendMessageNetworkError - "No network"')
    profile.message(friend, friend, "", profile.now + 3, isDeleted=2)
    timer = {"expirationType": "deleteAfterSend", "expireTimer": 60, "source": friend, "fromSync": False}
    profile.message(friend, friend, None, profile.now + 4, flags=2, expirationTimerUpdate=timer)
    profile.message(friend, friend, None, profile.now + 5, messageRequestResponse={})
    return friend


def messages(db: sqlite3.Connection) -> list[dict[str, object]]:
    return [json.loads(row[0]) for row in db.execute("SELECT json FROM messages ORDER BY sent_at")]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_profile_of_any_version_opens(tmp_path: Path, schema: int) -> None:
    with ProfileBuilder(tmp_path, schema=schema) as profile:
        filled(profile)
    db = opened(tmp_path)
    assert db.execute("SELECT MAX(version) FROM loki_schema").fetchone() == (schema,)
    assert db.execute("PRAGMA user_version").fetchone() == (11,)
    assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)
    assert [message["body"] for message in messages(db)[:3]] == ["first", "second", "lost"]
    assert db.execute("SELECT count(*) FROM messages_fts WHERE messages_fts MATCH 'second'").fetchone() == (1,)


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_of_any_shape_opens_it(tmp_path: Path, password: str) -> None:
    with ProfileBuilder(tmp_path, password=password):
        pass
    assert opened(tmp_path, password).execute("SELECT count(*) FROM conversations").fetchone() == (1,)
    db = sqlcipher3.connect(str(tmp_path / "sql" / "db.sqlite"))
    db.execute("PRAGMA cipher_log_level = NONE")
    db.execute("PRAGMA key = 'another'")
    with pytest.raises(sqlcipher3.DatabaseError):
        db.execute("SELECT count(*) FROM sqlite_master")


if find_spec("apsw"):

    @pytest.mark.parametrize("password", [None, *PASSWORDS])
    def test_another_implementation_opens_it(tmp_path: Path, password: str | None) -> None:
        apsw = import_module("apsw")
        with ProfileBuilder(tmp_path, password=password) as profile:
            filled(profile)
        db = apsw.Connection(str(tmp_path / "sql" / "db.sqlite"))
        db.execute("PRAGMA cipher = 'sqlcipher'")
        db.execute("PRAGMA legacy = 4")
        db.execute("PRAGMA key = " + spelled(key_of(tmp_path, password)))
        assert list(db.execute("SELECT count(*) FROM messages")) == [(6,)]


@pytest.mark.samples
@pytest.mark.parametrize(("sample", "schema"), [("plain", 54), ("old-schema", 33)])
def test_tables_and_columns_are_those_of_the_real_app(tmp_path: Path, samples: Path, sample: str, schema: int) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(samples / "session-desktop" / sample, copy)
    with ProfileBuilder(tmp_path / "ours", schema=schema):
        pass
    assert columns(opened(tmp_path / "ours")) == columns(opened(copy))


def columns(db: sqlite3.Connection) -> dict[str, set[tuple[str, str, str | None]]]:
    """Name, type and default of each column by table, without the tables that SQLite keeps for itself."""
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: {
            (column[1], column[2], column[4] and column[4].replace('"', "'"))
            for column in db.execute(f"PRAGMA table_info({name})")
        }
        for name in names
        if not name.startswith(("sqlite_", "messages_fts"))
    }


def test_the_identity_leads_from_the_seed_to_the_session_id(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path) as profile:
        assert profile.keys.seed.hex() not in repr(profile.keys)
    db = opened(tmp_path)
    identity = item(db, "identityKey")
    assert isinstance(identity, dict)
    pair = identity["ed25519KeyPair"]
    secret = bytes(pair["privateKey"][str(index)] for index in range(64))
    public, again = nacl.crypto_sign_seed_keypair(secret[:32])
    assert secret == again
    assert bytes(pair["publicKey"].values()) == public
    assert secret[16:32] == bytes(16)
    assert b64decode(identity["pubKey"])[1:] == nacl.crypto_sign_ed25519_pk_to_curve25519(public)
    assert b64decode(identity["privKey"]) == nacl.crypto_sign_ed25519_sk_to_curve25519(secret)
    assert item(db, "number_id") == f"{profile.me}.1"
    assert b64decode(identity["pubKey"]).hex() == profile.me


@pytest.mark.parametrize("separator", ["/", "\\"])
def test_a_file_decrypts_to_what_went_in(tmp_path: Path, separator: str) -> None:
    with ProfileBuilder(tmp_path, separator=separator) as profile:
        stored = [profile.vault.attachment(data, "a", "text/plain") for data in (b"", b"hello", b"x" * 100_000)]
    key = file_key(opened(tmp_path))
    for described, plain in zip(stored, (b"", b"hello", b"x" * 100_000), strict=True):
        path = str(described["path"])
        assert path[2] == separator
        blob = (tmp_path / "attachments.noindex" / path.replace("\\", "/")).read_bytes()
        assert len(blob) == len(plain) + 41
        assert decrypted(blob, key) == plain


def test_the_same_calls_write_the_same_profile(tmp_path: Path) -> None:
    contents = []
    for run in ("first", "second"):
        with ProfileBuilder(tmp_path / run, rng=Random(3)) as profile:
            filled(profile)
        contents.append(everything(opened(tmp_path / run)))
    assert contents[0] == contents[1]


def test_old_versions_spell_messages_their_way(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path, schema=33) as profile:
        friend = filled(profile)
    _, answer, lost, deleted, timer, accepted = messages(opened(tmp_path))
    quote = {"id": profile.now, "author": friend, "text": "first", "attachments": None, "referencedMessageNotFound": 0}
    assert answer["quote"] == quote
    assert lost["errors"] == [{"name": "SendMessageNetworkError", "message": "No network", "number": friend}]
    assert deleted["isDeleted"] == 1
    assert timer["expirationTimerUpdate"] == {"expireTimer": 60, "source": friend, "fromSync": 0}
    assert accepted["messageRequestResponse"] == {"isApproved": 1}


def test_the_current_version_spells_messages_its_way(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path) as profile:
        friend = filled(profile)
    db = opened(tmp_path)
    _, answer, lost, _, timer, accepted = messages(db)
    assert answer["quote"] == {"timestamp": profile.now, "author": friend}
    assert lost["errors"] == 'SendMessageNetworkError - "No network"'
    assert "messageHash" not in lost
    assert isinstance(timer["expirationTimerUpdate"], dict)
    assert timer["expirationTimerUpdate"]["fromSync"] == 0
    assert accepted["messageRequestResponse"] == {}
    assert db.execute("SELECT isDeleted FROM messages WHERE isDeleted").fetchall() == [(2,)]
    assert db.execute("SELECT count(*) FROM messages WHERE sort_timestamp_full = sent_at").fetchone() == (6,)


def test_a_lone_surrogate_stays_in_the_json_and_is_replaced_in_the_column(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path) as profile:
        profile.message(profile.me, profile.me, "a \ud83d b", profile.now)
    text, body = opened(tmp_path).execute("SELECT json, body FROM messages").fetchone()
    assert '"a \\ud83d b"' in text
    assert body == "a \ufffd b"


def test_messages_of_a_running_app_are_in_the_write_ahead_log_alone(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "app", wal=True) as profile:
        friend = profile.person("Mara")
        profile.message(friend, friend, "checkpointed", profile.now)
        profile.checkpoint()
        profile.message(friend, friend, "only in the log", profile.now + 1)
    log = tmp_path / "app" / "sql" / "db.sqlite-wal"
    assert log.stat().st_size > 0
    assert not (tmp_path / "app" / "sql" / "db.sqlite-shm").exists()
    shutil.copytree(tmp_path / "app", tmp_path / "whole")
    shutil.copytree(tmp_path / "app", tmp_path / "half")
    (tmp_path / "half" / "sql" / "db.sqlite-wal").unlink()
    assert len(messages(opened(tmp_path / "whole"))) == 2
    assert [message["body"] for message in messages(opened(tmp_path / "half"))] == ["checkpointed"]


def test_what_an_open_builder_commits_can_be_read_while_it_goes_on(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path) as profile:
        profile.message(profile.me, profile.me, "committed", profile.now)
        profile.commit()
        profile.message(profile.me, profile.me, "not yet", profile.now + 1)
        assert [message["body"] for message in messages(opened(tmp_path))] == ["committed"]
    assert len(messages(opened(tmp_path))) == 2


def test_the_list_knows_when_each_conversation_was_last_active(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path) as profile:
        friend = filled(profile)
    row = opened(tmp_path).execute("SELECT active_at FROM conversations WHERE id = ?", (friend,)).fetchone()
    assert row == (profile.now + 5,)
