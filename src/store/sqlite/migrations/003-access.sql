-- A row has the SHA-256 of a token, so this file reveals no token. Times are milliseconds.
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER
) STRICT;

-- Each requested change, its caller and its outcome. `hash` covers the entry and the previous hash.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  caller TEXT NOT NULL,
  token_id TEXT,
  scope TEXT,
  address TEXT NOT NULL,
  door TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT,
  code TEXT,
  duration_ms REAL,
  request_id TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit trail is only added to');
END;
