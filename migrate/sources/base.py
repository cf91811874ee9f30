"""What a source of history is: the one interface between the places people's history lies in and the archive.

A source is opened, read once from front to back, and closed; reading never changes it. Rows come in batches
with a digest each, so that the archive can skip what it has: parsing and decrypting happen only for new rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

import msgspec

from ..model import Account, Contact, Conversation, Loss, Message


class FileRef(msgspec.Struct, frozen=True, gc=False):
    """A file inside a source, by whatever the source needs to find it. Its name never becomes a path of ours."""

    path: str


class AttachmentRefs(msgspec.Struct, frozen=True, gc=False):
    """The files of one attachment of a `Found.message`, in its order: the file itself and its small picture."""

    file: FileRef | None
    thumbnail: FileRef | None = None


class Row(msgspec.Struct, frozen=True, gc=False):
    """One stored message, not parsed yet.

    `digest` is a 63-bit hash of the row and its `native_id`: no two rows share one, and it changes when the row does.
    """

    native_id: str
    digest: int
    data: tuple[object, ...]


class Found(msgspec.Struct, frozen=True, gc=False):
    """One message as read: complete but for the bytes of its files, which the archive fetches by `refs`."""

    message: Message
    refs: tuple[AttachmentRefs, ...] = ()
    preview_image: FileRef | None = None
    losses: tuple[Loss, ...] = ()


class Person(msgspec.Struct, frozen=True, gc=False):
    """A contact as found, with its picture still in the source.

    `hearsay`: known from messages only, so that what another source says of this person counts more.
    """

    contact: Contact
    avatar: FileRef | None = None
    hearsay: bool = False


class Thread(msgspec.Struct, frozen=True, gc=False):
    """A conversation as found, with its picture still in the source; `hearsay` as with people."""

    conversation: Conversation
    avatar: FileRef | None = None
    hearsay: bool = False


class FileProblem(Exception):
    """A file of the source could not be had. `state` goes into the archive, the text into the report."""

    def __init__(self, state: Literal["missing", "damaged", "refused"], reason: str) -> None:
        super().__init__(reason)
        self.state = state


class Source(Protocol):
    """A place with history in it. Use as a context manager: leaving it removes every private copy."""

    kind: str
    label: str

    def __enter__(self) -> Source: ...
    def __exit__(self, *failure: object) -> None: ...

    def state(self) -> str:
        """A text that is equal as long as nothing in the source changed; cheap, and needs no key."""

    @property
    def fingerprint(self) -> str:
        """The same text for the same profile on any machine and path; reveals no key."""

    @property
    def details(self) -> dict[str, str | int]:
        """What to write into the manifest: versions, schema."""

    @property
    def warnings(self) -> Sequence[str]:
        """What the person should know although the reading went on."""

    def account(self) -> Account: ...
    def account_avatar(self) -> FileRef | None: ...
    def contacts(self) -> Iterator[Person]: ...
    def conversations(self) -> Iterator[Thread]: ...
    def losses(self) -> Iterator[Loss]:
        """What was wrong outside of messages: broken settings, conversations without an id."""

    def count(self) -> int:
        """How many rows `rows` will yield, for the progress bar."""

    def rows(self) -> Iterator[list[Row]]: ...
    def read(self, row: Row) -> Found: ...
    def file(self, ref: FileRef) -> bytes:
        """The plain bytes of one file; raises `FileProblem`."""
