-- Columns hold the fields that SQL selects by. The rest of a build is one JSON document.
CREATE TABLE builds (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  status TEXT NOT NULL,
  image_name TEXT NOT NULL,
  record TEXT NOT NULL,
  -- Build arguments and the environment of `run`, sealed.
  secrets BLOB NOT NULL,
  -- The worker's claim, and the time by which it must renew it.
  claim_token TEXT,
  claim_until INTEGER
) STRICT;

CREATE INDEX builds_by_status ON builds (status, sequence);
CREATE INDEX builds_by_image ON builds (image_name, sequence);
