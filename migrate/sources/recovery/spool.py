"""Where what the nodes gave lies until it is in the archive: sealed as it came, so that it tells nobody anything.

It outlives a run. A run that was stopped goes on where it was, a poll asks only for what is new, and a reaction that
comes a week after its message still finds it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from ...errors import ArchiveBusy, ArchiveError
from ...session.poll import Marks
from ...session.receive import Received
from ...session.storage import GROUP_MESSAGES, MESSAGES

DAY = 86_400_000
KEPT_FILES = 30 * DAY
"""How long a picture that was fetched for somebody is not fetched again."""
_PATIENCE = 2.0  # seconds to wait for another process that is just finishing
HOLDS_MESSAGES = (MESSAGES, GROUP_MESSAGES)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS received (
    n          INTEGER PRIMARY KEY,
    pubkey     TEXT NOT NULL,
    namespace  INTEGER NOT NULL,
    hash       TEXT NOT NULL,
    stored_at  INTEGER,
    expires_at INTEGER,
    genuine    INTEGER NOT NULL,   -- 0: the bytes are not those that the hash belongs to
    data       BLOB NOT NULL,
    UNIQUE (pubkey, namespace, hash)
);
CREATE TABLE IF NOT EXISTS marks (
    node TEXT NOT NULL, pubkey TEXT NOT NULL, namespace INTEGER NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (node, pubkey, namespace)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    url TEXT PRIMARY KEY, data BLOB, fetched_at INTEGER NOT NULL   -- data NULL: the server has it no more
);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "pubkey, namespace, hash, stored_at, expires_at, data"


class Spool:
    """What was received for one account, in a file that only its owner can read. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._open = _opened(self._path)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise ArchiveBusy("Another decamp is reading this account from the network.") from error
            raise ArchiveError(f"{self._path} cannot be opened: {error}.", "Check who may write there.") from error
        except sqlite3.DatabaseError:  # it holds nothing that the network and the archive do not have
            self._path.unlink()
            self._open = _opened(self._path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._con.close()
        self._open = None

    @property
    def _con(self) -> sqlite3.Connection:
        if self._open is None:
            raise RuntimeError("a spool is used inside its with block")
        return self._open

    # -- what came -----------------------------------------------------------------------------------

    def add(self, found: Iterable[Received], marks: Mapping[tuple[bytes, str, int], str], *, anew: set[int]) -> int:
        """Keep what was received together with how far the nodes were read; how much of it is new.

        `anew` are the namespaces of settings that were read from their beginning: what was kept of them is replaced,
        unless there is nothing to replace it with: the network forgets settings after 30 days, and the spool need not.
        """
        messages = list(found)
        with self._con:
            before = self._con.execute("SELECT max(n), count(*) FROM received").fetchone()
            for pubkey, namespace in {(one.pubkey, one.namespace) for one in messages if one.namespace in anew}:
                self._forget(pubkey, namespace, {one.hash for one in messages})
            new = sum(self._keep(one) for one in messages)
            self._con.executemany(
                "INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?)",
                [(node.hex(), *key, hash) for (node, *key), hash in marks.items() if key[1] in HOLDS_MESSAGES],
            )
            if new or before != self._con.execute("SELECT max(n), count(*) FROM received").fetchone():
                self._change("changes")
        return new

    def _keep(self, one: Received) -> bool:
        known = self._con.execute(
            "SELECT genuine FROM received WHERE (pubkey, namespace, hash) = (?, ?, ?)",
            (one.pubkey, one.namespace, one.hash),
        ).fetchone()
        if known is not None and known[0] >= one.is_itself:
            return False
        self._con.execute(
            f"INSERT OR REPLACE INTO received ({_COLUMNS}, genuine) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (one.pubkey, int(one.namespace), one.hash, one.stored_at, one.expires_at, one.data, one.is_itself),
        )
        return True

    def _forget(self, pubkey: str, namespace: int, but: set[str]) -> None:
        known = self._con.execute(
            "SELECT n, hash FROM received WHERE (pubkey, namespace) = (?, ?)", (pubkey, int(namespace))
        ).fetchall()
        self._con.executemany("DELETE FROM received WHERE n = ?", [(n,) for n, hash in known if hash not in but])

    def marks(self) -> Marks:
        """How far each node was read."""
        rows = self._con.execute("SELECT node, pubkey, namespace, hash FROM marks")
        return {(bytes.fromhex(node), pubkey, namespace): hash for node, pubkey, namespace, hash in rows}

    def settings(self, pubkey: str) -> list[Received]:
        """Everything of an account or group that is no message."""
        rows = self._con.execute(f"SELECT {_COLUMNS} FROM received WHERE pubkey = ? ORDER BY n", (pubkey,))
        return [Received(*row) for row in rows if row[1] not in HOLDS_MESSAGES]

    def messages(self) -> Iterator[tuple[int, Received]]:
        """Every message with its number, in the order in which they were stored, damaged ones last."""
        order = self._con.execute(
            "SELECT n FROM received WHERE namespace IN (?, ?) ORDER BY genuine DESC, stored_at, hash", HOLDS_MESSAGES
        ).fetchall()
        for (n,) in order:
            yield n, self.message(n)

    def message(self, n: int) -> Received:
        """The message with a number."""
        return Received(*self._con.execute(f"SELECT {_COLUMNS} FROM received WHERE n = ?", (n,)).fetchone())

    def forget_old(self, now: int) -> None:
        """Drop messages that the network has forgotten for a while, and pictures that were fetched long ago.

        They are kept some time after their end: the network may have kept one longer than it said at first.
        """
        with self._con:
            self._con.execute(
                "DELETE FROM received WHERE namespace IN (?, ?) AND coalesce(expires_at, stored_at + ?, 0) < ?",
                (*HOLDS_MESSAGES, 14 * DAY, now - DAY),
            )
            self._con.execute("DELETE FROM files WHERE fetched_at < ?", (now - KEPT_FILES,))

    # -- files ---------------------------------------------------------------------------------------

    def file(self, url: str) -> tuple[bytes | None] | None:
        """What is known of a file: its sealed bytes, or that it is gone (`(None,)`), or nothing."""
        row: tuple[bytes | None] | None = self._con.execute("SELECT data FROM files WHERE url = ?", (url,)).fetchone()
        return row

    def keep_file(self, url: str, data: bytes | None, now: int) -> None:
        """Keep a picture as it came, or that a file is gone, so that nobody asks for it again and again."""
        with self._con:
            self._con.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (url, data, now))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever received."""
        return next(self._con.execute("SELECT 1 FROM received LIMIT 1"), None) is None

    # -- whether there is something to do ------------------------------------------------------------

    @property
    def changes(self) -> int:
        """How often something new came: equal as long as nothing did."""
        return self._number("changes")

    @property
    def owes(self) -> bool:
        """Whether a file could not be fetched for now, so that it is worth trying again."""
        return bool(self._number("owes"))

    @owes.setter
    def owes(self, owes: bool) -> None:
        with self._con:
            self._con.execute("INSERT OR REPLACE INTO meta VALUES ('owes', ?)", (int(owes),))

    def _number(self, key: str) -> int:
        row = self._con.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def _change(self, key: str) -> None:
        self._con.execute("INSERT INTO meta VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET value = value + 1", (key,))


def _opened(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    con = sqlite3.connect(str(path), timeout=_PATIENCE)
    try:
        con.execute("PRAGMA locking_mode = EXCLUSIVE")
        con.execute("PRAGMA secure_delete = ON")
        con.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA.split(";\n"):
            con.execute(statement)
        con.commit()
    except BaseException:
        with suppress(sqlite3.Error):
            con.close()
        raise
    return con
