"""The tables of a Session Desktop database, as each version of the app left them.

Facts: formats page of Session Desktop, sections 4 and 5; the statements are our own. A column is one line here with
the first and the last schema that has it, so that any version from 33 on can be written.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

OLDEST = 33
NEWEST = 54
USER_VERSION = 11
NEVER_RECORDED = 20
OWN_TEXT_INDEX_UNTIL = 52


@dataclass(frozen=True, slots=True)
class Column:
    """One column and the schema versions that have it."""

    name: str
    type: str
    since: int = 0
    until: int = 10_000

    def exists_in(self, schema: int) -> bool:
        """Whether a database of this schema has the column."""
        return self.since <= schema <= self.until


MESSAGES = (
    Column("id", "STRING PRIMARY KEY ASC"),
    Column("json", "TEXT"),
    Column("unread", "INTEGER"),
    Column("expires_at", "INTEGER"),
    Column("sent", "BOOLEAN"),
    Column("sent_at", "INTEGER"),
    Column("conversationId", "STRING"),
    Column("received_at", "INTEGER"),
    Column("source", "STRING"),
    Column("hasAttachments", "INTEGER"),
    Column("hasFileAttachments", "INTEGER"),
    Column("hasVisualMediaAttachments", "INTEGER"),
    Column("expireTimer", "INTEGER"),
    Column("expirationStartTimestamp", "INTEGER"),
    Column("type", "STRING"),
    Column("body", "TEXT"),
    Column("serverId", "INTEGER"),
    Column("serverTimestamp", "INTEGER"),
    Column("serverHash", "TEXT"),
    Column("isDeleted", "BOOLEAN", until=53),
    Column("expirationType", "TEXT", since=34),
    Column("flags", "INTEGER", since=34),
    Column("messageHash", "TEXT", since=38),
    Column("errors", "TEXT", since=40),
    Column("sort_timestamp_full", "INTEGER", since=53),
    Column("mentions_us", "BOOLEAN", since=53),
    Column("isDeleted", "INTEGER", since=54),
)

# The text FALSE in integer columns is what the app declares (section 5): readers meet it wherever a row left it out.
CONVERSATIONS = (
    Column("id", "STRING PRIMARY KEY ASC"),
    Column("active_at", "INTEGER"),
    Column("type", "STRING"),
    Column("members", "TEXT"),
    Column("zombies", "TEXT DEFAULT '[]'", until=43),
    Column("left", "INTEGER"),
    Column("expireTimer", "INTEGER"),
    Column("mentionedUs", "INTEGER"),
    Column("unreadCount", "INTEGER"),
    Column("lastMessageStatus", "TEXT"),
    Column("lastMessage", "TEXT"),
    Column("lastJoinedTimestamp", "INTEGER"),
    Column("groupAdmins", "TEXT DEFAULT '[]'"),
    Column("isKickedFromGroup", "INTEGER", until=46),
    Column("avatarPointer", "TEXT"),
    Column("nickname", "TEXT"),
    Column("profileKey", "TEXT"),
    Column("triggerNotificationsFor", "TEXT DEFAULT 'all'"),
    Column("isTrustedForAttachmentDownload", "INTEGER DEFAULT 'FALSE'"),
    Column("priority", "INTEGER DEFAULT 'FALSE'"),
    Column("isApproved", "INTEGER DEFAULT 'FALSE'"),
    Column("didApproveMe", "INTEGER DEFAULT 'FALSE'"),
    Column("avatarInProfile", "TEXT"),
    Column("displayNameInProfile", "TEXT"),
    Column("conversationIdOrigin", "TEXT"),
    Column("avatarImageId", "INTEGER", until=45),
    Column("markedAsUnread", "BOOLEAN"),
    Column("blocksSogsMsgReqsTimestamp", "INTEGER"),
    Column("expirationMode", "TEXT DEFAULT 'off'", since=34),
    Column("hasOutdatedClient", "TEXT", since=34, until=42),
    Column("lastMessageInteractionType", "TEXT", since=35),
    Column("lastMessageInteractionStatus", "TEXT", since=35),
    Column("isExpired03Group", "BOOLEAN", since=41),
    Column("fallbackAvatarInProfile", "TEXT", since=46),
    Column("profileUpdatedSeconds", "INTEGER", since=48),
    Column("bitsetProFeatures", "TEXT", since=50),
    Column("proGenIndexHashB64", "TEXT", since=50),
    Column("proExpiryTsMs", "INTEGER", since=50),
)

SEEN_MESSAGES = (
    Column("hash", "TEXT PRIMARY KEY"),
    Column("expiresAt", "INTEGER"),
    Column("conversationId", "TEXT", since=39),
)

OTHER_TABLES = (
    "CREATE TABLE items (id STRING PRIMARY KEY ASC, json TEXT)",
    "CREATE TABLE identityKeys (id STRING PRIMARY KEY ASC, json TEXT)",
    "CREATE TABLE loki_schema (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, version INTEGER)",
    "CREATE TABLE guardNodes (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, ed25519PubKey VARCHAR(64))",
    "CREATE TABLE nodesForPubkey (pubkey TEXT PRIMARY KEY, json TEXT)",
    "CREATE TABLE attachment_downloads (id STRING PRIMARY KEY, timestamp INTEGER, pending INTEGER, json TEXT)",
    """CREATE TABLE encryptionKeyPairsForClosedGroupV2 (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, groupPublicKey TEXT, timestamp NUMBER, json TEXT)""",
    """CREATE TABLE openGroupRoomsV2 (
        serverUrl TEXT NOT NULL, roomId TEXT NOT NULL, conversationId TEXT, json TEXT,
        PRIMARY KEY (serverUrl, roomId))""",
    """CREATE TABLE lastHashes (
        id TEXT, snode TEXT, hash TEXT, expiresAt INTEGER, namespace INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (id, snode, namespace))""",
    """CREATE TABLE configDump (
        variant TEXT NOT NULL, publicKey TEXT NOT NULL, data BLOB, PRIMARY KEY (publicKey, variant))""",
)

UNPROCESSED_UNTIL = 48
UNPROCESSED = """CREATE TABLE unprocessed (
    id STRING, timestamp INTEGER, version INTEGER, attempts INTEGER, envelope TEXT, decrypted TEXT,
    source TEXT, senderIdentity TEXT, serverHash TEXT)"""

# Those that a reader may lean on: reading in time order, and finding the message that another one quotes.
INDEXES = (
    "CREATE INDEX messages_receipt ON messages (sent_at)",
    "CREATE INDEX messages_conversation ON messages (conversationId, received_at)",
    "CREATE INDEX messages_hasAttachments ON messages (conversationId, hasAttachments, received_at)",
    "CREATE INDEX messages_duplicate_check ON messages (source, sent_at)",
    "CREATE INDEX messages_conversationId ON messages (conversationId)",
    "CREATE INDEX messages_unread_by_conversation ON messages (unread, conversationId)",
)

SORT_TIME = "COALESCE(new.serverTimestamp, new.sent_at, new.received_at)"

# A text index of its own with a copy of each body until schema 52, then one that reads from `messages`.
TEXT_INDEX_OLD = "CREATE VIRTUAL TABLE messages_fts USING fts5(body)"
TEXT_INDEX_OLD_TRIGGERS = (
    """CREATE TRIGGER messages_on_insert AFTER INSERT ON messages BEGIN
        INSERT INTO messages_fts (rowid, body) VALUES (new.rowid, new.body); END""",
    """CREATE TRIGGER messages_on_delete AFTER DELETE ON messages BEGIN
        DELETE FROM messages_fts WHERE rowid = old.rowid; END""",
)
TEXT_INDEX_NEW = """CREATE VIRTUAL TABLE messages_fts USING fts5(
    body, content=messages, tokenize='porter unicode61', content_rowid=rowid, prefix='1,2')"""
TEXT_INDEX_NEW_TRIGGERS = (
    """CREATE TRIGGER messages_on_insert AFTER INSERT ON messages WHEN new.body IS NOT NULL BEGIN
        INSERT INTO messages_fts (rowid, body) VALUES (new.rowid, new.body); END""",
    """CREATE TRIGGER messages_on_delete AFTER DELETE ON messages BEGIN
        DELETE FROM messages_fts WHERE rowid = old.rowid; END""",
    f"""CREATE TRIGGER messages_insert_sort_timestamp AFTER INSERT ON messages BEGIN
        UPDATE messages SET sort_timestamp_full = {SORT_TIME} WHERE rowid = new.rowid; END""",
    f"""CREATE TRIGGER messages_update_sort_timestamp
        AFTER UPDATE OF serverTimestamp, sent_at, received_at ON messages BEGIN
        UPDATE messages SET sort_timestamp_full = {SORT_TIME} WHERE rowid = new.rowid; END""",
)
TIME_INDEXES = (
    "CREATE INDEX sort_timestamp_full_index ON messages (sort_timestamp_full DESC)",
    "CREATE INDEX sort_timestamp_full_conversation_index ON messages (conversationId, sort_timestamp_full DESC)",
)


def column_names(table: tuple[Column, ...], schema: int) -> tuple[str, ...]:
    """The names of the columns that a table has in this schema."""
    return tuple(column.name for column in table if column.exists_in(schema))


def _table(name: str, columns: tuple[Column, ...], schema: int) -> str:
    parts = ", ".join(f"{column.name} {column.type}" for column in columns if column.exists_in(schema))
    return f"CREATE TABLE {name} ({parts})"


def create(db: sqlite3.Connection, schema: int) -> None:
    """Make all tables of a fresh, empty database as they are in this schema version."""
    db.execute(f"PRAGMA user_version = {USER_VERSION}")
    db.execute(_table("messages", MESSAGES, schema))
    db.execute(_table("conversations", CONVERSATIONS, schema))
    db.execute(_table("seenMessages", SEEN_MESSAGES, schema))
    for statement in OTHER_TABLES:
        db.execute(statement)
    if schema <= UNPROCESSED_UNTIL:
        db.execute(UNPROCESSED)
    versions = [(version,) for version in range(schema + 1) if version != NEVER_RECORDED]
    db.executemany("INSERT INTO loki_schema (version) VALUES (?)", versions)
    db.execute(TEXT_INDEX_OLD if schema <= OWN_TEXT_INDEX_UNTIL else TEXT_INDEX_NEW)
    create_indexes(db, schema)


def create_indexes(db: sqlite3.Connection, schema: int) -> None:
    """Put indexes and triggers on the table of messages."""
    old = schema <= OWN_TEXT_INDEX_UNTIL
    triggers = TEXT_INDEX_OLD_TRIGGERS if old else TEXT_INDEX_NEW_TRIGGERS
    for statement in INDEXES + triggers + (() if old else TIME_INDEXES):
        db.execute(statement)


def drop_indexes(db: sqlite3.Connection) -> None:
    """Take indexes and triggers off the table of messages: writing many rows is several times faster without."""
    rows = db.execute(
        "SELECT type, name FROM sqlite_master"
        " WHERE tbl_name = 'messages' AND type IN ('index', 'trigger') AND sql IS NOT NULL"
    ).fetchall()
    for kind, name in rows:
        db.execute(f'DROP {kind} "{name}"')


def rebuild_text_index(db: sqlite3.Connection, schema: int) -> None:
    """Fill the full-text index from the messages, after rows were written without triggers."""
    if schema <= OWN_TEXT_INDEX_UNTIL:
        db.execute("DELETE FROM messages_fts")
        db.execute("INSERT INTO messages_fts (rowid, body) SELECT rowid, body FROM messages")
    else:
        db.execute("INSERT INTO messages_fts (messages_fts) VALUES ('rebuild')")
