"""Brings a store from any earlier version to this one, in one transaction: killed in between, nothing happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from sqlite3 import Connection

from migrate.errors import DecampError

Step = Callable[[Connection], None]


class NewerStore(DecampError):
    """The store was made by a newer decamp."""

    exit_code = 2
    hint = "Install the current version of decamp."


def _first(con: Connection) -> None:
    for statement in statements(files(__package__).joinpath("schema.sql").read_text("utf-8")):
        con.execute(statement)


def _second(con: Connection) -> None:
    """Rules that stand still, words from other processes, what announcements have to hear, and when anything was seen.

    What has no time yet gets one when the relay looks (`sweeping.py`): a migration knows no clock.
    """
    con.execute("CREATE TABLE again (bridge TEXT PRIMARY KEY) WITHOUT ROWID, STRICT")
    con.execute("CREATE TABLE heard (number INTEGER PRIMARY KEY, bridge TEXT NOT NULL, event BLOB NOT NULL) STRICT")
    con.execute(
        "CREATE TABLE rests (source TEXT NOT NULL, target TEXT NOT NULL, why TEXT NOT NULL, since INTEGER NOT NULL,"
        " PRIMARY KEY (source, target)) WITHOUT ROWID, STRICT"
    )
    con.execute("ALTER TABLE messages ADD COLUMN relayed_at INTEGER NOT NULL DEFAULT 0")
    for table in ("people", "chats", "dressed", "told_once", "commands"):
        con.execute(f"ALTER TABLE {table} ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0")
    con.execute("DELETE FROM counts WHERE link = '' AND what IN ('in', 'out', 'failed', 'removed')")


def _third(con: Connection) -> None:
    """What is to disappear after it was read, and was not: each receipt asks for it."""
    con.execute(
        "CREATE INDEX messages_unread ON messages (number)"
        " WHERE expires IS NOT NULL AND fades_at IS NULL AND NOT deleted"
    )


def _fourth(con: Connection) -> None:
    """Changes of texts that came: networks may tell them once more, in the same order."""
    con.execute(
        "CREATE TABLE revisions (message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,"
        " digest INTEGER NOT NULL, PRIMARY KEY (message, digest)) WITHOUT ROWID, STRICT"
    )


def _fifth(con: Connection) -> None:
    """Which copies stay where they are until we take them back, also where a network lets others disappear."""
    con.execute("ALTER TABLE copies ADD COLUMN lasts INTEGER NOT NULL DEFAULT 0")


STEPS: tuple[Step, ...] = (_first, _second, _third, _fourth, _fifth)
"""The step at n leads from version n to n + 1. A step that was released is never changed; a new one is added."""


def bring_up_to_date(con: Connection, steps: Sequence[Step] = STEPS) -> None:
    """Do the steps that the store has not seen."""
    if _version(con) == len(steps):
        return  # nothing to write, so nobody has to wait
    con.execute("BEGIN IMMEDIATE")
    try:
        version = _version(con)
        if version > len(steps):
            raise NewerStore
        for step in steps[version:]:
            step(con)
        con.execute(f"PRAGMA user_version = {len(steps)}")
        con.execute("COMMIT")
    except BaseException:
        if con.in_transaction:  # a full disk has ended it already
            con.execute("ROLLBACK")
        raise


def _version(con: Connection) -> int:
    version: int = con.execute("PRAGMA user_version").fetchone()[0]
    return version


def statements(script: str) -> list[str]:
    """A script in single statements: `executescript` would commit behind our back."""
    lines = [line for line in script.splitlines() if not line.startswith("--")]
    return [part for part in "\n".join(lines).split(";\n") if part.strip()]
