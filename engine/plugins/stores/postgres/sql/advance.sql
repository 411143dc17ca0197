-- name: find_work
SELECT k.channel, k.ordering_key, k.owner, k.epoch, m.id AS message_id,
    k.id AS key_id, m.sequence, m.priority, m.state, m.run_id, m.findings, m.error,
    (EXISTS (SELECT 1 FROM delivery d WHERE d.sequence = m.sequence)
        OR EXISTS (SELECT 1 FROM review r WHERE r.sequence = m.sequence)) AS has_past
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[]) a (channel, ordering_key, owner, epoch, id)
JOIN okey k ON k.channel = a.channel AND k.ordering_key = a.ordering_key AND k.owner = a.owner AND k.epoch = a.epoch
JOIN message m ON m.id = a.id JOIN work w ON w.key_id = k.id AND w.sequence = m.sequence

-- name: find_owners
SELECT a.kind, a.value, f.sequence, m.id
FROM unnest($1::text[], $2::text[]) a (kind, value)
JOIN fingerprint f ON f.kind = a.kind AND f.value = a.value
JOIN message m ON m.sequence = f.sequence
WHERE m.state NOT IN ('withdrawn', 'filtered')

-- name: own_fingerprint
INSERT INTO fingerprint (kind, value, sequence, detail) VALUES ($1, $2, $3, $4)
ON CONFLICT (kind, value) DO UPDATE SET sequence = excluded.sequence, detail = excluded.detail

-- name: put_dossier
INSERT INTO dossier (sequence, stage, data) VALUES ($1, $2, $3)
ON CONFLICT (sequence, stage) DO UPDATE SET data = excluded.data, number = excluded.number

-- name: put_output
INSERT INTO stage_output (sequence, run_id, stage, data) VALUES ($1, $2, $3, $4)
ON CONFLICT (sequence, run_id, stage) DO UPDATE SET data = excluded.data, number = excluded.number

-- name: put_meta
INSERT INTO meta (sequence, name, value) VALUES ($1, $2, $3)
ON CONFLICT (sequence, name) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value

-- name: set_findings
UPDATE message SET findings = $1, error = $2 WHERE sequence = $3

-- name: set_documents
UPDATE message SET documents = $1 WHERE sequence = $2

-- name: set_duplicate
UPDATE message SET duplicate_of = $1 WHERE sequence = $2

-- name: set_final
UPDATE message SET state = $1, is_final = $2 WHERE sequence = $3

-- name: find_queued
SELECT idempotency_key, number, sequence, state FROM delivery WHERE idempotency_key = ANY($1::text[])

-- name: add_delivery
WITH added AS (
    INSERT INTO delivery (id, idempotency_key, sequence, run_id, channel, destination, ordering_key, priority, state,
        required, control_id, media_type, queued_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10, $11, $12) RETURNING number)
INSERT INTO delivery_body (number, body, body_blob) SELECT number, $13, $14 FROM added

-- name: keep_delivery
UPDATE delivery SET run_id = $1 WHERE number = $2

-- name: queue_again
UPDATE delivery SET state = 'queued', rejects = 0, next_at = NULL, reason = '[]', error = '', holds_key = false,
    control_id = $1, media_type = $2, required = $3 WHERE number = $4

-- name: replace_body
UPDATE delivery_body SET body = $1, body_blob = $2 WHERE number = $3

-- name: older_deliveries
SELECT d.number, d.id, d.sequence FROM unnest($1::bigint[], $2::int[]) a (sequence, run_id)
JOIN delivery d ON d.sequence = a.sequence AND d.run_id < a.run_id
WHERE d.state IN ('queued', 'parked') ORDER BY d.number FOR UPDATE OF d

-- name: withdraw_older
UPDATE delivery SET state = 'withdrawn', next_at = NULL, holds_key = false WHERE number = $1

-- name: open_review
INSERT INTO review (id, sequence, run_id, channel, state, reasons, opened_at) VALUES ($1, $2, $3, $4, 'open', $5, $6)
ON CONFLICT (id) DO UPDATE SET state = 'open', reasons = excluded.reasons, run_id = excluded.run_id, closed_at = NULL
    WHERE review.sequence = excluded.sequence

-- name: older_reviews
SELECT r.number, r.id, r.sequence FROM unnest($1::bigint[], $2::int[]) a (sequence, run_id)
JOIN review r ON r.sequence = a.sequence AND r.run_id < a.run_id AND r.state = 'open'

-- name: supersede_review
UPDATE review SET state = 'superseded', closed_at = $1 WHERE number = $2

-- name: move_work
UPDATE work SET stage = $3, attempts = 0 WHERE key_id = $1 AND sequence = $2

-- name: retry_work
UPDATE work SET stage = $3, attempts = attempts + 1 WHERE key_id = $1 AND sequence = $2

-- name: drop_work
DELETE FROM work WHERE key_id = $1 AND sequence = $2

-- name: block_key
UPDATE okey SET not_before = coalesce($2::bigint, database_time()) + $1::bigint WHERE id = $3

-- name: hold_key
UPDATE okey SET held_by = least(coalesce(held_by, $1), $1) WHERE id = $2
