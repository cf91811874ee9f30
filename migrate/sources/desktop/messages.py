"""Turns a row of `messages` into a `Message`: fast where the row is sound, patiently where it is not.

Source: formats page of Session Desktop, sections 5.2, 6 and 9. The JSON counts, and a column where it is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter

import msgspec

from ...identity import message_id
from ...model import ConversationKind, Direction, Json, Loss, Message, MessageKind, Origin
from ..base import Found, Row
from ..rules import mentions
from . import parts
from .details import deletion, tell
from .ids import conversation_id, kind_of
from .rows import Columns
from .salvage import salvage
from .shapes import Written
from .values import count, flag, moment, text

_decode = msgspec.json.Decoder(Written).decode
_UNKNOWN = "unknown"
_LONGEST_NAME = 100
_IN, _OUT = Direction.IN, Direction.OUT  # looking a member up in its enum costs more than reading a field
_COMMUNITY, _TEXT = ConversationKind.COMMUNITY, MessageKind.TEXT
_DIRECTIONS = {"incoming": _IN, "outgoing": _OUT}
_FROM_COLUMNS: tuple[tuple[str, Callable[[object], str | int | None]], ...] = (
    ("conversationId", text),
    ("source", text),
    ("body", text),
    ("sent_at", moment),
    ("received_at", moment),
    ("serverTimestamp", moment),
    ("serverId", count),
    ("messageHash", text),
    ("expireTimer", count),
    ("expirationType", text),
    ("expires_at", moment),
)
_fields = attrgetter(*(name for name, _ in _FROM_COLUMNS))  # of the JSON and of the row alike
_REASONS = {
    "json": "The stored message is damaged: its text and times were kept, files, replies and reactions were not.",
    "characters": "Some characters of this message are damaged; each is shown as \ufffd.",
    "type": "It is not recorded whether this message came or went; its author decided.",
    "source": "It is not recorded who wrote this message.",
    "sent_at": "The time of sending is damaged; the nearest time that is known stands in for it.",
    "conversationId": "It is not recorded in which conversation this message was.",
}
_LEFT_OUT = "This part of the message is damaged and was left out."


class MessageReader:
    """Reads the messages of one account. `kinds` holds the conversations that the profile has."""

    def __init__(self, own_id: str, kinds: Mapping[str, ConversationKind]) -> None:
        self._own_id = own_id
        self._kinds = kinds

    def read(self, row: Row) -> Found:
        """The message of one row. Never fails: what cannot be understood is left out and named in `losses`."""
        stored = Columns._make(row.data)
        dropped: list[str] = []  # names of fields that were left out
        losses: list[Loss] = []
        written = _written(stored, dropped)
        conversation, kind = self._conversation(written, row.native_id, dropped, losses)
        direction, sender = self._author(written, stored, conversation, kind, dropped)
        sent_at = _sent_at(written, kind, dropped)
        message_kind, details = _told(written, stored, direction, dropped)
        files, refs = (
            parts.attachments(written.attachments, row.native_id, conversation, losses)
            if written.attachments
            else ((), ())
        )
        preview, image = parts.preview(written.preview, dropped) if written.preview else (None, None)
        body = written.body
        message = Message(
            id=message_id(conversation, sender, sent_at, written.serverId if kind is _COMMUNITY else None),
            conversation=conversation,
            sender=sender,
            direction=direction,
            sent_at=sent_at,
            received_at=written.received_at,
            kind=message_kind,
            body=body,
            quote=parts.quote(written.quote, dropped) if written.quote is not None else None,
            reactions=parts.reactions(written.reacts, dropped) if written.reacts else (),
            attachments=files,
            preview=preview,
            mentions=mentions(body),
            deleted=details is not None and "deleted_for" in details,
            failed=direction is _OUT and (_has_errors(written.errors) or _has_errors(stored.errors)),
            expires=parts.expiry(written),
            details=details,
            origin=Origin(
                source="desktop",
                native_id=row.native_id,
                server_hash=written.messageHash or None,
                server_id=written.serverId,
            ),
        )
        if dropped or losses:
            return Found(message, refs, image, (*_losses(dropped, row.native_id, conversation), *losses))
        return Found(message, refs, image)

    def _conversation(
        self, written: Written, native_id: str, dropped: list[str], losses: list[Loss]
    ) -> tuple[str, ConversationKind]:
        id = written.conversationId or ""
        kind = self._kinds.get(id)
        if kind is not None:
            return id, kind
        if not id:
            dropped.append("conversationId")
            return _UNKNOWN, ConversationKind.UNKNOWN
        id = conversation_id(id)
        if id not in self._kinds:
            reason = "Its conversation is no longer in the profile; the message was kept."
            losses.append(Loss(subject=native_id, kind="conversation", reason=reason, conversation=id, severity="gap"))
        return id, self._kinds.get(id) or kind_of(id, None, self._own_id)

    def _author(
        self, written: Written, stored: Columns, conversation: str, kind: ConversationKind, dropped: list[str]
    ) -> tuple[Direction, str]:
        """Which way the message went, by its type alone (section 5.2), and who wrote it."""
        direction = (
            _DIRECTIONS.get(written.type or "")
            or _DIRECTIONS.get(written.direction or "")
            or _DIRECTIONS.get(text(stored.type) or "")
        )
        if direction is None:
            direction = _OUT if written.source == self._own_id else _IN
            _once(dropped, "type")
        if direction is _OUT:
            return direction, self._own_id  # in a blinded community the row names our id of that community
        if written.source:
            return direction, written.source
        if kind is ConversationKind.DIRECT or kind is ConversationKind.NOTE_TO_SELF:
            return direction, conversation
        _once(dropped, "source")
        return direction, _UNKNOWN


def _written(stored: Columns, dropped: list[str]) -> Written:
    """The JSON of a row, completed from its columns."""
    try:
        written = _decode(stored.json)  # type: ignore[arg-type]  # anything may lie here: then it raises
    except (ValueError, TypeError, RecursionError):
        try:
            written = salvage(stored.json if isinstance(stored.json, bytes) else b"", Written, dropped)
        except ValueError:
            written = Written()
            dropped.append("json")
    if _lacks_a_column(written, stored):
        for (name, read), known, column in zip(_FROM_COLUMNS, _fields(written), _fields(stored), strict=True):
            if known is None and column is not None:
                setattr(written, name, value := read(column))
                if value is not None and name in dropped:
                    dropped.remove(name)
                elif value is None and column != 0:
                    _once(dropped, name)
    return written


def _lacks_a_column(written: Written, stored: Columns) -> bool:
    """Whether a column knows what the JSON does not: hardly ever, so this is asked without a loop."""
    return (
        written.conversationId is None
        or (written.source is None and stored.source is not None)
        or (written.body is None and stored.body is not None)
        or written.sent_at is None
        or (written.received_at is None and stored.received_at is not None)
        or (written.serverTimestamp is None and stored.serverTimestamp is not None)
        or (written.serverId is None and stored.serverId is not None)
        or (written.messageHash is None and stored.messageHash is not None)
        or (written.expireTimer is None and stored.expireTimer is not None)
        or (written.expirationType is None and stored.expirationType is not None)
        or (written.expires_at is None and stored.expires_at is not None)
    )


def _sent_at(written: Written, kind: ConversationKind, dropped: list[str]) -> int:
    """When the message was sent; in a community its server's clock counts."""
    if kind is _COMMUNITY and written.serverTimestamp is not None:
        return written.serverTimestamp
    if written.sent_at is not None:
        return written.sent_at
    _once(dropped, "sent_at")
    return written.serverTimestamp or written.received_at or 0


