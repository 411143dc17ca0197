-- name: wake_keys
UPDATE okey SET not_before = NULL WHERE not_before <= ? AND owner IS NULL

-- name: ready_keys
SELECT channel, ordering_key FROM okey
WHERE owner IS NULL AND not_before IS NULL ORDER BY priority, head LIMIT ?

-- name: lease_key
UPDATE okey SET owner = ?, epoch = ? WHERE channel = ? AND ordering_key = ?

-- name: key_items
SELECT w.sequence, w.stage, w.attempts, m.id, m.source, m.kind, m.message_type, m.control_id, m.file_name,
    m.received_at, m.sha256, m.run_id, m.reasons, m.findings, m.state, b.raw,
    (SELECT d.data FROM dossier d WHERE d.sequence = w.sequence ORDER BY d.number DESC LIMIT 1)
FROM work w JOIN message m ON m.sequence = w.sequence JOIN body b ON b.sequence = w.sequence
WHERE w.channel = ? AND w.ordering_key = ? ORDER BY w.sequence LIMIT ?

-- name: key_holder
SELECT owner, epoch FROM okey WHERE channel = ? AND ordering_key = ?

-- name: key_head
SELECT sequence, priority FROM work WHERE channel = ? AND ordering_key = ? ORDER BY sequence LIMIT 1

-- name: key_urgency
SELECT min(priority) FROM work WHERE channel = ? AND ordering_key = ? AND priority < 5

-- name: free_key
UPDATE okey SET owner = NULL, priority = ?, head = ? WHERE channel = ? AND ordering_key = ?

-- name: drop_key
DELETE FROM okey WHERE channel = ? AND ordering_key = ?

-- name: block_key
UPDATE okey SET not_before = ? WHERE channel = ? AND ordering_key = ?

-- name: find_work
SELECT m.sequence, m.priority, m.state, m.run_id, m.findings, m.error, w.stage
FROM message m JOIN work w
    ON w.channel = m.channel AND w.ordering_key = m.ordering_key AND w.sequence = m.sequence
WHERE m.id = ? AND m.channel = ? AND m.ordering_key = ?

-- name: move_work
UPDATE work SET stage = ?, attempts = 0 WHERE channel = ? AND ordering_key = ? AND sequence = ?

-- name: retry_work
UPDATE work SET stage = ?, attempts = attempts + 1 WHERE channel = ? AND ordering_key = ? AND sequence = ?

-- name: drop_work
DELETE FROM work WHERE channel = ? AND ordering_key = ? AND sequence = ?

-- name: find_for_replay
SELECT m.sequence, m.channel, m.ordering_key, m.priority, m.state,
    EXISTS (SELECT 1 FROM work w
        WHERE w.channel = m.channel AND w.ordering_key = m.ordering_key AND w.sequence = m.sequence)
FROM message m WHERE m.id = ?

-- name: begin_run
UPDATE message SET state = 'processing', is_final = 0, run_id = run_id + 1, findings = '[]', duplicate_of = NULL,
    error = '' WHERE sequence = ?

-- name: find_dossier
SELECT data FROM dossier WHERE sequence = ? AND stage = ?

-- name: lower_key_head
UPDATE okey SET head = ?1 WHERE channel = ?2 AND ordering_key = ?3 AND head > ?1
