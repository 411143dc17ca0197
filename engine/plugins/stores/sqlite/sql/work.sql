-- name: wake_keys
UPDATE okey SET not_before = NULL WHERE not_before <= ? AND owner IS NULL

-- name: ready_keys
SELECT json_group_array(json_array(id, channel, ordering_key)) FROM (
    SELECT id, channel, ordering_key FROM okey
    WHERE owner IS NULL AND not_before IS NULL AND (held_by IS NULL OR head < held_by)
    ORDER BY priority, head LIMIT ?)

-- name: lease_keys
UPDATE okey SET owner = ?, epoch = ? WHERE id IN (SELECT value FROM json_each(?))

-- name: key_items
SELECT w.key_id, w.sequence, w.stage, w.attempts, m.id, m.source, m.kind, m.message_type, m.control_id, m.file_name,
    m.received_at, m.sha256, m.run_id, m.reasons, m.findings, m.state, m.size_bytes, b.raw,
    (SELECT d.data FROM dossier d WHERE d.sequence = w.sequence ORDER BY d.number DESC LIMIT 1)
FROM json_each(?1) k CROSS JOIN work w ON w.key_id = k.value AND w.sequence IN (
    SELECT x.sequence FROM work x WHERE x.key_id = k.value
        AND x.sequence < coalesce((SELECT o.held_by FROM okey o WHERE o.id = k.value), x.sequence + 1)
    ORDER BY x.sequence LIMIT ?2)
CROSS JOIN message m ON m.sequence = w.sequence CROSS JOIN body b ON b.sequence = w.sequence

-- name: drop_keys
WITH asked (channel, ordering_key, owner, epoch) AS (VALUES (?, ?, ?, ?))
DELETE FROM okey WHERE id IN (
    SELECT k.id FROM asked a CROSS JOIN okey k ON k.channel = a.channel AND k.ordering_key = a.ordering_key
        AND k.owner = a.owner AND k.epoch = a.epoch
    WHERE k.held_by IS NULL AND NOT EXISTS (SELECT 1 FROM work w WHERE w.key_id = k.id))

-- name: free_keys
WITH asked (channel, ordering_key, owner, epoch) AS (VALUES (?, ?, ?, ?))
UPDATE okey SET owner = NULL, head = coalesce((SELECT min(w.sequence) FROM work w WHERE w.key_id = okey.id), held_by, head),
    priority = coalesce((SELECT min(w.priority) FROM work w WHERE w.key_id = okey.id AND w.priority < 5),
        (SELECT w.priority FROM work w WHERE w.key_id = okey.id ORDER BY w.sequence LIMIT 1), okey.priority)
FROM asked a WHERE okey.channel = a.channel AND okey.ordering_key = a.ordering_key
    AND okey.owner = a.owner AND okey.epoch = a.epoch

-- name: block_key
WITH new (not_before, id) AS (VALUES (?, ?))
UPDATE okey SET not_before = n.not_before FROM new n WHERE okey.id = n.id

-- name: hold_key
WITH new (held_by, id) AS (VALUES (?, ?))
UPDATE okey SET held_by = min(coalesce(okey.held_by, n.held_by), n.held_by) FROM new n WHERE okey.id = n.id

-- name: add_hold
INSERT OR REPLACE INTO hold (sequence, key_id) VALUES (?, ?)

-- name: drop_hold
DELETE FROM hold WHERE sequence = ? RETURNING key_id

-- name: let_key_go
UPDATE okey SET held_by = (SELECT min(h.sequence) FROM hold h WHERE h.key_id = okey.id) WHERE id = ?

-- name: drop_idle_key
DELETE FROM okey WHERE id = ? AND owner IS NULL AND held_by IS NULL AND NOT EXISTS (SELECT 1 FROM work w WHERE w.key_id = okey.id)

-- name: owned_keys
SELECT channel, ordering_key, owner, epoch FROM okey WHERE owner IS NOT NULL

-- name: find_work
WITH asked (channel, ordering_key, owner, epoch, id) AS (VALUES (?, ?, ?, ?, ?))
SELECT json_group_array(json_array(a.channel, a.ordering_key, a.owner, a.epoch, a.id,
    k.id, m.sequence, m.priority, m.state, m.run_id, m.findings || '', m.error,
    EXISTS (SELECT 1 FROM delivery d WHERE d.sequence = m.sequence)
        OR EXISTS (SELECT 1 FROM review r WHERE r.sequence = m.sequence)))
FROM asked a CROSS JOIN okey k ON k.channel = a.channel AND k.ordering_key = a.ordering_key
    AND k.owner = a.owner AND k.epoch = a.epoch
CROSS JOIN message m ON m.id = a.id CROSS JOIN work w ON w.key_id = k.id AND w.sequence = m.sequence

-- name: move_work
WITH new (key_id, sequence, stage) AS (VALUES (?, ?, ?))
UPDATE work SET stage = n.stage, attempts = 0 FROM new n WHERE work.key_id = n.key_id AND work.sequence = n.sequence

-- name: retry_work
WITH new (key_id, sequence, stage) AS (VALUES (?, ?, ?))
UPDATE work SET stage = n.stage, attempts = attempts + 1 FROM new n
WHERE work.key_id = n.key_id AND work.sequence = n.sequence

-- name: drop_work
DELETE FROM work WHERE (key_id, sequence) IN (VALUES (?, ?))

-- name: find_for_replay
SELECT sequence, channel, ordering_key, priority, state FROM message m WHERE id = ?
    AND EXISTS (SELECT 1 FROM body b WHERE b.sequence = m.sequence AND typeof(b.raw) <> 'integer')

-- name: begin_run
UPDATE message SET state = 'processing', is_final = 0, run_id = run_id + 1, findings = '[]', duplicate_of = NULL,
    error = '' WHERE sequence = ?

-- name: forget_reasons
DELETE FROM meta WHERE sequence = ? AND name LIKE 'reason:%'

-- name: find_dossier
SELECT data FROM dossier WHERE sequence = ? AND stage = ?
