CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- An unanswered create. A row that survives a crash names an unfinished container.
CREATE TABLE intents (
  attempt TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT;

-- expires_at NULL: never, whatever the container's label says.
CREATE TABLE expiries (
  container_id TEXT PRIMARY KEY,
  expires_at INTEGER
) STRICT;
