"""Writes messages as Signal Desktop keeps them: the tables, columns and JSON fields that exporters read.

    python -m tests.bench.signal_desktop PROFILE OUT

Files are laid down as Signal did before it encrypted them, which spares the exporter the decryption.
"""

import json
import sys
from pathlib import Path
from random import Random

import sqlcipher3

from tests.bench.profiles import Said, stored

TABLES = """
CREATE TABLE conversations (id TEXT PRIMARY KEY, json TEXT, active_at INTEGER, type TEXT, members TEXT, name TEXT,
    profileName TEXT, e164 TEXT, serviceId TEXT);
CREATE TABLE messages (rowid INTEGER PRIMARY KEY, id TEXT UNIQUE, json TEXT, readStatus INTEGER, seenStatus INTEGER,
    sent_at INTEGER, timestamp INTEGER, serverTimestamp INTEGER, received_at INTEGER, conversationId TEXT,
    sourceServiceId TEXT, hasAttachments INTEGER, type TEXT, body TEXT, expireTimer INTEGER);
CREATE TABLE sessions (id TEXT PRIMARY KEY, ourServiceId TEXT);
CREATE TABLE sticker_packs (id TEXT PRIMARY KEY);
CREATE INDEX messages_by_time ON messages (conversationId, received_at, sent_at);
INSERT INTO sessions VALUES ('1', 'me');
PRAGMA user_version = 1300;
"""


def main() -> None:
    profile, out = Path(sys.argv[1]), Path(sys.argv[2])
    files = out / "attachments.noindex"
    files.mkdir(parents=True)
    (out / "sql").mkdir()
    key = Random(1).randbytes(32).hex()
    (out / "config.json").write_text(json.dumps({"key": key}), "utf-8")
    con = sqlcipher3.connect(str(out / "sql" / "db.sqlite"), isolation_level=None)
    con.execute(f"PRAGMA key = \"x'{key}'\"")
    con.executescript(TABLES)
    con.execute("BEGIN")
    people: set[str] = set()
    for n, message in enumerate(stored(profile)):
        people |= {message.conversation, message.sender}
        attachments: list[dict[str, str | int]] = []
        if message.file is not None:
            (files / f"{n:06}").write_bytes(message.file)
            attachments.append(
                {"path": f"{n:06}", "fileName": f"file {n}.bin", "contentType": "application/octet-stream",
                 "size": len(message.file)}
            )  # fmt: skip
        con.execute(
            "INSERT INTO messages (id, json, readStatus, seenStatus, sent_at, timestamp, received_at, conversationId,"
            " sourceServiceId, hasAttachments, type, body) VALUES (?, ?, 1, 2, ?, ?, ?, ?, ?, ?, ?, ?)",
            (f"m{n}", details(message, attachments), message.sent_at, message.sent_at, message.sent_at,
             message.conversation, "me" if message.own else message.sender, int(bool(attachments)),
             "outgoing" if message.own else "incoming", message.body),
        )  # fmt: skip
    for n, person in enumerate(sorted(people)):
        con.execute(
            "INSERT INTO conversations (id, json, type, name, profileName, serviceId) VALUES (?, '{}', ?, ?, ?, ?)",
            (person, "private" if person[:2] in ("05", "15", "25") else "group", f"Chat {n}", f"Chat {n}", person),
        )
    con.execute("COMMIT")
    con.close()


def details(message: Said, attachments: list[dict[str, str | int]]) -> str:
    """What Signal keeps of a message as JSON."""
    return json.dumps(
        {
            "attachments": attachments,
            "quote": {"id": message.answers, "author": "", "text": "…", "attachments": []} if message.answers else None,
            "reactions": [{"emoji": message.reaction, "fromId": message.sender}] if message.reaction else [],
        },
        ensure_ascii=False,
    )


if __name__ == "__main__":
    main()
