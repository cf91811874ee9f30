"""Opens `relay.db`, alone, brings it up to date, and commits what was written together.

Write-ahead log with `synchronous = NORMAL`: whatever was committed survives the death of the process, and a power cut
may cost the last moments, together with the cursors that were moved in them. Then the networks yield those events
again, and their ids tell what is known already. So nothing is lost for lack of a flush, and a message costs none.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from migrate.errors import DecampError, NoSpace

from . import migrations

LOCK = "relay.lock"
SOON = 0.01  # seconds after which what was written is committed, if nobody waits for it
PATIENCE = 5.0  # seconds to wait for another process that writes a line, such as `decamp relay pause`


class RelayBusy(DecampError):
    """Another relay runs with this store."""

    exit_code = 2
    hint = "Stop it first: two relays would send everything twice."


class BadStore(DecampError):
    """The store of the relay cannot be used."""

    exit_code = 2
    hint = (
        "Restore relay.db from a backup, or move it away and link your chats again; what was relayed stays where it is."
    )


class Database:
    """One connection, and one open transaction at a time. Everything happens in one thread.

    `lock`: as the one relay that runs with it. Without, one may look, and write what the relay then finds
    (`changed_by_others`).
    """

    def __init__(self, path: Path, *, lock: bool) -> None:
        self._lock = _hold(path.with_name(LOCK)) if lock else None
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        try:
            self.con = _opened(path)
        except sqlite3.Error as error:
            self._release()
            if isinstance(error, sqlite3.OperationalError):
                raise _explained(error) from error
            raise BadStore(f"{path.name} cannot be used: {error}.") from error
        except BaseException:
            self._release()
            raise
        self._open = False
        self._timer: asyncio.Handle | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self.before_commit: Callable[[], None] = lambda: None
        self.on_failure: Callable[[DecampError], None] = lambda _: None
        """Told when the file cannot be written any more; nothing is from then on, and the last commit counts."""
        self._failed: DecampError | None = None
        self._version = self._data_version()
        self.has_wiped = False
        """Whether words were wiped that the log of the file still has."""

    def write(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        """Change something, in the transaction that is open."""
        if not self._open:
            self.begin()
        return self._execute(sql, values)

    def begin(self) -> None:
        """Open the transaction that everything up to the next commit belongs to, and see that it comes to one."""
        if not self._open:
            self._execute("BEGIN IMMEDIATE")
            self._open = True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # whoever writes outside a loop commits
        if self._timer is None:
            self._timer = loop.call_later(SOON, self._commit_later)

    @contextlib.contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What is written here is in the transaction as a whole, or, if something goes wrong, not at all."""
        self.begin()
        self._execute("SAVEPOINT whole")
        try:
            yield
        except BaseException:
            self._execute("ROLLBACK TO whole")
            raise
        finally:
            self._execute("RELEASE whole")

    async def kept(self) -> None:
        """Wait for the commit; all who wait in the same moment share one."""
        if not self._open:
            return
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        if not self._waiting:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = loop.call_soon(self._commit_later)
        self._waiting.append(waiter)
        await waiter

    def commit(self) -> None:
        """Make what was written durable, and wake whoever waits for that."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        try:
            self.before_commit()
            if self._open:
                self._execute("COMMIT")
                self._open = False
        except DecampError as error:
            for waiter in waiting:
                if not waiter.done():
                    waiter.set_exception(error)
            raise
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _commit_later(self) -> None:
        """The same from the loop, where nobody hears of a failure but those who wait, and `on_failure`."""
        with contextlib.suppress(DecampError):
            self.commit()

    def scrub(self) -> None:
        """Leave nothing of what was wiped in the log either, which keeps what was written until it begins anew."""
        self.commit()
        busy, _, _ = self._execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.has_wiped = bool(busy)  # another process reads: next time

    def changed_by_others(self) -> bool:
        """Whether another process wrote since we looked last."""
        version = self._data_version()
        changed, self._version = version != self._version, version
        return changed

    def close(self) -> None:
        """Commit and let go of the file. May be called twice."""
        try:
            if self._failed is None:
                self.commit()
        finally:
            self.con.close()
            self._release()

    def _execute(self, sql: str, values: tuple[object, ...] = ()) -> sqlite3.Cursor:
        if self._failed is not None:
            raise self._failed
        try:
            return self.con.execute(sql, values)
        except sqlite3.OperationalError as error:
            self._failed = _explained(error)
            self.on_failure(self._failed)
            raise self._failed from error

    def _data_version(self) -> int:
        version: int = self.con.execute("PRAGMA data_version").fetchone()[0]
        return version

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _opened(path: Path) -> sqlite3.Connection:
    con = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE, cached_statements=256)
    try:
        con.execute("PRAGMA journal_mode = WAL")
        con.execute("PRAGMA synchronous = NORMAL")
        con.execute("PRAGMA foreign_keys = ON")
        con.execute("PRAGMA secure_delete = ON")  # what was to disappear does
        migrations.bring_up_to_date(con)
    except BaseException:
        con.close()  # a store that is refused is let go of
        raise
    return con


def _hold(path: Path) -> sqlite3.Connection:
    """The lock is a transaction on an empty database: every system has it, and it ends with the process."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    con = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        con.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        con.close()
        raise RelayBusy from error
    return con


def _explained(error: sqlite3.OperationalError) -> DecampError:
    if error.sqlite_errorcode in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
        return NoSpace("The disk with relay.db is full.", "Free some space, then start the relay again: it goes on.")
    if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:  # the rest says how
        return BadStore("Another decamp has been writing into relay.db for too long.", "Wait a moment, then try again.")
    return BadStore(f"relay.db cannot be written: {error}.", "Look whether the disk works and start the relay again.")
