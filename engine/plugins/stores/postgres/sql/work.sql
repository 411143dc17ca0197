-- name: claim_keys
WITH ready AS (
    SELECT id FROM okey
    WHERE held_by IS NULL AND (not_before IS NULL OR not_before <= $2)
        AND (owner IS NULL OR lease_until < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
    ORDER BY priority, head LIMIT $3 FOR UPDATE SKIP LOCKED),
era AS MATERIALIZED (SELECT nextval('lease_epoch') AS epoch)
UPDATE okey k SET owner = $1, epoch = era.epoch, not_before = NULL,
    lease_until = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $4
FROM ready, era WHERE k.id = ready.id
RETURNING k.id, k.channel, k.ordering_key, k.epoch, k.priority, k.head

-- name: key_items
SELECT w.key_id, w.sequence, w.stage, w.attempts, m.id, m.source, m.kind, m.message_type, m.control_id, m.file_name,
    m.received_at, m.sha256, m.run_id, m.reasons, m.findings, m.state, m.size_bytes, b.raw, b.raw_blob,
    (SELECT d.data FROM dossier d WHERE d.sequence = w.sequence ORDER BY d.number DESC LIMIT 1) AS dossier
FROM unnest($1::bigint[]) k (id)
CROSS JOIN LATERAL (SELECT * FROM work x WHERE x.key_id = k.id ORDER BY x.sequence LIMIT $2) w
JOIN message m ON m.sequence = w.sequence JOIN body b ON b.sequence = w.sequence
ORDER BY w.key_id, w.sequence

-- name: begin_work
UPDATE message SET state = 'processing' WHERE sequence = ANY($1::bigint[])

-- name: lock_key
SELECT id FROM okey WHERE channel = $1 AND ordering_key = $2 AND owner = $3 AND epoch = $4 FOR UPDATE

-- name: drop_key
DELETE FROM okey WHERE id = $1 AND held_by IS NULL AND NOT EXISTS (SELECT 1 FROM work w WHERE w.key_id = $1)

-- name: free_key
UPDATE okey SET owner = NULL, lease_until = NULL,
    head = coalesce((SELECT min(w.sequence) FROM work w WHERE w.key_id = $1), head),
    priority = coalesce((SELECT min(w.priority) FROM work w WHERE w.key_id = $1 AND w.priority < 5),
        (SELECT w.priority FROM work w WHERE w.key_id = $1 ORDER BY w.sequence LIMIT 1), priority)
WHERE id = $1

-- name: block_key
UPDATE okey SET not_before = $2 WHERE id = $1

-- name: hold_key
UPDATE okey SET held_by = coalesce(held_by, $2) WHERE id = $1

-- name: let_key_go
UPDATE okey SET held_by = NULL WHERE held_by = $1 RETURNING id

-- name: drop_idle_key
DELETE FROM okey WHERE id = $1 AND owner IS NULL AND NOT EXISTS (SELECT 1 FROM work w WHERE w.key_id = $1)

-- name: find_work
SELECT k.id, m.sequence, m.priority, m.state, m.run_id, m.findings, m.error,
    EXISTS (SELECT 1 FROM delivery d WHERE d.sequence = m.sequence)
        OR EXISTS (SELECT 1 FROM review r WHERE r.sequence = m.sequence)
FROM okey k JOIN message m ON m.id = $5 JOIN work w ON w.key_id = k.id AND w.sequence = m.sequence
WHERE k.channel = $1 AND k.ordering_key = $2 AND k.owner = $3 AND k.epoch = $4 FOR UPDATE OF k

-- name: move_work
UPDATE work SET stage = $3, attempts = 0 WHERE key_id = $1 AND sequence = $2

-- name: retry_work
UPDATE work SET stage = $3, attempts = attempts + 1 WHERE key_id = $1 AND sequence = $2

-- name: drop_work
DELETE FROM work WHERE key_id = $1 AND sequence = $2

-- name: find_for_replay
SELECT m.sequence, m.channel, m.ordering_key, m.priority, m.state, b.raw IS NULL AND b.raw_blob IS NULL
FROM message m LEFT JOIN body b ON b.sequence = m.sequence WHERE m.id = $1 FOR UPDATE OF m

-- name: begin_run
UPDATE message SET state = 'processing', is_final = FALSE, run_id = run_id + 1, findings = '[]', duplicate_of = NULL,
    error = '' WHERE sequence = $1

-- name: forget_reasons
DELETE FROM meta WHERE sequence = $1 AND name LIKE 'reason:%'

-- name: find_dossier
SELECT data FROM dossier WHERE sequence = $1 AND stage = $2

-- name: put_dossier
WITH gone AS (DELETE FROM dossier WHERE sequence = $1 AND stage = $2)
INSERT INTO dossier (sequence, stage, data) VALUES ($1, $2, $3)
