-- Who has been told, word for word, and who has come. One file in the app folder, for its owner only.

CREATE TABLE campaigns (number INTEGER PRIMARY KEY, made_at INTEGER NOT NULL, content BLOB NOT NULL, serial INTEGER);

CREATE TABLE notices (
  campaign INTEGER NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL, addressee BLOB NOT NULL, step TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0, reason TEXT, todo TEXT,
  unsure INTEGER NOT NULL DEFAULT 0, sent_at INTEGER, delivered_at INTEGER, read_at INTEGER, arrived_at INTEGER,
  PRIMARY KEY (campaign, id)
) WITHOUT ROWID;
CREATE INDEX notices_by_step ON notices (step, next_at);
CREATE INDEX notices_by_id ON notices (id);

-- The messages of a notice, with the keys they are sent under. `begun`: it was handed over, and nobody has answered.
CREATE TABLE posts (
  campaign INTEGER NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL, action BLOB NOT NULL,
  begun INTEGER NOT NULL DEFAULT 0, sent_at INTEGER, PRIMARY KEY (campaign, id, number)
) WITHOUT ROWID;

-- How the network calls what we sent; receipts name it.
CREATE TABLE sent_ids (
  bridge TEXT NOT NULL, chat TEXT NOT NULL, sent_id TEXT NOT NULL, campaign INTEGER NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (bridge, chat, sent_id)
) WITHOUT ROWID;

-- What is a contact's own, whatever is announced to them, and how often.
CREATE TABLE codes (id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE invitations (
  id TEXT NOT NULL, bridge TEXT NOT NULL, invitation TEXT NOT NULL, content BLOB NOT NULL, made_at INTEGER NOT NULL,
  used_at INTEGER, PRIMARY KEY (bridge, invitation)
) WITHOUT ROWID;
CREATE INDEX invitations_by_id ON invitations (id, bridge);

CREATE TABLE arrivals (
  id TEXT NOT NULL, bridge TEXT NOT NULL, person TEXT NOT NULL, called TEXT NOT NULL, chat TEXT NOT NULL,
  how TEXT NOT NULL, at INTEGER NOT NULL, asked INTEGER NOT NULL, greeting BLOB, begun INTEGER NOT NULL DEFAULT 0,
  greeted_at INTEGER, greeting_failed TEXT, PRIMARY KEY (id, bridge, person)
) WITHOUT ROWID;

CREATE TABLE cursors (bridge TEXT PRIMARY KEY, cursor TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE stops (asked_at INTEGER NOT NULL);
