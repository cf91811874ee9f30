"""The network as a source: what a `Fetcher` laid into a spool, read like any other place with history in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from ...model import Account, Loss
from ...session.keys import AccountKeys
from ..base import AttachmentRefs, FileProblem, FileRef, Found, Person, Row, Thread
from .fetch import Fetched
from .files import Download, Files
from .opened import Opened
from .people import AVATAR
from .spool import Spool
from .translate import message_of, pointers_of, preview_image

_FILE, _PREVIEW = "file", "preview"


class RecoverySource:
    """What the network still has of an account. `fetched` is how the asking went; the spool is open while it is read.

    Files are fetched while the archive takes the messages, one after the other, through `download`.
    """

    kind = "recovery"
    label = "The Session network"

    def __init__(
        self, keys: AccountKeys, spool: Spool, fetched: Fetched, download: Download, now: Callable[[], int]
    ) -> None:
        self._keys, self._spool, self._fetched, self._now = keys, spool, fetched, now
        self._files = Files(spool, download, now)
        self._inside: Opened | None = None

    def __enter__(self) -> RecoverySource:
        self._inside = Opened(self._keys, self._spool, frozenset(self._fetched.removed_from))
        self._spool.owes = False
        return self

    def __exit__(self, *failure: object) -> None:
        self._inside = None

    @property
    def _opened(self) -> Opened:
        if self._inside is None:
            raise RuntimeError("a source is read inside its with block")
        return self._inside

    def state(self) -> str:
        """How often something new came, and what could not be had; with files still to be had, it is never the same."""
        losses = [[loss.subject, loss.reason] for loss in self._fetched.losses]
        owed = self._now() if self._spool.owes else None
        return json.dumps([self.kind, self.fingerprint, self._spool.changes, owed, losses], separators=(",", ":"))

    @property
    def fingerprint(self) -> str:
        """Made from the account's id."""
        return sha256(f"decamp recovery{self._keys.session_id}".encode()).hexdigest()[:32]

    @property
    def details(self) -> dict[str, str | int]:
        return {}

    @property
    def warnings(self) -> Sequence[str]:
        return self._opened.warnings()

    def account(self) -> Account:
        return Account(id=self._keys.session_id, name=self._opened.settings.profile.name)

    def account_avatar(self) -> FileRef | None:
        picture = self._opened.settings.profile.picture
        return FileRef(f"{AVATAR}/{self._keys.session_id}") if picture is not None else None

    def contacts(self) -> Iterator[Person]:
        return self._opened.people.people()

    def conversations(self) -> Iterator[Thread]:
        return self._opened.people.threads()

    def losses(self) -> Iterator[Loss]:
        """What no node gave, what could not be opened, and what messages of the past are missing."""
        yield from self._fetched.losses
        yield from self._opened.losses

    def count(self) -> int:
        return len(self._opened)

    def rows(self) -> Iterator[list[Row]]:
        return self._opened.rows()

    def read(self, row: Row) -> Found:
        n = _number(row)
        received = self._spool.message(n)
        incoming = self._opened.open(received)
        message = message_of(incoming, received, self._opened.notes)
        refs = tuple(AttachmentRefs(FileRef(f"{_FILE}/{n}/{place}")) for place in range(len(message.attachments)))
        image = FileRef(f"{_PREVIEW}/{n}") if message.preview is not None and preview_image(incoming) else None
        return Found(message, refs, image)

    def file(self, ref: FileRef) -> bytes:
        what, _, where = ref.path.partition("/")
        if what == AVATAR:
            picture = self._opened.pictures.get(where)
            if picture is None:
                raise FileProblem("missing", "Nobody says where the picture lies.")
            return self._files.avatar(picture)
        n, _, place = where.partition("/")
        incoming = self._opened.open(self._spool.message(int(n)))
        pointer = preview_image(incoming) if what == _PREVIEW else pointers_of(incoming)[int(place)]
        if pointer is None:
            raise FileProblem("missing", "The message does not say where it lies.")
        return self._files.attachment(pointer)


def _number(row: Row) -> int:
    """The message's number in the spool."""
    (n,) = row.data
    if not isinstance(n, int):
        raise TypeError("rows of this source hold a number")
    return n
