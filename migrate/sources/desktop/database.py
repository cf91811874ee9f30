"""Opens the copy of the database and answers questions about it; the only place that knows SQLCipher.

Source: formats page of Session Desktop, sections 2 and 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...errors import PasswordNeeded, UnreadableSource, WrongKey
from .config import Config
from .values import text

if TYPE_CHECKING:
    from sqlcipher3.dbapi2 import Connection

OLDEST_SCHEMA = 24
NEWEST_SCHEMA = 54
Values = tuple[object, ...]

_NOT_HEX = re.compile("[^0-9A-Fa-f]")
_DAMAGE = {10, 11, 26}  # SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB


class DamagedPage(UnreadableSource):
    """A part of the Session database is damaged."""


class Database:
    """An opened copy. Texts come as bytes: one that is no UTF-8 must not cost the row it is in."""

    def __init__(self, path: Path, key: str, compatibility: Literal[3, 4] = 4) -> None:
        self._open = (path, key, compatibility)
        self._con = _connect(path, key, compatibility)
        self.schema = self._schema()

    def rows(self, sql: str, *values: object) -> Iterator[Values]:
        """The answer to one query, row by row. Raises `DamagedPage` where the file cannot be decrypted."""
        from sqlcipher3 import DatabaseError

        try:
            yield from self._con.execute(sql, values)
        except DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGE:
                raise
            raise DamagedPage from error

    def reopen(self) -> None:
        """Start afresh after a `DamagedPage`: SQLCipher answers nothing more on a connection that met one."""
        self._con.close()
        self._con = _connect(*self._open)

    def columns(self, table: str) -> frozenset[str]:
        """The columns that a table has in this schema version; none if there is no such table."""
        named = self._con.execute("SELECT name FROM pragma_table_info(?)", (table,))
        return frozenset(text(name) or "" for (name,) in named)

    def close(self) -> None:
        self._con.close()

    def _schema(self) -> int:
        """The version that the app recorded last (section 4: neither `user_version` nor `schema_version`)."""
        if self.columns("loki_schema"):
            try:
                (version,) = next(self.rows("SELECT max(version) FROM loki_schema"))
                if isinstance(version, int):
                    return version
            except DamagedPage:
                self.reopen()
        # The record is lost: go by the shape. Before 24 conversations were one JSON text each.
        return OLDEST_SCHEMA if "displayNameInProfile" in self.columns("conversations") else 0


def open_database(path: Path, config: Config, password: str | None) -> Database:
    """Open the copy with whichever key fits, the likeliest first, and refuse what decamp cannot read.

    Both keys are tried whatever `config.json` says: it can lie after a crash while a password was being set.
    Raises `PasswordNeeded` without a password that is needed, `WrongKey` with one that does not fit.
    """
    with path.open("rb") as file:
        start = file.read(16)
    if len(start) < 16 or start.startswith(b"SQLite format 3"):
        raise UnreadableSource("This is not the database of Session Desktop: it is not encrypted.")
    # Parts of the app's interface trim what is typed (section 2).
    passwords = [password, password.strip()] if password else []
    keys = [*passwords, config.key] if config.has_password else [config.key, *passwords]
    database = _open_with_any(path, [key for key in dict.fromkeys(keys) if key])
    if database is None:
        raise _no_key_fits(config, password)
    if not database.columns("messages") or database.schema < OLDEST_SCHEMA:
        database.close()
        raise UnreadableSource(
            "This profile was last used by a Session Desktop from before mid-2022, or never.",
            "Start a current Session Desktop with it once, so that it brings the database up to date.",
        )
    return database


def _open_with_any(path: Path, keys: list[str]) -> Database | None:
    from sqlcipher3 import DatabaseError

    versions: tuple[Literal[4, 3], ...] = (4, 3)  # the app tries SQLCipher 3 last as well
    for compatibility in versions:
        for key in keys:
            try:
                return Database(path, key, compatibility)
            except (DatabaseError, ValueError):  # ValueError: a password with U+0000 or a lone surrogate
                continue
    return None


def _no_key_fits(config: Config, password: str | None) -> WrongKey:
    if password:
        return WrongKey(
            "The password does not open the Session database.",
            "Give the one that Session asks for when it starts; capital and small letters differ.",
        )
    hint = "Give the password that Session asks for when it starts: at the prompt, or with --password-file."
    if config.has_password:
        return PasswordNeeded("This Session profile is protected with a password.", hint)
    why = config.problem or "the key in config.json does not fit"
    return PasswordNeeded(
        f"The Session database does not open: {why}.", f"{hint} If it asks for none, the profile is damaged."
    )


def _connect(path: Path, key: str, compatibility: Literal[3, 4]) -> Connection:
    """One connection that can read; raises sqlcipher3's `DatabaseError` if the key is wrong."""
    import sqlcipher3

    con: Connection = sqlcipher3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        con.execute("PRAGMA cipher_log_level = NONE")
        con.execute(f"PRAGMA key = {key_literal(key)}")
        if compatibility == 3:
            con.execute("PRAGMA cipher_compatibility = 3")
        con.text_factory = bytes
        con.execute("SELECT count(*) FROM sqlite_master").fetchone()  # a wrong key shows here, not before
    except (sqlcipher3.DatabaseError, ValueError):
        con.close()
        raise
    return con


def key_literal(key: str) -> str:
    """The key as the app writes it into `PRAGMA key`, which for hex digits is another passphrase (section 2)."""
    if _NOT_HEX.search(key):
        return "'" + key.replace("'", "''") + "'"
    return f"\"x'{key}'\""
