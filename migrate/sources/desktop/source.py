"""Session Desktop as a source: a private copy of the profile's database, read once from front to back."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from ...errors import UnreadableSource
from ...model import Account, Loss
from ..base import FileRef, Found, Person, Row, Thread
from .attachments import Files
from .config import read_config
from .database import NEWEST_SCHEMA, DamagedPage, Database, open_database
from .locate import Profile
from .messages import MessageReader
from .people import Directory, read_directory
from .rows import message_scan, rows_of
from .scan import Scan
from .settings import Settings, read_settings
from .snapshot import log_header, take_snapshot


class DesktopSource:
    """The history in one profile of Session Desktop.

    Making one opens nothing. Inside a `with` block there is a copy of the database in a folder of its own below
    `work`; leaving the block removes it. The profile itself is only ever read as files.
    """

    kind = "desktop"

    def __init__(self, profile: Profile, password: str | None, work: Path) -> None:
        self.label = f"Session Desktop, {profile.folder}"
        self._profile = profile
        self._password = password
        self._work = work
        self._folder: Path | None = None
        self._opened: _Opened | None = None

    def __enter__(self) -> DesktopSource:
        self._work.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="desktop-", dir=self._work))
        try:
            copy = take_snapshot(self._profile, self._folder)
            database = open_database(copy, read_config(self._profile.config), self._password)
            self._opened = _Opened(database, self._profile)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *failure: object) -> None:
        self._remove()

    def _remove(self) -> None:
        if self._opened is not None:
            self._opened.database.close()
            self._opened = None
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None

    @property
    def _now(self) -> _Opened:
        if self._opened is None:
            raise RuntimeError("a source is read inside its with block")
        return self._opened

    def state(self) -> str:
        """Size, times and salts of what the profile consists of; needs no key."""
        try:
            database = self._profile.database.stat()
            header = log_header(self._profile)
            log = self._profile.log.stat() if header is not None else None
        except OSError as error:
            raise UnreadableSource(f"The Session database cannot be read: {error.strerror}.") from error
        seen = {
            "path": str(self._profile.database.absolute()),
            "database": [database.st_size, database.st_mtime_ns, database.st_ino],
            "log": [log.st_size, log.st_mtime_ns, (header or b"").hex()] if log is not None else None,
            "attachments": _newest_change(self._profile.attachments),
        }
        return json.dumps(seen, separators=(",", ":"))

    @property
    def fingerprint(self) -> str:
        """Made from the key of the attachments, which a profile keeps for life, or else from the account's id."""
        key = self._now.settings.attachment_key
        named = key.hex() if key is not None else self._now.settings.account_id
        return sha256(f"decamp desktop{named}".encode()).hexdigest()[:32]

    @property
    def details(self) -> dict[str, str | int]:
        return {"schema": self._now.database.schema}

    @property
    def warnings(self) -> Sequence[str]:
        schema = self._now.database.schema
        if schema <= NEWEST_SCHEMA:
            return ()
        newer = f"This profile is of a newer Session Desktop (schema {schema}) than this decamp knows ({NEWEST_SCHEMA})"
        return (f"{newer}: look through the archive before you rely on it.",)

    def account(self) -> Account:
        id = self._now.settings.account_id
        return Account(id=id or "unknown", name=self._now.directory.name(id))

    def account_avatar(self) -> FileRef | None:
        return self._now.directory.avatar(self._now.settings.account_id)

    def contacts(self) -> Iterator[Person]:
        return self._now.directory.contacts()

    def conversations(self) -> Iterator[Thread]:
        return self._now.directory.conversations()

    def losses(self) -> Iterator[Loss]:
        """What was wrong outside of messages; ask last, for damage shows while conversations and rows are read."""
        opened = self._now
        yield from opened.settings.losses
        yield from opened.directory.losses
        if opened.scan is not None and opened.scan.holes:
            missing = self.count() - opened.rows_read
            number = f"{missing:,}" if missing > 0 else "An unknown number of"
            for hole in opened.scan.holes:
                reason = f"{number} messages lie in damaged parts of the database; one of these parts is here."
                yield Loss(subject="messages", kind="database", name=hole, reason=reason)

    def count(self) -> int:
        database = self._now.database
        try:
            (number,) = next(database.rows("SELECT count(*) FROM messages"))
        except DamagedPage:
            database.reopen()
            return 0
        return number if isinstance(number, int) else 0

    def rows(self) -> Iterator[list[Row]]:
        opened = self._now
        opened.scan, opened.rows_read = message_scan(opened.database), 0
        for batch in rows_of(opened.scan):
            opened.rows_read += len(batch)
            yield batch

    def read(self, row: Row) -> Found:
        return self._now.reader.read(row)

    def file(self, ref: FileRef) -> bytes:
        return self._now.files.read(ref)


class _Opened:
    """What there is between entering and leaving."""

    def __init__(self, database: Database, profile: Profile) -> None:
        self.database = database
        self.settings: Settings = read_settings(database)
        self.directory: Directory = read_directory(database, self.settings)
        self.reader = MessageReader(self.settings.account_id or "unknown", self.directory.kinds)
        self.files = Files(profile.attachments, self.settings.attachment_key)
        self.scan: Scan | None = None
        self.rows_read = 0


def _newest_change(folder: Path) -> int | None:
    """When a file was last added to or removed from the attachments, which lie in 256 subfolders."""
    try:
        return max((entry.stat().st_mtime_ns for entry in [folder, *folder.iterdir()]), default=None)
    except OSError:
        return None
