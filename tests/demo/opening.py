"""Opens a profile as the formats page of Session Desktop says (7.3 and 10), sharing no code with the builder."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import sqlcipher3
from nacl import bindings as nacl


def spelled(key: str) -> str:
    """The value of PRAGMA key, spelled as the app spells it."""
    if re.search(r"[^0-9A-Fa-f]", key):
        return "'" + key.replace("'", "''") + "'"
    return "\"x'" + key + "'\""


def key_of(profile: Path, password: str | None = None) -> str:
    config = json.loads((profile / "config.json").read_text(encoding="utf-8"))
    assert bool(config.get("dbHasPassword")) is (password is not None)
    return password or str(config["key"])


def opened(profile: Path, password: str | None = None) -> sqlite3.Connection:
    """A connection that reads; SQLite may leave its own files beside the database, so give it a copy."""
    place = f"file:{profile}/sql/db.sqlite?mode=ro"
    db: sqlite3.Connection = sqlcipher3.connect(place, uri=True, isolation_level=None)
    db.execute("PRAGMA cipher_log_level = NONE")
    db.execute("PRAGMA key = " + spelled(key_of(profile, password)))
    db.text_factory = lambda raw: raw.decode("utf-8", "replace")
    db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return db


def decrypted(blob: bytes, key: bytes) -> bytes:
    state = nacl.crypto_secretstream_xchacha20poly1305_state()
    nacl.crypto_secretstream_xchacha20poly1305_init_pull(state, blob[:24], key)
    plain, tag = nacl.crypto_secretstream_xchacha20poly1305_pull(state, blob[24:], None)
    assert tag == nacl.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    return bytes(plain)


def item(db: sqlite3.Connection, id: str) -> object:
    return json.loads(db.execute("SELECT json FROM items WHERE id = ?", (id,)).fetchone()[0])["value"]


def file_key(db: sqlite3.Connection) -> bytes:
    return bytes.fromhex(str(item(db, "local_attachment_encrypted_key")))


def everything(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables of the app, in the order they were written."""
    names = [
        row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%fts%'")
    ]
    return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in names}
