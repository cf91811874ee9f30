"""Fills an archive directly, message by message: for tests of what is written from an archive."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from migrate.archive import database, index
from migrate.archive.files import path_of
from migrate.archive.outputs import Outputs
from migrate.archive.read import Archive
from migrate.archive.words import fold
from migrate.archive.writer import FormatWriter
from migrate.identity import message_id
from migrate.model import (
    Attachment,
    AttachmentState,
    ConversationKind,
    Direction,
    MessageKind,
    Relation,
    display_name,
)

MINUTE = 60_000
DAY = 24 * 60 * MINUTE


def person(number: int, prefix: str = "05") -> str:
    """The id of an invented person, always the same for the same number."""
    return prefix + sha256(f"person {number}".encode()).hexdigest()


class ArchiveBuilder:
    """An archive that grows by one line of test code at a time. `me` is its owner."""

    def __init__(self, folder: Path, name: str = "Robin") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.me = person(0)
        self.con = database.create_or_open(folder)
        self.con.execute("BEGIN")
        self.con.executemany(
            "INSERT INTO meta VALUES (?, ?)",
            [("account_id", self.me), ("account_name", name), ("account_avatar", None)],
        )
        self.con.execute("INSERT INTO sources VALUES (1, 'desktop', 'test', 'a test', NULL, NULL)")
        self.archive = Archive(folder, self.con)
        self._ids: dict[int, str] = {}
        self._next = 1

    def __enter__(self) -> ArchiveBuilder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.con.close()

    def contact(
        self,
        id: str,
        name: str | None = None,
        nickname: str | None = None,
        relation: Relation = Relation.CONTACT,
        avatar: str | None = None,
        blocked: bool = False,
    ) -> str:
        """Somebody the owner knows; returns the id."""
        known = relation is Relation.CONTACT
        self.con.execute(
            "INSERT OR REPLACE INTO contacts (id, name, nickname, display, approved, approved_me, blocked, avatar,"
            " relation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (id, name, nickname, display_name(id, nickname, name), known, known, blocked, avatar, relation),
        )
        return id

    def conversation(
        self,
        id: str,
        title: str,
        kind: ConversationKind = ConversationKind.DIRECT,
        members: tuple[str, ...] = (),
        admins: tuple[str, ...] = (),
        avatar: str | None = None,
    ) -> int:
        """A place for messages; returns its number."""
        cursor = self.con.execute(
            "INSERT INTO conversations (id, kind, title, members, admins, avatar) VALUES (?, ?, ?, ?, ?, ?)",
            (id, kind, title, _json(members), _json(admins), avatar),
        )
        n = cursor.lastrowid
        assert n is not None
        self._ids[n] = id
        return n

    def message(
        self,
        conversation: int,
        sender: str,
        body: str | None = None,
        *,
        at: int,
        kind: MessageKind = MessageKind.TEXT,
        **fields: Any,
    ) -> str:
        """One message. `fields` are those of `Message`, as they stand in JSON; returns its id."""
        n, self._next = self._next, self._next + 1
        id = message_id(self._ids[conversation], sender, at)
        direction = Direction.OUT if sender == self.me else Direction.IN
        flags = [int(fields.get(name, False)) for name in ("edited", "deleted", "failed")]
        lists = [_json(fields.get(name)) for name in ("reactions", "attachments", "preview", "mentions")]
        self.con.execute(
            "INSERT INTO messages (n, id, conversation, sender, direction, sent_at, received_at, kind, body, quote,"
            " reactions, attachments, preview, mentions, edited, deleted, failed, expires, details, source, native_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
            (
                *(n, id, conversation, sender, direction, at, at, kind, body, _json(fields.get("quote"))),
                *(*lists, *flags, _json(fields.get("expires")), _json(fields.get("details")), str(n)),
            ),
        )
        return id

    def file(self, data: bytes) -> str:
        """Bytes that were attached somewhere; returns their SHA-256."""
        digest = sha256(data).hexdigest()
        path = self.folder / path_of(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.con.execute("INSERT OR IGNORE INTO files VALUES (?, ?)", (digest, len(data)))
        return digest

    def attachment(self, data: bytes, name: str | None, type: str | None, **fields: Any) -> Attachment:
        """A kept attachment with these bytes."""
        digest = self.file(data)
        return Attachment(
            name=name,
            type=type,
            size=len(data),
            sha256=digest,
            state=AttachmentState.KEPT,
            file=path_of(digest),
            **fields,
        )

    def finish(self) -> Archive:
        """Count and index what came in, and hand out the archive; it lives as long as the builder."""
        self.con.execute("CREATE INDEX IF NOT EXISTS messages_by_time ON messages (conversation, sent_at, id)")
        self.con.execute(
            "UPDATE conversations SET (message_count, first_message_at, last_message_at) = (SELECT count(*),"
            " min(sent_at), max(sent_at) FROM messages WHERE conversation = conversations.n)"
        )
        self.con.execute(
            "UPDATE contacts SET message_count = (SELECT count(*) FROM messages WHERE sender = contacts.id)"
        )
        self.con.execute("INSERT INTO messages_fts (messages_fts) VALUES ('delete-all')")
        for n, conversation in self.archive.numbered_conversations():
            for number, message in self.archive.messages(n, conversation.id):
                if text := index.told(message):
                    self.con.execute("INSERT INTO messages_fts (rowid, words) VALUES (?, ?)", (number, fold(text)))
        return self.archive


def write(archive: Archive, format: type[Any]) -> Outputs:
    """Write one format of an archive, all of it."""
    outputs = Outputs(archive.folder, archive.con)
    writer: FormatWriter = format(archive, outputs)
    for n, conversation in archive.numbered_conversations():
        part = writer.begin(n, conversation)
        for number, message in archive.messages(n, conversation.id):
            part.add(number, message)
        part.finish()
    writer.finish()
    return outputs


def png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """A picture that fades from a colour to black (PNG specification, RFC 2083)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = (
        b"\0" + bytes(part * (3 * width - x) // (3 * width) for x in range(width) for part in colour)
        for _ in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(lines))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def wav(seconds: float = 0.5) -> bytes:
    """A quiet sound."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(bytes(128 + (i // 9 % 2) * 8 for i in range(int(8000 * seconds))))
    return out.getvalue()


def _json(value: object) -> str | None:
    return msgspec.json.encode(value).decode() if value else None
