-- Berth has asked the engine to remove the old container of a replacement: from then on Berth completes the replacement.
ALTER TABLE intents ADD COLUMN is_final INTEGER NOT NULL DEFAULT 0;
