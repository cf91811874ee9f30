"""A source that lives in memory: what tests of the archive read from, with every method a real one has."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from migrate.identity import message_id
from migrate.model import (
    Account,
    Attachment,
    AttachmentState,
    Contact,
    Conversation,
    ConversationKind,
    Direction,
    Loss,
    Message,
    MessageKind,
    Origin,
    Relation,
)
from migrate.sources.base import AttachmentRefs, FileProblem, FileRef, Found, Person, Row, Thread

ME = "05" + "a" * 64
ALICE = "05" + "b" * 64
BOB = "05" + "c" * 64
HIKERS = "03" + "d" * 64
NOON = 1_700_000_000_000


def message(
    native_id: str,
    body: str | None = "hello",
    *,
    conversation: str = ALICE,
    sender: str = ALICE,
    at: int = NOON,
    **more: object,
) -> Message:
    """A message with sensible defaults; anything else by name."""
    origin = {"source": "memory", "native_id": native_id}
    for key in ("server_hash", "server_id"):
        if key in more:
            origin[key] = more.pop(key)  # type: ignore[assignment]  # a test says what it wants
    plain: dict[str, object] = {
        "id": message_id(conversation, sender, at, origin.get("server_id")),  # type: ignore[arg-type]  # as above
        "conversation": conversation,
        "sender": sender,
        "direction": Direction.OUT if sender == ME else Direction.IN,
        "sent_at": at,
        "kind": MessageKind.TEXT,
        "body": body,
        "origin": Origin(**origin),  # type: ignore[arg-type]  # as above
    }
    return Message(**{**plain, **more})  # type: ignore[arg-type]  # as above


def picture(name: str | None = "photo.png") -> Attachment:
    """An attachment as a source gives it: its bytes still to be fetched."""
    return Attachment(name=name, type="image/png", state=AttachmentState.KEPT)


@dataclass
class MemorySource:
    """Messages, people and files as given. `files` maps paths to bytes, or to the problem that reading meets."""

    messages: list[Message] = field(default_factory=list)
    people: list[Contact] = field(default_factory=list)
    threads: list[Conversation] = field(default_factory=list)
    files: dict[str, bytes | FileProblem] = field(default_factory=dict)
    refs: dict[str, list[str]] = field(default_factory=dict)
    lost: list[Loss] = field(default_factory=list)
    owner: str = ME
    fingerprint: str = "one"
    kind: str = "memory"
    label: str = "a test"
    opened: int = 0
    reads: int = 0

    def __enter__(self) -> MemorySource:
        self.opened += 1
        return self

    def __exit__(self, *failure: object) -> None:
        return

    @property
    def details(self) -> dict[str, str | int]:
        return {"version": 1}

    @property
    def warnings(self) -> Sequence[str]:
        return []

    def state(self) -> str:
        return f"{self.fingerprint} {zlib.crc32(repr((self.messages, self.people, self.threads, self.files)).encode())}"

    def account(self) -> Account:
        return Account(id=self.owner, name="Me")

    def account_avatar(self) -> FileRef | None:
        return None

    def contacts(self) -> Iterator[Person]:
        return (Person(contact) for contact in self.people)

    def conversations(self) -> Iterator[Thread]:
        return (Thread(thread) for thread in self.threads)

    def losses(self) -> Iterator[Loss]:
        return iter(self.lost)

    def count(self) -> int:
        return len(self.messages)

    def rows(self) -> Iterator[list[Row]]:
        for start in range(0, len(self.messages), 10):
            yield [
                Row(m.origin.native_id, zlib.crc32(msgspec.json.encode(m)), (m,))
                for m in self.messages[start : start + 10]
            ]

    def read(self, row: Row) -> Found:
        self.reads += 1
        (found,) = row.data
        assert isinstance(found, Message)
        paths = self.refs.get(found.origin.native_id, [])
        return Found(found, tuple(AttachmentRefs(FileRef(path)) for path in paths))

    def file(self, ref: FileRef) -> bytes:
        data = self.files.get(ref.path, FileProblem("missing", "The file is not in the profile."))
        if isinstance(data, FileProblem):
            raise data
        return data


def alice(**more: object) -> Contact:
    """Alice, a contact."""
    plain: dict[str, object] = {
        "id": ALICE,
        "name": "Alice",
        "display": "Alice",
        "approved": True,
        "approved_me": True,
        "relation": Relation.CONTACT,
    }
    return Contact(**{**plain, **more})  # type: ignore[arg-type]  # a test says what it wants


def thread(id: str = ALICE, title: str = "Alice", kind: ConversationKind = ConversationKind.DIRECT) -> Conversation:
    """A conversation."""
    return Conversation(id=id, kind=kind, title=title)
