"""Turns `conversations`, with what other tables know about them, into people and threads.

Source: formats page of Session Desktop, sections 5.1 and 5.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ...model import Contact, Conversation, ConversationKind, Json, Loss, display_name, short_id
from ..base import FileRef, Person, Thread
from ..rules import relation
from .database import DamagedPage, Database
from .ids import conversation_id, is_blinded, is_person, kind_of
from .scan import Scan
from .settings import Settings
from .values import count, flag, loads, moment, text

Record = dict[str, object]

_COLUMNS = (
    "id", "type", "active_at", "displayNameInProfile", "nickname", "members", "groupAdmins", "left", "isApproved",
    "didApproveMe", "priority", "isPinned", "expirationMode", "expireTimer", "avatarInProfile",
    "fallbackAvatarInProfile", "conversationIdOrigin", "triggerNotificationsFor", "isExpired03Group",
    "isKickedFromGroup",
)  # fmt: skip
_TIMERS = {"deleteAfterRead": "after_read", "deleteAfterSend": "after_send"}
_DAMAGED = "A part of this table lies in a damaged part of the database."


@dataclass(slots=True)
class Directory:
    """All conversations of a profile, by their ids in today's form. They are few, so they are kept in memory."""

    own_id: str
    settings: Settings
    records: dict[str, Record] = field(default_factory=dict)
    rooms: dict[str, dict[str, Json]] = field(default_factory=dict)
    kinds: dict[str, ConversationKind] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)

    def contacts(self) -> Iterator[Person]:
        """Everybody but the owner: people with a conversation of their own, then those known as blocked only."""
        for id, record in self.records.items():
            if self.kinds[id] is ConversationKind.DIRECT:
                yield self._person(id, record)
        for id in sorted(self.settings.blocked - self.records.keys()):
            if is_person(id) and id != self.own_id:
                yield self._person(id, {})

    def conversations(self) -> Iterator[Thread]:
        """Every conversation, with messages or without."""
        for id, record in self.records.items():
            kind = self.kinds[id]
            yield Thread(
                Conversation(
                    id=id,
                    kind=kind,
                    title=self._title(id, kind, record),
                    members=self._ids(id, record, "members"),
                    admins=self._ids(id, record, "groupAdmins"),
                    details=self._details(id, kind, record) or None,
                ),
                self.avatar(id),
            )

    def name(self, id: str) -> str | None:
        """What somebody calls themselves, if they do."""
        return text(self.records.get(id, {}).get("displayNameInProfile")) or None

    def avatar(self, id: str) -> FileRef | None:
        """The picture of a person, group or community; the second column is a still image of the first."""
        record = self.records.get(id, {})
        path = text(record.get("avatarInProfile")) or text(record.get("fallbackAvatarInProfile"))
        return FileRef(path) if path else None

    def _person(self, id: str, record: Record) -> Person:
        approved, approved_me = flag(record.get("isApproved")), flag(record.get("didApproveMe"))
        name, nickname = self.name(id), text(record.get("nickname")) or None
        return Person(
            Contact(
                id=id,
                name=name,
                nickname=nickname,
                display=display_name(id, nickname, name),
                approved=approved,
                approved_me=approved_me,
                blocked=id in self.settings.blocked,
                relation=relation(approved, approved_me, blinded=is_blinded(id)),
                real_id=self.settings.real_ids.get(id),
            ),
            self.avatar(id),
        )

    def _title(self, id: str, kind: ConversationKind, record: Record) -> str:
        if kind is ConversationKind.NOTE_TO_SELF:
            return "Note to Self"
        if kind is ConversationKind.COMMUNITY:
            return display_name(id.rpartition("/")[2] or short_id(id), None, self.name(id))
        nickname = text(record.get("nickname")) if kind is ConversationKind.DIRECT else None
        return display_name(id, nickname, self.name(id))

    def _ids(self, id: str, record: Record, column: str) -> tuple[str, ...]:
        stored = record.get(column)
        if not stored:
            return ()
        try:
            ids = loads(stored) if isinstance(stored, bytes) else None
        except ValueError:
            ids = None
        if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
            what = "members" if column == "members" else "admins"
            reason = f"The list of {what} is damaged."
            loss = Loss(subject=id, kind="conversation", reason=reason, conversation=id, name=what)
            if loss not in self.losses:
                self.losses.append(loss)
        return tuple(dict.fromkeys(item for item in ids if isinstance(item, str))) if isinstance(ids, list) else ()

    def _details(self, id: str, kind: ConversationKind, record: Record) -> dict[str, Json]:
        """What else is known and worth keeping; only what applies."""
        pinned = record.get("priority", record.get("isPinned"))  # renamed in schema 30
        flags = {
            "pinned": flag(pinned) and not _is_negative(pinned),
            "hidden": _is_negative(pinned),
            "left": flag(record.get("left")),
            "kicked": flag(record.get("isKickedFromGroup")),
            "expired": flag(record.get("isExpired03Group")),
            "blocked": id in self.settings.blocked,
        }
        details: dict[str, Json] = {name: True for name, applies in flags.items() if applies}
        notifications = text(record.get("triggerNotificationsFor"))
        if notifications and notifications != "all":
            details["notifications"] = notifications
        seconds, mode = count(record.get("expireTimer")), text(record.get("expirationMode"))
        if seconds and mode != "off":
            details["timer"] = {"type": _TIMERS.get(mode or "", "unknown"), "seconds": seconds}
        if origin := text(record.get("conversationIdOrigin")):
            details["origin"] = conversation_id(origin)
        if active_at := moment(record.get("active_at")):
            details["active_at"] = active_at
        if kind is ConversationKind.COMMUNITY:
            details |= self._room(id)
        return details

    def _room(self, id: str) -> dict[str, Json]:
        """Where a community is, and the key that its join link needs."""
        server, _, room = id.rpartition("/")
        details: dict[str, Json] = {"server": server, "room": room}
        known = self.rooms.get(id, {})
        if isinstance(key := known.get("serverPublicKey"), str):
            details["server_public_key"] = key
        if isinstance(capabilities := known.get("capabilities"), list):
            details["capabilities"] = [name for name in capabilities if isinstance(name, str)]
        return details


