CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- A create that was not answered yet. A row left by a crash names a half-made container.
CREATE TABLE intents (
  attempt TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT;

-- expires_at NULL: never, whatever the container's label says.
CREATE TABLE expiries (
  container_id TEXT PRIMARY KEY,
  expires_at INTEGER
) STRICT;
