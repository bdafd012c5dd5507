CREATE TABLE image_names (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  team TEXT,
  claimed_at INTEGER NOT NULL
) STRICT;