def read_directory(database: Database, settings: Settings) -> Directory:
    """Read all conversations and the communities' servers; what cannot be read is named in `losses`."""
    directory = Directory(settings.account_id, settings)
    there = database.columns("conversations")
    names = [name for name in _COLUMNS if name in there]
    if "id" not in there:
        directory.losses.append(_table_loss("conversations", "This table is missing."))
    else:
        scan = Scan(database, "conversations", ["typeof(id)", *(f'"{name}"' for name in names)])
        for batch in scan:
            for type_of_id, *values, _ in batch:
                _add(directory, text(type_of_id) or "", dict(zip(names, values, strict=True)))
        if scan.holes:
            directory.losses.append(_table_loss("conversations", _DAMAGED))
    _read_rooms(database, directory)
    return directory


def _add(directory: Directory, type_of_id: str, record: Record) -> None:
    stored = text(record["id"]) or ""
    if type_of_id != "text" or not stored:
        # The app itself deletes such rows when it starts (section 5).
        reason = "This conversation has no proper id; its messages were kept if they have one."
        directory.losses.append(Loss(subject=stored or "unknown", kind="conversation", reason=reason))
        return
    id = conversation_id(stored)
    if id not in directory.records:
        directory.records[id] = record
        directory.kinds[id] = kind_of(id, text(record.get("type")), directory.own_id)


def _read_rooms(database: Database, directory: Directory) -> None:
    if "json" not in database.columns("openGroupRoomsV2"):
        directory.losses.append(_table_loss("openGroupRoomsV2", "This table is missing."))
        return
    try:
        for server, token, stored in database.rows('SELECT serverUrl, roomId, json FROM "openGroupRoomsV2"'):
            id = f"{text(server)}/{text(token)}"
            try:
                room = loads(stored) if isinstance(stored, bytes) else None
            except ValueError:
                room = None
            if isinstance(room, dict):
                directory.rooms[id] = room
            else:
                reason = "What the profile knows of this community's server is damaged."
                directory.losses.append(
                    Loss(subject=id, kind="conversation", reason=reason, conversation=id, name="server")
                )
    except DamagedPage:
        database.reopen()
        directory.losses.append(_table_loss("openGroupRoomsV2", _DAMAGED))


def _table_loss(table: str, reason: str) -> Loss:
    return Loss(subject=table, kind="database", name=table, reason=reason)


def _is_negative(value: object) -> bool:
    return isinstance(value, int | float) and value < 0
