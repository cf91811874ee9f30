"""Writes messages as WhatsApp keeps them on Android: the tables and columns that exporters ask for.

    python -m tests.bench.whatsapp_android PROFILE OUT

WhatsApp's database on the phone is not encrypted, so the exporter has nothing to decrypt.
"""

import sqlite3
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tests.bench.profiles import Said, stored

TABLES = """
CREATE TABLE jid (_id INTEGER PRIMARY KEY, user TEXT, server TEXT, type INTEGER, raw_string TEXT UNIQUE);
CREATE TABLE jid_map (lid_row_id INTEGER PRIMARY KEY, jid_row_id INTEGER);
CREATE TABLE chat (_id INTEGER PRIMARY KEY, jid_row_id INTEGER UNIQUE, hidden INTEGER DEFAULT 0, subject TEXT);
CREATE TABLE message (_id INTEGER PRIMARY KEY, chat_row_id INTEGER, from_me INTEGER, key_id TEXT,
    sender_jid_row_id INTEGER DEFAULT 0, status INTEGER DEFAULT 0, broadcast INTEGER DEFAULT 0, timestamp INTEGER,
    received_timestamp INTEGER, message_type INTEGER DEFAULT 0, text_data TEXT);
CREATE TABLE message_quoted (message_row_id INTEGER PRIMARY KEY, key_id TEXT, text_data TEXT);
CREATE TABLE message_location (message_row_id INTEGER PRIMARY KEY, latitude REAL, longitude REAL);
CREATE TABLE message_media (message_row_id INTEGER PRIMARY KEY, file_path TEXT, message_url TEXT, mime_type TEXT,
    media_key BLOB, file_hash TEXT, raw_transcription_text TEXT);
CREATE TABLE message_thumbnail (message_row_id INTEGER PRIMARY KEY, thumbnail BLOB);
CREATE TABLE media_hash_thumbnail (media_hash TEXT PRIMARY KEY, thumbnail BLOB);
CREATE TABLE message_future (message_row_id INTEGER PRIMARY KEY, version INTEGER);
CREATE TABLE message_system (message_row_id INTEGER PRIMARY KEY, action_type INTEGER);
CREATE TABLE message_system_group (message_row_id INTEGER PRIMARY KEY, is_me_joined INTEGER);
CREATE TABLE message_system_number_change (message_row_id INTEGER PRIMARY KEY, old_jid_row_id INTEGER,
    new_jid_row_id INTEGER);
CREATE TABLE missed_call_logs (_id INTEGER PRIMARY KEY, message_row_id INTEGER UNIQUE, video_call INTEGER);
CREATE TABLE receipt_user (_id INTEGER PRIMARY KEY, message_row_id INTEGER UNIQUE, receipt_timestamp INTEGER,
    read_timestamp INTEGER, played_timestamp INTEGER);
CREATE TABLE message_vcard (_id INTEGER PRIMARY KEY, message_row_id INTEGER, vcard TEXT);
CREATE TABLE call_log (_id INTEGER PRIMARY KEY, jid_row_id INTEGER, from_me INTEGER, call_id TEXT, timestamp INTEGER,
    video_call INTEGER, duration INTEGER, call_result INTEGER, bytes_transferred INTEGER);
CREATE TABLE message_add_on (_id INTEGER PRIMARY KEY, chat_row_id INTEGER, from_me INTEGER, sender_jid_row_id INTEGER,
    parent_message_row_id INTEGER);
CREATE TABLE message_add_on_reaction (message_add_on_row_id INTEGER PRIMARY KEY, reaction TEXT,
    sender_timestamp INTEGER);
"""
DOCUMENT = 9


class Phone:
    """The two databases and the media folder of one phone."""

    def __init__(self, folder: Path) -> None:
        self.media = folder / "WhatsApp"
        self.media.mkdir(parents=True)
        self.messages = sqlite3.connect(folder / "msgstore.db")
        self.messages.executescript(TABLES)
        self.contacts = sqlite3.connect(folder / "wa.db")
        self.contacts.execute("CREATE TABLE wa_contacts (jid TEXT, display_name TEXT, wa_name TEXT, status TEXT)")
        self._jids: dict[str, int] = {}
        self._chats: dict[str, int] = {}

    def add(self, n: int, said: Said) -> None:
        """One message with its quote, reaction and file."""
        chat, sender = self._chat(said.conversation), self._jid(said.sender)
        self.messages.execute(
            "INSERT INTO message (_id, chat_row_id, from_me, key_id, sender_jid_row_id, timestamp, received_timestamp,"
            " message_type, text_data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (n, chat, int(said.own), f"K{n}", 0 if said.own else sender, said.sent_at, said.sent_at,
             DOCUMENT if said.file is not None else 0, said.body),
        )  # fmt: skip
        if said.answers is not None:
            self.messages.execute("INSERT INTO message_quoted VALUES (?, ?, '…')", (n, f"K{n - 1}"))
        if said.reaction is not None:
            add_on = "INSERT INTO message_add_on (_id, chat_row_id, from_me, sender_jid_row_id, parent_message_row_id)"
            self.messages.execute(f"{add_on} VALUES (?, ?, 0, ?, ?)", (n, chat, sender, n))
            self.messages.execute("INSERT INTO message_add_on_reaction VALUES (?, ?, 0)", (n, said.reaction))
        if said.file is not None:
            (self.media / f"file{n}.bin").write_bytes(said.file)
            self.messages.execute(
                "INSERT INTO message_media (message_row_id, file_path, mime_type) VALUES (?, ?, ?)",
                (n, f"file{n}.bin", "application/octet-stream"),
            )

    def close(self) -> None:
        for jid in self._jids:
            number = self._jids[jid]
            name = (f"4915{number:09}@s.whatsapp.net", f"Person {number}")
            self.contacts.execute("INSERT INTO wa_contacts (jid, display_name) VALUES (?, ?)", name)
        self.messages.commit()
        self.contacts.commit()

    def _jid(self, id: str, server: str = "s.whatsapp.net", type: int = 0) -> int:
        if id not in self._jids:
            n = self._jids[id] = len(self._jids) + 1
            row = (n, f"4915{n:09}", server, type, f"4915{n:09}@{server}")
            self.messages.execute("INSERT INTO jid VALUES (?, ?, ?, ?, ?)", row)
        return self._jids[id]

    def _chat(self, id: str) -> int:
        if id not in self._chats:
            direct = id.startswith(("05", "15", "25"))
            jid = self._jid(id) if direct else self._jid(id, "g.us", 1)
            n = self._chats[id] = len(self._chats) + 1
            self.messages.execute("INSERT INTO chat (_id, jid_row_id, subject) VALUES (?, ?, ?)", (n, jid, f"Chat {n}"))
        return self._chats[id]


def numbered(profile: Path) -> Iterator[tuple[int, Said]]:
    return zip(count(1), stored(profile), strict=False)


def main() -> None:
    phone = Phone(Path(sys.argv[2]))
    for n, said in numbered(Path(sys.argv[1])):
        phone.add(n, said)
    phone.close()


if __name__ == "__main__":
    main()
