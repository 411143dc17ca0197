-- What holds up an ordering key under `order: strict`, and what a person paused.

-- The parked message that nothing later of its key may overtake.
ALTER TABLE okey ADD COLUMN held_by INTEGER;
DROP INDEX okey_ready;
CREATE INDEX okey_ready ON okey (priority, head) WHERE owner IS NULL AND not_before IS NULL AND held_by IS NULL;
CREATE INDEX okey_held ON okey (held_by) WHERE held_by IS NOT NULL;

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
