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
INSERT INTO fingerprint (kind, value, sequence, detail)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) a (kind, value) ORDER BY kind, value COLLATE "C"
ON CONFLICT (kind, value) DO UPDATE SET sequence = excluded.sequence, detail = excluded.detail

-- name: put_dossier
INSERT INTO dossier (sequence, stage, data) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
ON CONFLICT (sequence, stage) DO UPDATE SET data = excluded.data, number = excluded.number

-- name: put_output
INSERT INTO stage_output (sequence, run_id, stage, data)
SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[])
ON CONFLICT (sequence, run_id, stage) DO UPDATE SET data = excluded.data, number = excluded.number

-- name: put_meta
INSERT INTO meta (sequence, name, value) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])
ON CONFLICT (sequence, name) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value

-- name: change_messages
-- What is NULL stays as it is.
UPDATE message m SET state = coalesce(a.state, m.state), is_final = coalesce(a.is_final, m.is_final),
    findings = coalesce(a.findings, m.findings), error = coalesce(a.error, m.error),
    documents = coalesce(a.documents, m.documents), duplicate_of = coalesce(a.duplicate_of, m.duplicate_of)
FROM unnest($1::bigint[], $2::text[], $3::bool[], $4::text[], $5::text[], $6::text[], $7::text[])
    a (sequence, state, is_final, findings, error, documents, duplicate_of)
WHERE m.sequence = a.sequence

-- name: find_queued
SELECT idempotency_key, number, sequence, state FROM delivery WHERE idempotency_key = ANY($1::text[])

-- name: add_delivery
WITH asked AS MATERIALIZED (
    SELECT nextval('delivery_number_seq') AS number, * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[],
        $5::text[], $6::text[], $7::text[], $8::int[], $9::bool[], $10::text[], $11::text[], $12::bigint[], $13::bytea[],
        $14::text[])
    a (id, idempotency_key, sequence, run_id, channel, destination, ordering_key, priority, required, control_id,
        media_type, queued_at, body, body_blob)),
bodies AS (
    INSERT INTO delivery_body (number, body, body_blob) SELECT number, body, body_blob FROM asked)
INSERT INTO delivery (number, id, idempotency_key, sequence, run_id, channel, destination, ordering_key, priority,
    state, required, control_id, media_type, queued_at)
SELECT number, id, idempotency_key, sequence, run_id, channel, destination, ordering_key, priority,
    'queued', required, control_id, media_type, queued_at FROM asked

-- name: keep_delivery
UPDATE delivery d SET run_id = a.run_id FROM unnest($1::bigint[], $2::int[]) a (number, run_id)
WHERE d.number = a.number

-- name: queue_again
UPDATE delivery d SET state = 'queued', rejects = 0, next_at = NULL, reason = '[]', error = '', holds_key = false,
    control_id = a.control_id, media_type = a.media_type, required = a.required
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bool[]) a (number, control_id, media_type, required)
WHERE d.number = a.number

-- name: replace_body
UPDATE delivery_body d SET body = a.body, body_blob = a.body_blob
FROM unnest($1::bigint[], $2::bytea[], $3::text[]) a (number, body, body_blob) WHERE d.number = a.number

-- name: older_deliveries
SELECT d.number, d.id, d.sequence FROM unnest($1::bigint[], $2::int[]) a (sequence, run_id)
JOIN delivery d ON d.sequence = a.sequence AND d.run_id < a.run_id
WHERE d.state IN ('queued', 'parked') ORDER BY d.number FOR UPDATE OF d

-- name: withdraw_older
UPDATE delivery SET state = 'withdrawn', next_at = NULL, holds_key = false WHERE number = ANY($1::bigint[])

-- name: open_review
INSERT INTO review (id, sequence, run_id, channel, state, reasons, opened_at)
SELECT id, sequence, run_id, channel, 'open', reasons, opened_at
FROM unnest($1::text[], $2::bigint[], $3::int[], $4::text[], $5::text[], $6::bigint[])
    a (id, sequence, run_id, channel, reasons, opened_at)
ON CONFLICT (id) DO UPDATE SET state = 'open', reasons = excluded.reasons, run_id = excluded.run_id, closed_at = NULL
    WHERE review.sequence = excluded.sequence

-- name: older_reviews
SELECT r.number, r.id, r.sequence FROM unnest($1::bigint[], $2::int[]) a (sequence, run_id)
JOIN review r ON r.sequence = a.sequence AND r.run_id < a.run_id AND r.state = 'open'

-- name: supersede_review
UPDATE review r SET state = 'superseded', closed_at = a.at FROM unnest($1::bigint[], $2::bigint[]) a (number, at)
WHERE r.number = a.number

-- name: move_work
UPDATE work w SET stage = a.stage, attempts = 0
FROM unnest($1::bigint[], $2::bigint[], $3::text[]) a (sequence, key_id, stage)
WHERE w.key_id = a.key_id AND w.sequence = a.sequence

-- name: retry_work
UPDATE work w SET stage = a.stage, attempts = attempts + 1
FROM unnest($1::bigint[], $2::bigint[], $3::text[]) a (sequence, key_id, stage)
WHERE w.key_id = a.key_id AND w.sequence = a.sequence

-- name: drop_work
DELETE FROM work w USING unnest($1::bigint[], $2::bigint[]) a (sequence, key_id)
WHERE w.key_id = a.key_id AND w.sequence = a.sequence

-- name: block_key
UPDATE okey k SET not_before = coalesce(a.told, database_time()) + a.wait
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) a (id, wait, told) WHERE k.id = a.id

-- name: hold_key
UPDATE okey k SET held_by = least(coalesce(k.held_by, a.sequence), a.sequence)
FROM (SELECT key_id, min(sequence) AS sequence FROM unnest($1::bigint[], $2::bigint[]) a (sequence, key_id)
    GROUP BY key_id) a
WHERE k.id = a.key_id
