-- name: find_owners
WITH asked (kind, value, id) AS (VALUES (?, ?, ?))
SELECT a.kind, a.value, a.id, m.id
FROM asked a CROSS JOIN fingerprint f ON f.kind = a.kind AND f.value = a.value
    CROSS JOIN message m ON m.sequence = f.sequence
WHERE m.id <> a.id AND m.state NOT IN ('withdrawn', 'filtered')

-- name: own_fingerprint
INSERT INTO fingerprint (kind, value, sequence, detail) VALUES (?, ?, ?, ?)
ON CONFLICT (kind, value) DO UPDATE
SET sequence = excluded.sequence, detail = excluded.detail

-- name: put_dossier
INSERT OR REPLACE INTO dossier (sequence, stage, data) VALUES (?, ?, ?)

-- name: put_output
INSERT OR REPLACE INTO stage_output (sequence, run_id, stage, data) VALUES (?, ?, ?, ?)

-- name: put_meta
INSERT INTO meta (sequence, name, value) VALUES (?, ?, ?)
ON CONFLICT (sequence, name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value

-- name: set_findings
WITH new (findings, error, sequence) AS (VALUES (?, ?, ?))
UPDATE message SET findings = n.findings, error = n.error FROM new n WHERE message.sequence = n.sequence

-- name: set_documents
WITH new (documents, sequence) AS (VALUES (?, ?))
UPDATE message SET documents = n.documents FROM new n WHERE message.sequence = n.sequence

-- name: set_duplicate
WITH new (duplicate_of, sequence) AS (VALUES (?, ?))
UPDATE message SET duplicate_of = n.duplicate_of FROM new n WHERE message.sequence = n.sequence

-- name: set_state
WITH new (state, is_final, sequence) AS (VALUES (?, ?, ?))
UPDATE message SET state = n.state, is_final = n.is_final FROM new n WHERE message.sequence = n.sequence

-- name: last_delivery
SELECT coalesce(max(number), 0) FROM delivery

-- name: find_queued
WITH asked (idempotency_key) AS (VALUES (?))
SELECT a.idempotency_key, d.number, d.sequence, d.state
FROM asked a CROSS JOIN delivery d ON d.idempotency_key = a.idempotency_key

-- name: add_delivery
INSERT INTO delivery (number, id, idempotency_key, sequence, run_id, channel, destination, ordering_key, priority, state,
    required, control_id, media_type, queued_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?)

-- name: add_delivery_body
INSERT INTO delivery_body (number, body) VALUES (?, ?)

-- name: keep_delivery
WITH new (run_id, number) AS (VALUES (?, ?))
UPDATE delivery SET run_id = n.run_id FROM new n WHERE delivery.number = n.number

-- name: queue_again
WITH new (control_id, media_type, required, number) AS (VALUES (?, ?, ?, ?))
UPDATE delivery SET state = 'queued', rejects = 0, next_at = NULL, reason = '[]', error = '',
    control_id = n.control_id, media_type = n.media_type, required = n.required
FROM new n WHERE delivery.number = n.number

-- name: replace_body
WITH new (body, number) AS (VALUES (?, ?))
UPDATE delivery_body SET body = n.body FROM new n WHERE delivery_body.number = n.number

-- name: older_deliveries
WITH asked (sequence, run_id) AS (VALUES (?, ?))
SELECT d.number, d.id, d.sequence, d.channel, d.destination, d.state
FROM asked a CROSS JOIN delivery d ON d.sequence = a.sequence AND d.run_id < a.run_id
WHERE d.state IN ('queued', 'parked')

-- name: withdraw
UPDATE delivery SET state = 'withdrawn', next_at = NULL WHERE number IN (VALUES (?))

-- name: open_review
INSERT INTO review (id, sequence, run_id, channel, state, reasons, opened_at) VALUES (?, ?, ?, ?, 'open', ?, ?)
ON CONFLICT (id) DO UPDATE SET state = 'open', reasons = excluded.reasons, run_id = excluded.run_id, closed_at = NULL
    WHERE sequence = excluded.sequence

-- name: older_reviews
WITH asked (sequence, run_id) AS (VALUES (?, ?))
SELECT r.number, r.id, r.sequence
FROM asked a CROSS JOIN review r ON r.sequence = a.sequence AND r.run_id < a.run_id AND r.state = 'open'

-- name: supersede_review
WITH new (closed_at, number) AS (VALUES (?, ?))
UPDATE review SET state = 'superseded', closed_at = n.closed_at FROM new n WHERE review.number = n.number

-- name: find_standings
WITH asked (sequence) AS (VALUES (?))
SELECT json_group_array(json_array(m.sequence, m.channel, m.state, m.is_final,
    EXISTS (SELECT 1 FROM review r WHERE r.sequence = m.sequence AND r.state = 'open'),
    (SELECT json_group_array(json_array(d.state, d.required)) || '' FROM delivery d WHERE d.sequence = m.sequence)))
FROM asked a CROSS JOIN message m ON m.sequence = a.sequence
