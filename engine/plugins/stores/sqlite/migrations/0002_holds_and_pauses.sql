-- What holds up an ordering key under `order: strict`, and what a person paused.

-- Parked messages that nothing later of their key may overtake; held_by is the first of a key.
CREATE TABLE hold (
    sequence INTEGER PRIMARY KEY,
    key_id   INTEGER NOT NULL
);
CREATE INDEX hold_key ON hold (key_id, sequence);
ALTER TABLE okey ADD COLUMN held_by INTEGER;
DROP INDEX okey_ready;
CREATE INDEX okey_ready ON okey (priority, head)
    WHERE owner IS NULL AND not_before IS NULL AND (held_by IS NULL OR head < held_by);

-- A parked delivery that nothing later of its key may overtake in its queue.
ALTER TABLE delivery ADD COLUMN holds_key INTEGER NOT NULL DEFAULT 0;
CREATE INDEX delivery_holding ON delivery (channel, destination, ordering_key, sequence)
    WHERE state = 'parked' AND holds_key = 1;

-- Queues that send nothing: one queue, all of a channel (destination empty), or all there are (both empty).
CREATE TABLE pause (
    channel     TEXT NOT NULL,
    destination TEXT NOT NULL,
    PRIMARY KEY (channel, destination)
) WITHOUT ROWID;
