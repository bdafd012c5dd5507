-- What SQL selects by stands in columns; the rest of a build is one JSON document.
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
  -- Whoever works on it, and until when it must have said so again.
  claim_token TEXT,
  claim_until INTEGER
) STRICT;

CREATE INDEX builds_by_status ON builds (status, sequence);
CREATE INDEX builds_by_image ON builds (image_name, sequence);
