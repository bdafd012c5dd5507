-- The old container of a replacement was asked to go: from then on the replacement is finished, whatever is there.
ALTER TABLE intents ADD COLUMN is_final INTEGER NOT NULL DEFAULT 0;
