-- name: find_other_owner
SELECT m.id FROM fingerprint f JOIN message m ON m.sequence = f.sequence
WHERE f.kind = ? AND f.value = ? AND f.sequence <> ?

-- name: own_fingerprint
INSERT INTO fingerprint (kind, value, sequence, detail) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, value) DO UPDATE SET detail = excluded.detail

-- name: put_dossier
INSERT OR REPLACE INTO dossier (sequence, stage, data) VALUES (?, ?, ?)

-- name: put_output
INSERT OR REPLACE INTO stage_output (sequence, run_id, stage, data) VALUES (?, ?, ?, ?)

-- name: put_meta
INSERT INTO meta (sequence, name, value) VALUES (?, ?, ?)
ON CONFLICT (sequence, name) DO UPDATE SET value = excluded.value

-- name: set_findings
UPDATE message SET findings = ?, error = ? WHERE sequence = ?

-- name: set_documents
UPDATE message SET documents = ? WHERE sequence = ?

-- name: set_duplicate
UPDATE message SET duplicate_of = ? WHERE sequence = ?

-- name: set_state
UPDATE message SET state = ?, is_final = ? WHERE sequence = ?

-- name: add_delivery
INSERT INTO delivery (id, idempotency_key, sequence, channel, destination, ordering_key, priority, state, required,
    control_id, media_type, queued_at)
VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?)
ON CONFLICT (idempotency_key) DO NOTHING RETURNING number

-- name: add_delivery_body
INSERT INTO delivery_body (number, body) VALUES (?, ?)

-- name: find_parked
SELECT number FROM delivery WHERE idempotency_key = ? AND sequence = ? AND state = 'parked'

-- name: requeue_parked
UPDATE delivery SET state = 'queued', rejects = 0, next_at = NULL, reason = '[]', error = '', control_id = ?,
    media_type = ?, required = ? WHERE number = ?

-- name: replace_body
UPDATE delivery_body SET body = ? WHERE number = ?

-- name: open_review
INSERT INTO review (id, sequence, run_id, channel, state, reasons, opened_at) VALUES (?, ?, ?, ?, 'open', ?, ?)
ON CONFLICT (id) DO UPDATE SET state = 'open', reasons = excluded.reasons, run_id = excluded.run_id, closed_at = NULL
    WHERE sequence = excluded.sequence

-- name: supersede_reviews
UPDATE review SET state = 'superseded', closed_at = ? WHERE sequence = ? AND state = 'open' AND run_id < ?
RETURNING id

-- name: has_open_review
SELECT EXISTS (SELECT 1 FROM review WHERE sequence = ? AND state = 'open')

-- name: delivery_states
SELECT state, required FROM delivery WHERE sequence = ?

-- name: find_settled
SELECT channel, state, is_final FROM message WHERE sequence = ?
