"""Writes a Session Desktop profile as the app leaves it, row by row, for the demo and for tests.

Facts: formats page of Session Desktop. Everything that looks random comes from the `rng` given, every time from `now`
or the caller, so the same calls make the same profile. (The bytes on disk differ all the same: SQLCipher and
libsodium salt what they encrypt.)
"""

from __future__ import annotations

import json
import sqlite3
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Self
from uuid import UUID

from . import schema as tables
from .account import AccountKeys
from .shapes import Fields, aged, attachment_hints, column_text, stringify, without_booleans
from .storage import account_settings, close_as_running, create_database
from .vault import Vault

NOW = 1_774_900_000_000
GROUPV2_SINCE = 41
FIRST_SERVER_ID = 1000
FIELDS_OF_SENT = ("messageHash", "sentSync", "synced")
FIELDS_OF_KEPT = ("messageHash", "attachments", "preview", "quote", "reacts")


class ProfileBuilder:
    """A profile folder in the making; a context manager that closes it as a clean exit of the app would.

    `wal=True` leaves it as if the app were still running: what was written before the last `checkpoint` is in
    `db.sqlite`, what came later in `db.sqlite-wal` alone. While the builder is open, `commit` makes rows visible.
    """

    def __init__(  # noqa: PLR0913 - a profile has this many sides, all but the folder optional
        self,
        folder: Path,
        *,
        rng: Random | None = None,
        now: int = NOW,
        schema: int = tables.NEWEST,
        password: str | None = None,
        name: str = "Robin",
        avatar: bytes | None = None,
        keys: AccountKeys | None = None,
        mnemonic: str | None = None,
        separator: str = "/",
        wal: bool = False,
    ) -> None:
        self.folder = folder
        self.rng = rng or Random(7)  # noqa: S311 - these keys protect nothing
        self.now = now
        self.schema = schema
        self.keys = keys or AccountKeys.made_up(self.rng)
        self.me = self.keys.id
        self.own_ids = {self.me}
        self.attachment_key = self.rng.randbytes(32)
        self.vault = Vault(folder, self.attachment_key, self.rng, separator)
        self._columns = tables.column_names(tables.MESSAGES, schema)
        self._insert_message = (
            f"INSERT OR REPLACE INTO messages ({', '.join(self._columns)})"
            f" VALUES ({', '.join('?' * len(self._columns))})"
        )
        self._conversation_columns = set(tables.column_names(tables.CONVERSATIONS, schema))
        self._last: dict[str, tuple[int, str]] = {}
        self._server_ids: dict[str, int] = {}
        self._blocked: list[str] = []
        self._blinded: list[Fields] = []
        self._wal = wal
        self._db = create_database(folder, self.rng, schema, password)
        for id, value in account_settings(self.keys, self.attachment_key, password).items():
            self.item(id, value)
        if mnemonic is not None:
            self.item("mnemonic", mnemonic)
        self._conversation(
            {"id": self.me, "type": "private", "displayNameInProfile": name, "isApproved": 1, "didApproveMe": 1}, avatar
        )
        self.checkpoint()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    # People and places

    def person(
        self,
        name: str | None,
        *,
        nickname: str | None = None,
        approved: bool = True,
        approved_me: bool = True,
        avatar: bytes | None = None,
        id: str | None = None,
        **columns: object,
    ) -> str:
        """Add somebody and get their id: a contact unless one side has not approved, or an id says otherwise."""
        id = id or AccountKeys.made_up(self.rng).id
        row: Fields = {"id": id, "type": "private", "displayNameInProfile": name, "nickname": nickname}
        row |= {"isApproved": int(approved), "didApproveMe": int(approved_me)}
        return self._conversation(row | columns, avatar)

    def group(
        self,
        name: str | None,
        members: Iterable[str],
        *,
        admins: Iterable[str] = (),
        avatar: bytes | None = None,
        id: str | None = None,
        **columns: object,
    ) -> str:
        """Add a group of today's kind, with an id that begins 03; we are a member of it."""
        row: Fields = {"id": id or "03" + self.rng.randbytes(32).hex(), "displayNameInProfile": name}
        row |= {"type": "groupv2" if self.schema >= GROUPV2_SINCE else "groupv3", "isApproved": 1, "didApproveMe": 1}
        row |= {"members": stringify([self.me, *members]), "groupAdmins": stringify(list(admins))}
        return self._conversation(row | {"lastJoinedTimestamp": self.now} | columns, avatar)

    def legacy_group(
        self, name: str | None, members: Iterable[str], *, admins: Iterable[str] = (), **columns: object
    ) -> str:
        """Add a closed group of the old kind, which can only be read since 2025."""
        row: Fields = {"id": "05" + self.rng.randbytes(32).hex(), "type": "group", "displayNameInProfile": name}
        row |= {"members": stringify([self.me, *members]), "groupAdmins": stringify(list(admins)), "isApproved": 1}
        return self._conversation(row | {"lastJoinedTimestamp": self.now} | columns)

    def community(
        self,
        server: str,
        room: str,
        name: str,
        *,
        admins: Iterable[str] = (),
        avatar: bytes | None = None,
        **columns: object,
    ) -> str:
        """Add a room on a community server; people appear there under blinded ids (see `blinded`)."""
        id = f"{server}/{room}"
        details: Fields = {
            "serverUrl": server,
            "roomId": room,
            "serverPublicKey": self.rng.randbytes(32).hex(),
            "conversationId": id,
            "roomName": name,
            "imageID": "12",
            "capabilities": ["sogs", "blind", "reactions"],
            "maxMessageFetchedSeqNo": 500,
            "lastFetchTimestamp": self.now,
        }
        self.execute("INSERT INTO openGroupRoomsV2 VALUES (?, ?, ?, ?)", (server, room, id, stringify(details)))
        row: Fields = {"id": id, "type": "group", "displayNameInProfile": name, "isApproved": 1}
        return self._conversation(row | {"groupAdmins": stringify(list(admins))} | columns, avatar)

    def blinded(
        self, community: str, name: str | None = None, *, real: str | None = None, approved: bool = False
    ) -> str:
        """Add somebody as one community shows them. With `real`, the app has found out who that is."""
        id = "15" + self.rng.randbytes(32).hex()
        if real is not None:
            found = self.execute("SELECT json FROM openGroupRoomsV2 WHERE conversationId = ?", (community,)).fetchone()
            key = json.loads(found[0])["serverPublicKey"]
            self._blinded.append({"blindedId": id, "serverPublicKey": key, "realSessionId": real})
        if real == self.me:
            self.own_ids.add(id)
            return id
        return self.person(name, id=id, approved=approved, approved_me=False, conversationIdOrigin=community)

    def block(self, id: str) -> None:
        """Put somebody on the list of blocked people."""
        self._blocked.append(id)

    # Messages

    def message(
        self,
        conversation: str,
        sender: str,
        body: str | None,
        at: int,
        *,
        attachments: Sequence[Fields] = (),
        **fields: object,
    ) -> str:
        """Add a message and get its native id. `fields` are further JSON fields in today's spelling (section 6)."""
        own = sender in self.own_ids and fields.get("callNotificationType") != "answered-a-call"
        public = "://" in conversation
        message: Fields = {
            "id": self.native_id(),
            "sent_at": at,
            "received_at": at if own or public else at + self.rng.randint(300, 4000),
            "conversationId": conversation,
            "source": sender,
            "type": "outgoing" if own else "incoming",
            "direction": "outgoing" if own else "incoming",
            "unread": 0,
            "attachments": list(attachments),
            "preview": [],
            "expireTimer": 0,
            "messageHash": "" if public else b64encode(self.rng.randbytes(32)).decode().rstrip("="),
        }
        if body is not None:
            message["body"] = body
        if public:
            self._server_ids[conversation] = number = self._server_ids.get(conversation, FIRST_SERVER_ID) + 1
            message |= {"serverTimestamp": at, "serverId": number, "isPublic": 1}
        if own:
            message |= {"sent": 1, "sent_to": [] if public else [conversation], "sentSync": 1, "synced": 1}
        message |= fields
        for name in (FIELDS_OF_SENT if "errors" in fields else ()) + (
            FIELDS_OF_KEPT if fields.get("isDeleted") else ()
        ):
            message.pop(name, None)
        message |= attachment_hints(message)
        message = aged(message, self.schema, lambda sent_at: self._text_sent_at(conversation, sent_at))
        return self._save({key: without_booleans(value) for key, value in message.items()})

    def reacts(self, by: Mapping[str, Sequence[str]], counts: Mapping[str, int] | None = None) -> Fields:
        """Reactions as a message holds them; `counts` where more people reacted than a community names."""
        return {
            emoji: {
                "count": (counts or {}).get(emoji, len(senders)),
                "index": index,
                "senders": list(senders),
                "you": int(not self.own_ids.isdisjoint(senders)),
            }
            for index, (emoji, senders) in enumerate(by.items())
        }

    def quote(self, native_id: str) -> Fields:
        """The `quote` field of an answer to a message that was added before."""
        row = self.execute("SELECT sent_at, source FROM messages WHERE id = ?", (native_id,)).fetchone()
        author = self.me if row[1] in self.own_ids else row[1]
        return {"timestamp": row[0], "author": author}

    def native_id(self) -> str:
        """A fresh id as the app gives to each message on this device."""
        return str(UUID(bytes=self.rng.randbytes(16), version=4))

    # Raw doors, for rows no app would write

    def raw_message(self, json_text: str | None, **columns: object) -> str:
        """Write a row of `messages` as it stands and get its id; columns not named stay NULL."""
        id = columns.setdefault("id", self.native_id())
        row: Fields = {"json": json_text} | columns
        self._db.execute(self._insert_message, tuple(row.get(column) for column in self._columns))
        return str(id)

    def raw_conversation(self, **columns: object) -> None:
        """Write a row of `conversations` as it stands; columns not named get the defaults of the table."""
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        self.execute(f"INSERT OR REPLACE INTO conversations ({names}) VALUES ({marks})", tuple(columns.values()))

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run any statement on the open database."""
        return self._db.execute(sql, tuple(values))

    def item(self, id: str, value: object) -> None:
        """Write one setting. Unlike in messages, true and false stay what they are."""
        text = stringify({"id": id, "value": value})
        self.execute("INSERT OR REPLACE INTO items (id, json) VALUES (?, ?)", (id, text))

    # Saving

    def commit(self) -> None:
        """Make everything so far visible to other readers; it goes to the write-ahead log."""
        for id, (at, body) in self._last.items():
            self.execute(
                "UPDATE conversations SET active_at = ?, lastMessage = ? WHERE id = ? AND COALESCE(active_at, 0) < ?",
                (at, column_text(body)[:300], id, at),
            )
        self._last.clear()
        self.item("blocked", self._blocked)
        self.item("KNOWN_BLINDED_KEYS_ITEM", stringify(self._blinded))
        self.execute("COMMIT")
        self.execute("BEGIN")

    def checkpoint(self) -> None:
        """Commit, and move everything so far from the write-ahead log into `db.sqlite`."""
        self.commit()
        self.execute("COMMIT")
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.execute("BEGIN")

    @contextmanager
    def in_bulk(self) -> Iterator[None]:
        """Write many messages quickly: indexes and the full-text index are taken away and put back at the end."""
        tables.drop_indexes(self._db)
        yield
        tables.create_indexes(self._db, self.schema)
        tables.rebuild_text_index(self._db, self.schema)

    def close(self) -> None:
        """Save and leave the folder as the app does, or with a full write-ahead log if `wal` was asked for."""
        self.commit()
        self.execute("COMMIT")
        if self._wal:
            close_as_running(self._db, self.folder)
        else:
            self._db.close()

    # Inside

    def _conversation(self, row: Fields, avatar: bytes | None = None) -> str:
        full: Fields = {"active_at": 0, "members": "[]", "groupAdmins": "[]", "left": 0, "expireTimer": 0}
        full |= {"triggerNotificationsFor": "all", "isTrustedForAttachmentDownload": 0, "priority": 0}
        full |= {"isApproved": 0, "didApproveMe": 0, "lastJoinedTimestamp": 0, "markedAsUnread": 0}
        full |= {"blocksSogsMsgReqsTimestamp": 0} | row
        if avatar is not None:
            full["avatarInProfile"] = full["fallbackAvatarInProfile"] = self.vault.put(avatar)
            full["profileKey"] = self.rng.randbytes(32).hex()
        self.raw_conversation(**{name: full[name] for name in full if name in self._conversation_columns})
        return str(full["id"])

    def _save(self, message: Fields) -> str:
        row = message | {"json": stringify(message)}
        body = str(message.get("body") or "")
        row |= {"flags": message.get("flags", 0), "sent": message.get("sent", 0)}
        if "body" in message:
            row["body"] = column_text(body)
        if self.schema < tables.NEWEST:
            row["isDeleted"] = None
        row["sort_timestamp_full"] = message.get("serverTimestamp") or message["sent_at"]
        row["mentions_us"] = int(any(f"@{id}" in body for id in self.own_ids))
        conversation = str(message["conversationId"])
        at = message["sent_at"]
        if isinstance(at, int) and at >= self._last.get(conversation, (0, ""))[0]:
            self._last[conversation] = (at, body)
        self._db.execute(self._insert_message, tuple(row.get(column) for column in self._columns))
        return str(message["id"])

    def _text_sent_at(self, conversation: str, sent_at: object) -> str | None:
        row = self.execute(
            "SELECT body FROM messages WHERE conversationId = ? AND sent_at = ?", (conversation, sent_at)
        ).fetchone()
        return None if row is None else row[0]
