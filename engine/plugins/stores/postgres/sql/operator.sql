-- name: find_delivery
SELECT number, sequence FROM delivery WHERE id = $1

-- name: lock_unsent
SELECT channel, destination FROM delivery WHERE number = $1 AND state IN ('queued', 'parked') FOR UPDATE

-- name: requeue_delivery
UPDATE delivery SET state = 'queued', next_at = NULL, rejects = 0, reason = '[]', error = '', holds_key = FALSE
WHERE number = $1

-- name: withdraw_delivery
UPDATE delivery SET state = 'withdrawn', next_at = NULL, holds_key = FALSE WHERE number = $1

-- name: withdraw_unsent
UPDATE delivery SET state = 'withdrawn', next_at = NULL, holds_key = FALSE
WHERE sequence = $1 AND state IN ('queued', 'parked') RETURNING channel, destination

-- name: lock_withdrawable
SELECT sequence FROM message WHERE id = $1 AND state IN ('review', 'parked') FOR UPDATE

-- name: withdraw_message
UPDATE message SET state = 'withdrawn', is_final = TRUE WHERE sequence = $1

-- name: close_reviews
UPDATE review SET state = 'withdrawn', closed_at = $1 WHERE sequence = $2 AND state = 'open'

-- name: find_review
SELECT sequence FROM review WHERE id = $1

-- name: close_review
UPDATE review SET state = $1, closed_at = $2 WHERE id = $3 AND state = 'open' RETURNING sequence

-- name: let_queues_go
UPDATE delivery SET holds_key = FALSE WHERE sequence = $1 AND state = 'parked' AND holds_key
RETURNING channel, destination

-- name: set_pause
INSERT INTO pause (channel, destination) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: lift_pause
DELETE FROM pause WHERE channel = $1 AND destination = $2

-- name: list_lanes
SELECT channel, destination FROM lane WHERE $1 IN ('', channel) AND $2 IN ('', destination)
