-- The archive: all that an export found, in one SQLite file (docs/formats.md says what each column means).
-- Times are integer milliseconds UTC. JSON columns hold compact JSON, or NULL where there is nothing.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,            -- format_version, account_id, account_name, account_avatar
    value TEXT
) WITHOUT ROWID;

CREATE TABLE contacts (
    id            TEXT PRIMARY KEY,
    name          TEXT,                -- as they call themselves
    nickname      TEXT,                -- as the owner calls them
    display       TEXT NOT NULL,       -- what people see
    approved      INTEGER NOT NULL,
    approved_me   INTEGER NOT NULL,
    blocked       INTEGER NOT NULL,
    avatar        TEXT,                -- SHA-256 of a file
    relation      TEXT NOT NULL,       -- contact, request_in, request_out, blinded, acquaintance
    real_id       TEXT,                -- the 05 id behind a blinded one, where it is known
    first_seen_at INTEGER,
    last_seen_at  INTEGER,
    message_count INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE conversations (
    n                INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,
    kind             TEXT NOT NULL,
    title            TEXT NOT NULL,
    members          TEXT,             -- JSON list of ids
    admins           TEXT,             -- JSON list of ids
    avatar           TEXT,             -- SHA-256 of a file
    details          TEXT,             -- JSON object: pinned, left, server key of a community, …
    message_count    INTEGER NOT NULL DEFAULT 0,
    first_message_at INTEGER,
    last_message_at  INTEGER,
    file             TEXT              -- path of its JSON Lines file
);

CREATE TABLE messages (
    n            INTEGER PRIMARY KEY,
    id           TEXT NOT NULL,
    conversation INTEGER NOT NULL REFERENCES conversations (n),
    sender       TEXT NOT NULL,
    direction    TEXT NOT NULL,        -- in, out
    sent_at      INTEGER NOT NULL,
    received_at  INTEGER,
    kind         TEXT NOT NULL,
    body         TEXT,
    quote        TEXT,                 -- JSON object
    reactions    TEXT,                 -- JSON list
    attachments  TEXT,                 -- JSON list
    preview      TEXT,                 -- JSON object
    mentions     TEXT,                 -- JSON list of ids
    edited       INTEGER NOT NULL DEFAULT 0,
    deleted      INTEGER NOT NULL DEFAULT 0,
    failed       INTEGER NOT NULL DEFAULT 0,
    expires      TEXT,                 -- JSON object
    details      TEXT,                 -- JSON object
    source       INTEGER NOT NULL REFERENCES sources (n),
    native_id    TEXT NOT NULL,        -- its id in that source
    digest       INTEGER,              -- of the row there; NULL: read it again next time
    server_hash  TEXT,
    server_id    INTEGER
);
CREATE UNIQUE INDEX messages_by_id ON messages (id);
-- The other indexes come when they are needed first, when they cost half: see index.py.

-- Words of bodies, file names and link titles, prepared by migrate/archive/words.py; rowid is messages.n.
CREATE VIRTUAL TABLE messages_fts USING fts5 (
    words, content = '', columnsize = 0,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co S*'"
);

CREATE TABLE files (
    sha256 TEXT PRIMARY KEY,
    size   INTEGER NOT NULL
) WITHOUT ROWID;

-- Where things came from, and what was read there already: a row is read again only when its digest changed.
CREATE TABLE sources (
    n           INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL,         -- desktop, …
    fingerprint TEXT NOT NULL,         -- the same for the same profile, wherever it lies
    label       TEXT NOT NULL,         -- for people
    details     TEXT,                  -- JSON object: app and schema version
    state       TEXT,                  -- what the last complete run saw; equal means nothing to do
    UNIQUE (kind, fingerprint)
);
-- Rows of other sources that hold a message which the archive has already.
CREATE TABLE copies (
    source    INTEGER NOT NULL REFERENCES sources (n),
    native_id TEXT NOT NULL,
    digest    INTEGER,
    message   INTEGER NOT NULL REFERENCES messages (n),
    PRIMARY KEY (source, native_id)
) WITHOUT ROWID;
CREATE INDEX copies_by_message ON copies (message);
CREATE TABLE losses (
    source       INTEGER NOT NULL REFERENCES sources (n),
    scope        TEXT NOT NULL,        -- message, or source for everything else
    subject      TEXT NOT NULL,        -- native id of the message, id of the conversation, name of the setting
    kind         TEXT NOT NULL,        -- attachment, avatar, field, row, …
    conversation TEXT,
    name         TEXT NOT NULL,        -- file name or field, or ''
    reason       TEXT NOT NULL,
    severity     TEXT NOT NULL,        -- lost, gap (was never in the source)
    PRIMARY KEY (source, scope, subject, kind, name)
);

-- What is written beside this file, and what has to be written again.
CREATE TABLE outputs (
    path   TEXT PRIMARY KEY,
    format TEXT NOT NULL,
    size   INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE stale (
    format       TEXT NOT NULL,
    conversation INTEGER NOT NULL,     -- 0: the pages about all of them
    PRIMARY KEY (format, conversation)
) WITHOUT ROWID;
