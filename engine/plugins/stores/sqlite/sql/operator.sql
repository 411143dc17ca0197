-- name: find_unsent
SELECT number, sequence, channel, destination, state FROM delivery WHERE id = ? AND state IN ('queued', 'parked')

-- name: list_unsent
SELECT number, channel, destination, state FROM delivery WHERE sequence = ? AND state IN ('queued', 'parked')

-- name: requeue_delivery
UPDATE delivery SET state = 'queued', next_at = NULL, rejects = 0, reason = '[]', error = '' WHERE number = ?

-- name: withdraw_delivery
UPDATE delivery SET state = 'withdrawn', next_at = NULL WHERE number = ?

-- name: find_withdrawable
SELECT sequence, channel, state FROM message WHERE id = ? AND state IN ('review', 'parked')

-- name: close_reviews
UPDATE review SET state = 'withdrawn', closed_at = ? WHERE sequence = ? AND state = 'open'

-- name: close_review
UPDATE review SET state = ?, closed_at = ? WHERE id = ? AND state = 'open' RETURNING sequence

-- name: let_queues_go
UPDATE delivery SET holds_key = 0 WHERE sequence = ? AND state = 'parked' AND holds_key = 1
RETURNING channel, destination

-- name: set_pause
INSERT OR IGNORE INTO pause (channel, destination) VALUES (?, ?)

-- name: lift_pause
DELETE FROM pause WHERE channel = ? AND destination = ?

-- name: list_lanes
SELECT channel, destination FROM lane WHERE ?1 IN ('', channel) AND ?2 IN ('', destination)
