-- Tokens of a team share what they create.
ALTER TABLE tokens ADD COLUMN team TEXT;

CREATE INDEX builds_by_owner ON builds (record ->> 'owner', sequence);
CREATE INDEX builds_by_team ON builds (record ->> 'team', sequence);
