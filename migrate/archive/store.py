"""Fills an archive: every message once, whatever the order and however often its sources are read.

Everything is written inside `with store.transaction():`. The digest of a source's row is kept in
the same transaction as its message, so a run that is killed goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from ..errors import ArchiveError
from ..model import Account, Contact, Conversation, ConversationKind, Loss, Relation, display_name, short_id
from . import database

if TYPE_CHECKING:
    from sqlite3 import Connection

FORMATS = ("jsonl", "html", "csv", "vcard")
PER_CONVERSATION = ("jsonl", "html")
_encode = msgspec.json.Encoder().encode


class Store:
    """The writing side of an archive. One per archive at a time; a second one raises `ArchiveBusy`.

    `before_change` is called once, before the first thing is written: a run that finds nothing new leaves
    every byte of the archive as it is.
    """

    def __init__(self, folder: Path, before_change: Callable[[], None] = lambda: None) -> None:
        self.folder = folder
        self.con: Connection = database.create_or_open(folder)
        self._conversations: dict[str, int] = dict(self.con.execute("SELECT id, n FROM conversations"))
        self._before_change = before_change
        self.changed = False
        self._stale: set[int] = set()
        self._all_stale = False

    def close(self) -> None:
        """Close the file. What was not in a finished transaction is not in the archive."""
        if not self.changed:
            # A run killed after its last commit leaves an empty journal, which nobody else can be using now.
            (self.folder / database.JOURNAL).unlink(missing_ok=True)
        self.con.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.con.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._mark_stale()
        except BaseException:
            self.con.execute("ROLLBACK")
            raise
        self.con.execute("COMMIT")

    # -- whose archive, and from where ---------------------------------------------------------------

    def set_account(self, account: Account) -> None:
        """Note whose archive this is. Raises `ArchiveError` if it is somebody else's."""
        known = dict(self.con.execute("SELECT key, value FROM meta WHERE key LIKE 'account\\_%' ESCAPE '\\'"))
        if known and known["account_id"] != account.id:
            raise ArchiveError(
                f"{self.folder} holds the history of another account ({short_id(known['account_id'])}).",
                "Name a folder of its own for each account with --to.",
            )
        now = {"account_id": account.id, "account_name": account.name, "account_avatar": account.avatar}
        for key, value in now.items():
            if value is not None and known.get(key) != value:
                self.write("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
                self._all_stale = True

    def source(self, kind: str, fingerprint: str, label: str, details: dict[str, str | int]) -> int:
        """The number of a source in this archive; makes one at the first time."""
        text = _encode(details).decode()
        row = self.con.execute(
            "SELECT n, label, details FROM sources WHERE kind = ? AND fingerprint = ?", (kind, fingerprint)
        ).fetchone()
        if row is None:
            self.write(
                "INSERT INTO sources (kind, fingerprint, label, details) VALUES (?, ?, ?, ?)",
                (kind, fingerprint, label, text),
            )
            return self.one("SELECT last_insert_rowid()")
        if row[1:] != (label, text):
            self.write("UPDATE sources SET label = ?, details = ? WHERE n = ?", (label, text, row[0]))
        return int(row[0])

    def set_state(self, source: int, state: str) -> None:
        """Note what a complete run saw of a source, so that the next one knows when there is nothing to do."""
        if self.con.execute("SELECT state FROM sources WHERE n = ?", (source,)).fetchone()[0] != state:
            self.write("UPDATE sources SET state = ? WHERE n = ?", (state, source))

    # -- people and places ---------------------------------------------------------------------------

    def put_contact(self, contact: Contact, *, hearsay: bool = False) -> None:
        """Add a person, or what is new about them; a picture or name that the source lacks is kept.

        Of hearsay only the name and the picture of somebody known count, where there are none yet.
        """
        old = (
            self.con.execute(
                "SELECT name, nickname, display, approved, approved_me, blocked, avatar, relation, real_id"
                " FROM contacts WHERE id = ?",
                (contact.id,),
            ).fetchone()
            or (None,) * 9
        )
        named = contact.name or contact.nickname or old[2] is None
        if hearsay and old[2] is not None:
            name = old[0] or contact.name
            display = display_name(contact.id, old[1], name)
            contact = replace(contact, name=name, nickname=old[1], display=display, avatar=old[6] or contact.avatar,
                              approved=bool(old[3]), approved_me=bool(old[4]), blocked=bool(old[5]),
                              relation=Relation(str(old[7])))  # fmt: skip
        new = (
            contact.name or old[0],
            contact.nickname,
            contact.display if named else old[2],
            int(contact.approved),
            int(contact.approved_me),
            int(contact.blocked),
            contact.avatar or old[6],
            str(contact.relation),
            contact.real_id or old[8],
        )
        if old == new:
            return
        self.write(
            "INSERT INTO contacts (id, name, nickname, display, approved, approved_me, blocked, avatar, relation,"
            " real_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
            " nickname = excluded.nickname, display = excluded.display, approved = excluded.approved,"
            " approved_me = excluded.approved_me, blocked = excluded.blocked, avatar = excluded.avatar,"
            " relation = excluded.relation, real_id = excluded.real_id",
            (contact.id, *new),
        )
        self._all_stale = True

    def put_conversation(self, conversation: Conversation, *, hearsay: bool = False) -> None:
        """Add a conversation, or what is new about it; hearsay says nothing about one that is known."""
        c = conversation
        old = self.con.execute(
            "SELECT kind, title, members, admins, details, avatar FROM conversations WHERE id = ?", (c.id,)
        ).fetchone()
        if hearsay and old is not None:
            return
        avatar = c.avatar or (old and old[5])
        new = (str(c.kind), c.title, as_json(c.members), as_json(c.admins), as_json(c.details), avatar)
        if old == new:
            return
        self.write(
            "INSERT INTO conversations (id, kind, title, members, admins, details, avatar) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, title = excluded.title, members = excluded.members,"
            " admins = excluded.admins, details = excluded.details, avatar = excluded.avatar",
            (c.id, *new),
        )
        n = self.one("SELECT n FROM conversations WHERE id = ?", c.id)
        self._conversations[c.id] = n
        self._stale.add(n)

    def put_file(self, sha256: str, size: int) -> bool:
        """Note that a file lies in `files/`. True if it is new there."""
        if self.one("SELECT count(*) FROM files WHERE sha256 = ?", sha256):
            return False
        self.write("INSERT INTO files VALUES (?, ?)", (sha256, size))
        return True

    def put_losses(self, source: int, losses: Iterable[Loss], native_ids: Sequence[str] | None = None) -> None:
        """Replace what was reported for these rows of a source; without rows, for all but its messages."""
        scope, these = ("source", "") if native_ids is None else ("message", _among("subject", native_ids))
        new: dict[tuple[str, str, str], tuple[str | None, str, str]] = {}
        for loss in losses:
            name, again = loss.name, 1
            while (loss.subject, loss.kind, name) in new:
                name, again = f"{loss.name} ({again + 1})", again + 1
            new[loss.subject, loss.kind, name] = (loss.conversation, loss.reason, loss.severity)
        old = {
            (subject, kind, name): (conversation, reason, severity)
            for subject, kind, name, conversation, reason, severity in self.con.execute(
                "SELECT subject, kind, name, conversation, reason, severity FROM losses"
                f" WHERE source = ? AND scope = ? {these}",
                (source, scope, *(native_ids or ())),
            )
        }
        self.write_many(
            "DELETE FROM losses WHERE source = ? AND scope = ? AND subject = ? AND kind = ? AND name = ?",
            [(source, scope, *key) for key in old if key not in new],
        )
        self.write_many(
            "INSERT OR REPLACE INTO losses (source, scope, subject, kind, name, conversation, reason, severity)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(source, scope, *key, *value) for key, value in new.items() if old.get(key) != value],
        )

    def conversation_number(self, id: str) -> int:
        """The number of a conversation; one that no source described is made from its id."""
        n = self._conversations.get(id)
        if n is None:
            self.put_conversation(Conversation(id=id, kind=kind_of(id), title=short_id(id)))
            n = self._conversations[id]
        return n

    def touch(self, conversation: int) -> None:
        """Have the files of this conversation written again."""
        self._stale.add(conversation)

    def mark_all_stale(self, format: str) -> None:
        """Have everything of a format written again."""
        self.write("INSERT OR IGNORE INTO stale VALUES (?, 0)", (format,))
        if format in PER_CONVERSATION:
            self.write("INSERT OR IGNORE INTO stale SELECT ?, n FROM conversations", (format,))

    def mark_written(self, conversation: int, formats: Sequence[str]) -> None:
        """Note that the files of a conversation (0: those about all of them) are up to date."""
        self.write_many("DELETE FROM stale WHERE format = ? AND conversation = ?", [(f, conversation) for f in formats])

    # -- writing -------------------------------------------------------------------------------------

    def _mark_stale(self) -> None:
        """Note in the archive itself what has to be written again beside it."""
        if not self._stale and not self._all_stale:
            return
        for format in FORMATS:
            self.write("INSERT OR IGNORE INTO stale VALUES (?, 0)", (format,))
        for format in PER_CONVERSATION:
            self.write_many("INSERT OR IGNORE INTO stale VALUES (?, ?)", [(format, n) for n in sorted(self._stale)])
        if self._all_stale:
            self.write("INSERT OR IGNORE INTO stale SELECT 'html', n FROM conversations", ())
        self._stale.clear()
        self._all_stale = False

    def write(self, sql: str, values: Sequence[Any]) -> None:
        """Change something; the first change of all is announced to `before_change`."""
        self._begin_change()
        self.con.execute(sql, values)

    def write_many(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """The same for many rows at once."""
        if rows:
            self._begin_change()
            self.con.executemany(sql, rows)

    def _begin_change(self) -> None:
        if not self.changed:
            self._before_change()
            self.changed = True

    def one(self, sql: str, *values: Any) -> int:
        """The single number that a query answers."""
        return int(self.con.execute(sql, values).fetchone()[0])


def kind_of(id: str) -> ConversationKind:
    """What an id says about its conversation when nothing else does."""
    if id.startswith(("http://", "https://")):
        return ConversationKind.COMMUNITY
    if id.startswith("03"):
        return ConversationKind.GROUP
    if id.startswith(("05", "15", "25")):
        return ConversationKind.DIRECT
    return ConversationKind.UNKNOWN


def _among(column: str, values: Sequence[str]) -> str:
    return f"AND {column} IN ({','.join('?' * len(values))})"


def as_json(value: object) -> str | None:
    """A noun as the text of a JSON column; nothing is NULL."""
    return None if value is None or value == () else _encode(value).decode()