def _told(
    written: Written, stored: Columns, direction: Direction, dropped: list[str]
) -> tuple[MessageKind, dict[str, Json] | None]:
    """The kind of a message, with what it says besides its text."""
    # Apps before 1.17.13 wrote the JSON alone, the migration of schema 54 the column alone (section 9).
    if deleted_for := deletion(written.isDeleted) or deletion(stored.isDeleted):
        kind, details = _TEXT, dict[str, Json](deleted_for=deleted_for)
    else:
        kind, told = tell(written, dropped)
        if not written.read_by:
            return kind, told
        details = told or {}
    if written.read_by and direction is _OUT:
        details["read_by"] = list[Json](dict.fromkeys(written.read_by))
    return kind, details if details or kind is not _TEXT else None


def _has_errors(errors: object) -> bool:
    """Whether sending failed: a text now, until 1.14.5 a list of errors (section 9)."""
    return bool(errors) and flag(errors)


def _once(dropped: list[str], name: str) -> None:
    if name not in dropped:
        dropped.append(name)


def _losses(dropped: list[str], native_id: str, conversation: str) -> list[Loss]:
    return [
        Loss(
            subject=native_id,
            kind="row" if name == "json" else "field",
            reason=_REASONS.get(name, _LEFT_OUT),
            conversation=conversation,
            name=name[:_LONGEST_NAME],
        )
        for name in dict.fromkeys(dropped)
    ]
