-- name: wake_keys
UPDATE okey SET not_before = NULL WHERE id IN (
    SELECT id FROM okey WHERE not_before <= coalesce($1::bigint, database_time()) AND owner IS NULL LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED)

-- name: lease_keys
UPDATE okey SET owner = $1, epoch = nextval('lease_epoch'), lease_until = clock_timestamp() + make_interval(secs => $2)
WHERE id IN (
    SELECT id FROM okey WHERE owner IS NULL AND not_before IS NULL AND (held_by IS NULL OR head < held_by)
    ORDER BY priority, head LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING id, channel, ordering_key, epoch, priority, head

-- name: key_items
SELECT w.key_id, w.sequence, w.stage, w.attempts, m.id, m.source, m.kind, m.message_type, m.control_id, m.file_name,
    m.received_at, m.sha256, m.run_id, m.reasons, m.findings, m.state, m.size_bytes, b.raw, b.raw_blob,
    (SELECT d.data FROM dossier d WHERE d.sequence = w.sequence ORDER BY d.number + 0 DESC LIMIT 1) AS dossier
FROM unnest($1::bigint[]) k (id)
CROSS JOIN LATERAL (
    SELECT x.* FROM work x WHERE x.key_id = k.id
        AND x.sequence < coalesce((SELECT o.held_by FROM okey o WHERE o.id = k.id), x.sequence + 1)
    ORDER BY x.sequence LIMIT $2) w
JOIN message m ON m.sequence = w.sequence JOIN body b ON b.sequence = w.sequence
ORDER BY w.key_id, w.sequence

-- name: begin_work
UPDATE message SET state = 'processing', is_final = false WHERE sequence = ANY($1::bigint[]) AND state = 'received'

-- name: fenced_keys
SELECT k.id FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) a (channel, ordering_key, owner, epoch)
JOIN okey k ON k.channel = a.channel AND k.ordering_key = a.ordering_key AND k.owner = a.owner AND k.epoch = a.epoch
ORDER BY k.channel, k.ordering_key FOR UPDATE OF k

-- name: drop_keys
DELETE FROM okey WHERE id = ANY($1::bigint[]) AND held_by IS NULL
    AND NOT EXISTS (SELECT 1 FROM work w WHERE w.key_id = okey.id)

-- name: free_keys
UPDATE okey SET owner = NULL, lease_until = NULL,
    head = coalesce((SELECT min(w.sequence) FROM work w WHERE w.key_id = okey.id), held_by, head),
    priority = coalesce((SELECT min(w.priority) FROM work w WHERE w.key_id = okey.id AND w.priority < 5),
        (SELECT w.priority FROM work w WHERE w.key_id = okey.id ORDER BY w.sequence LIMIT 1), okey.priority)
WHERE id = ANY($1::bigint[]) RETURNING id

-- name: add_hold
INSERT INTO hold (sequence, key_id) SELECT * FROM unnest($1::bigint[], $2::bigint[])
ON CONFLICT (sequence) DO UPDATE SET key_id = excluded.key_id

-- name: drop_hold
DELETE FROM hold WHERE sequence = $1 RETURNING key_id

-- name: lock_key
SELECT 1 FROM okey WHERE id = $1 FOR UPDATE

-- name: let_key_go
UPDATE okey SET held_by = (SELECT min(h.sequence) FROM hold h WHERE h.key_id = okey.id) WHERE id = $1

-- name: drop_idle_key
DELETE FROM okey WHERE id = $1 AND owner IS NULL AND held_by IS NULL AND NOT EXISTS (SELECT 1 FROM work w WHERE w.key_id = okey.id)

-- name: find_message
SELECT channel, ordering_key, priority, sequence FROM message WHERE id = $1

-- name: find_for_replay
SELECT sequence, channel, ordering_key, priority, state FROM message WHERE id = $1 FOR NO KEY UPDATE

-- name: has_raw
SELECT b.raw IS NOT NULL OR b.raw_blob IS NOT NULL FROM message m JOIN body b ON b.sequence = m.sequence WHERE m.id = $1

-- name: begin_run
UPDATE message SET state = 'processing', is_final = false, run_id = run_id + 1, findings = '[]', duplicate_of = NULL,
    error = '' WHERE sequence = $1

-- name: forget_reasons
DELETE FROM meta WHERE sequence = $1 AND name LIKE 'reason:%'

-- name: find_dossier
SELECT data FROM dossier WHERE sequence = $1 AND stage = $2

-- name: add_key
INSERT INTO okey (channel, ordering_key, priority, head) VALUES ($1, $2, $3, $4)
ON CONFLICT (channel, ordering_key) DO UPDATE
SET priority = least(okey.priority, excluded.priority), head = least(okey.head, excluded.head)
RETURNING id

-- name: add_work
INSERT INTO work (key_id, sequence, priority, stage) VALUES ($1, $2, $3, $4)
