-- name: count_start
INSERT INTO engine_state (name, value) VALUES ('starts', 1)
ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value

-- name: drop_drained_keys
DELETE FROM okey
WHERE owner IS NOT NULL AND held_by IS NULL AND NOT EXISTS (SELECT 1 FROM work w WHERE w.key_id = okey.id)

-- name: clear_key_owners
UPDATE okey SET owner = NULL,
    head = coalesce((SELECT min(sequence) FROM work w WHERE w.key_id = okey.id), held_by, head),
    priority = coalesce((SELECT min(priority) FROM work w WHERE w.key_id = okey.id), priority)
WHERE owner IS NOT NULL

-- name: clear_lane_owners
UPDATE lane SET owner = NULL WHERE owner IS NOT NULL

-- name: last_written
SELECT max(coalesce((SELECT at FROM audit ORDER BY number DESC LIMIT 1), 0),
    coalesce((SELECT received_at FROM message ORDER BY sequence DESC LIMIT 1), 0))

-- name: move_key_waits
UPDATE okey SET not_before = not_before + ? WHERE not_before IS NOT NULL

-- name: move_delivery_waits
UPDATE delivery SET next_at = next_at + ? WHERE state = 'queued' AND next_at IS NOT NULL

-- name: list_interrupted
SELECT number, channel, destination FROM delivery WHERE state = 'sending'

-- name: requeue_interrupted
UPDATE delivery SET state = 'queued' WHERE number = ?

-- name: add_tally
INSERT INTO tally (channel, destination, state, amount) VALUES (?, ?, ?, ?)
ON CONFLICT (channel, destination, state) DO UPDATE SET amount = amount + excluded.amount

-- name: probe_write
INSERT INTO engine_state (name, value) VALUES ('probed_at', ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: add_audit
INSERT INTO audit (sequence, at, action, actor, detail) VALUES (?, ?, ?, ?, ?)
