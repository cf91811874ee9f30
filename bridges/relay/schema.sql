-- The state of one relay. Numbers of messages and entries only grow, and are never given twice.

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;

CREATE TABLE cursors (bridge TEXT PRIMARY KEY, cursor TEXT NOT NULL) WITHOUT ROWID, STRICT;

-- What is linked: each row is a Link as JSON. over_at: when its contact arrived elsewhere, or the owner ended it.
CREATE TABLE links (
  name TEXT PRIMARY KEY, link TEXT NOT NULL, timer INTEGER NOT NULL DEFAULT 0, over_at INTEGER, ends_at INTEGER
) WITHOUT ROWID, STRICT;

-- Directions that stand still, and why. The empty chat means: every direction of the link.
CREATE TABLE stops (
  link TEXT NOT NULL, bridge TEXT NOT NULL, chat TEXT NOT NULL, why TEXT NOT NULL, since INTEGER NOT NULL,
  PRIMARY KEY (link, bridge, chat)
) WITHOUT ROWID, STRICT;

CREATE TABLE over (bridge TEXT NOT NULL, chat TEXT NOT NULL, PRIMARY KEY (bridge, chat)) WITHOUT ROWID, STRICT;

-- Every message that was relayed. `text` is the beginning of it, for quotes, and is wiped when it is taken back.
CREATE TABLE messages (
  number INTEGER PRIMARY KEY AUTOINCREMENT, link TEXT NOT NULL, bridge TEXT NOT NULL, chat TEXT NOT NULL,
  author TEXT NOT NULL, name TEXT NOT NULL, owner INTEGER NOT NULL, sent_at INTEGER NOT NULL, text TEXT,
  revised INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0, read INTEGER NOT NULL DEFAULT 0,
  expires INTEGER, fades_at INTEGER
) STRICT;
CREATE INDEX messages_fading ON messages (fades_at) WHERE fades_at IS NOT NULL;

-- Every id by which a network knows one of them: of the whole, of a part of its text, of a file (part >= 0), or a
-- further name of it (part -1). Nothing comes in twice, because an id is here once.
CREATE TABLE copies (
  bridge TEXT NOT NULL, chat TEXT NOT NULL, id TEXT NOT NULL, message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
  part INTEGER NOT NULL, is_text INTEGER NOT NULL, sent_at INTEGER,
  PRIMARY KEY (bridge, chat, id)
) WITHOUT ROWID, STRICT;
CREATE INDEX copies_message ON copies (message, bridge, chat, part);

-- Reactions as they are (person and emoji), and as which message a network took them.
CREATE TABLE reactions (
  message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE, person TEXT NOT NULL, emoji TEXT NOT NULL,
  bridge TEXT NOT NULL, chat TEXT NOT NULL, id TEXT, since INTEGER NOT NULL,
  PRIMARY KEY (message, person, emoji)
) WITHOUT ROWID, STRICT;
CREATE INDEX reactions_id ON reactions (bridge, chat, id) WHERE id IS NOT NULL;
CREATE TABLE reactions_shown (
  message INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE, bridge TEXT NOT NULL, chat TEXT NOT NULL,
  person TEXT NOT NULL, emoji TEXT NOT NULL, id TEXT,
  PRIMARY KEY (message, bridge, chat, person, emoji)
) WITHOUT ROWID, STRICT;

-- What waits to be shown. state: 0 waits, 1 held back (the direction stands still), 2 given up.
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY AUTOINCREMENT, bridge TEXT NOT NULL, chat TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0,
  link TEXT NOT NULL, source_bridge TEXT NOT NULL, source_chat TEXT NOT NULL,
  message INTEGER REFERENCES messages ON DELETE CASCADE, intent BLOB NOT NULL, created_at INTEGER NOT NULL,
  steps BLOB, done INTEGER NOT NULL DEFAULT 0, under_way INTEGER NOT NULL DEFAULT 0, doubts INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0, first_try_at INTEGER, why TEXT
) STRICT;
CREATE INDEX outbox_order ON outbox (bridge, chat, number) WHERE state = 0;
CREATE INDEX outbox_message ON outbox (message) WHERE message IS NOT NULL;

-- Portals that are needed, and what waits for them.
CREATE TABLE wishes (
  bridge TEXT NOT NULL, chat TEXT NOT NULL, target TEXT NOT NULL, wish BLOB NOT NULL, trouble TEXT,
  PRIMARY KEY (bridge, chat, target)
) WITHOUT ROWID, STRICT;
CREATE TABLE held (
  number INTEGER PRIMARY KEY AUTOINCREMENT, bridge TEXT NOT NULL, chat TEXT NOT NULL, target TEXT NOT NULL,
  digest BLOB NOT NULL, event BLOB NOT NULL, fades_at INTEGER,
  UNIQUE (bridge, chat, target, digest)
) STRICT;

CREATE TABLE people (
  bridge TEXT NOT NULL, person TEXT NOT NULL, name TEXT NOT NULL, picture TEXT, PRIMARY KEY (bridge, person)
) WITHOUT ROWID, STRICT;
CREATE TABLE chats (
  bridge TEXT NOT NULL, chat TEXT NOT NULL, what BLOB NOT NULL, PRIMARY KEY (bridge, chat)
) WITHOUT ROWID, STRICT;
-- How a portal or a ghost was dressed last, so that it is done again only when it changed.
CREATE TABLE dressed (
  bridge TEXT NOT NULL, what TEXT NOT NULL, name TEXT NOT NULL, picture TEXT, PRIMARY KEY (bridge, what)
) WITHOUT ROWID, STRICT;

CREATE TABLE asked (
  number INTEGER PRIMARY KEY AUTOINCREMENT, bridge TEXT NOT NULL, chat TEXT NOT NULL, person TEXT NOT NULL,
  name TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waits', UNIQUE (bridge, chat)
) STRICT;
CREATE TABLE invitations (id TEXT PRIMARY KEY, bridge TEXT NOT NULL, chat TEXT NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE arrived (
  bridge TEXT NOT NULL, chat TEXT NOT NULL, to_bridge TEXT NOT NULL, to_chat TEXT NOT NULL, until INTEGER NOT NULL,
  PRIMARY KEY (bridge, chat)
) WITHOUT ROWID, STRICT;
CREATE TABLE told_once (what TEXT PRIMARY KEY) WITHOUT ROWID, STRICT;
CREATE TABLE commands (bridge TEXT NOT NULL, chat TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (bridge, chat, id)) WITHOUT ROWID, STRICT;

-- What was relayed, for the status: by link, direction and result.
CREATE TABLE counts (
  link TEXT NOT NULL, bridge TEXT NOT NULL, what TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (link, bridge, what)
) WITHOUT ROWID, STRICT;
CREATE TABLE health (
  bridge TEXT PRIMARY KEY, health BLOB NOT NULL, last_success INTEGER, reconnects INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID, STRICT;
