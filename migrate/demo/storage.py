"""Makes the empty, encrypted database of a profile and the settings that every account has.

Facts: formats page of Session Desktop, sections 1, 2 and 5.3.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Sequence
from hashlib import sha512
from pathlib import Path
from random import Random

import sqlcipher3

from . import schema as tables
from .account import AccountKeys, key_statement
from .shapes import Fields

INCREMENTAL_VACUUM_SINCE = 51


def create_database(profile: Path, rng: Random, schema: int, password: str | None) -> sqlite3.Connection:
    """Write `config.json` and an empty database of this schema; the connection comes back inside a transaction."""
    config: Fields = {"key": rng.randbytes(32).hex()}
    if password is not None:
        config["dbHasPassword"] = True
    (profile / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    path = database_path(profile)
    path.parent.mkdir()
    db: sqlite3.Connection = sqlcipher3.connect(str(path), isolation_level=None)
    db.execute(key_statement(password if password is not None else str(config["key"])))
    if schema >= INCREMENTAL_VACUUM_SINCE:
        db.execute("PRAGMA auto_vacuum = 2")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")
    # The builder alone decides what stays in the write-ahead log.
    db.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute("BEGIN")
    tables.create(db, schema)
    return db


def database_path(profile: Path) -> Path:
    """Where the database of a profile lies."""
    return profile / "sql" / "db.sqlite"


def close_as_running(db: sqlite3.Connection, profile: Path) -> None:
    """Close, but leave database and write-ahead log as they are while the app has them open."""
    path = database_path(profile)
    files: Sequence[Path] = (path, path.with_name(path.name + "-wal"))
    for file in files:
        shutil.copyfile(file, file.with_name(f"running-{file.name}"))
    db.close()
    for file in files:
        file.with_name(f"running-{file.name}").replace(file)


def account_settings(keys: AccountKeys, attachment_key: bytes, password: str | None) -> Fields:
    """The rows of `items` that every account has, by id."""
    settings: Fields = {
        "local_attachment_encrypted_key": attachment_key.hex(),
        "identityKey": keys.identity_item(),
        "number_id": f"{keys.id}.1",
        "primaryDevicePubKey": keys.id,
        "is_sign_in_by_linking": False,
        "read-receipt-setting": True,
        "typing-indicators-setting": False,
        "link-preview-setting": True,
        "storage_version": 1,
    }
    if password is not None:
        settings["passHash"] = sha512(password.encode()).hexdigest()
    return settings
