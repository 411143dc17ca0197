-- name: by_sequence
-- Searches take before, floor, limit, channel, state, source, message type; then what they look up.
SELECT m.sequence FROM message m NOT INDEXED WHERE m.sequence < ?1 AND m.sequence >= ?2 AND ?4 IN ('', m.channel)
    AND ?5 IN ('', m.state) AND ?6 IN ('', m.source) AND ?7 IN ('', m.message_type)
ORDER BY m.sequence DESC LIMIT ?3

-- name: by_state
SELECT m.sequence FROM message m INDEXED BY message_state WHERE m.channel = ?4 AND m.state = ?5
    AND m.sequence < ?1 AND m.sequence >= ?2 AND ?6 IN ('', m.source) AND ?7 IN ('', m.message_type)
ORDER BY m.sequence DESC LIMIT ?3

-- name: by_control_id
SELECT m.sequence FROM message m WHERE m.control_id = ?8
    AND m.sequence < ?1 AND m.sequence >= ?2 AND ?4 IN ('', m.channel) AND ?5 IN ('', m.state)
    AND ?6 IN ('', m.source) AND ?7 IN ('', m.message_type)
ORDER BY m.sequence DESC LIMIT ?3

-- name: by_id
SELECT m.sequence FROM message m WHERE m.id = ?8
    AND m.sequence < ?1 AND m.sequence >= ?2 AND ?4 IN ('', m.channel) AND ?5 IN ('', m.state)
    AND ?6 IN ('', m.source) AND ?7 IN ('', m.message_type)
ORDER BY m.sequence DESC LIMIT ?3

-- name: by_meta
-- In the order of the index of values: sorted by the message's own column they would all be read first.
SELECT DISTINCT t.sequence FROM meta t CROSS JOIN message m ON m.sequence = t.sequence
WHERE t.value = ?8 AND t.sequence < ?1 AND t.sequence >= ?2
    AND m.sequence < ?1 AND m.sequence >= ?2 AND ?4 IN ('', m.channel) AND ?5 IN ('', m.state)
    AND ?6 IN ('', m.source) AND ?7 IN ('', m.message_type)
ORDER BY t.sequence DESC LIMIT ?3

-- name: by_named_meta
SELECT t.sequence FROM meta t CROSS JOIN message m ON m.sequence = t.sequence
WHERE t.value = ?8 AND t.name = ?9 AND t.sequence < ?1 AND t.sequence >= ?2
    AND m.sequence < ?1 AND m.sequence >= ?2 AND ?4 IN ('', m.channel) AND ?5 IN ('', m.state)
    AND ?6 IN ('', m.source) AND ?7 IN ('', m.message_type)
ORDER BY t.sequence DESC LIMIT ?3

-- name: first_from
SELECT sequence, received_at FROM message WHERE sequence >= ? ORDER BY sequence LIMIT 1

-- name: last_sequence
SELECT coalesce(max(sequence), 0) FROM message

-- name: pauses
SELECT channel, destination FROM pause

-- name: channels
SELECT DISTINCT channel FROM tally WHERE destination = ''

-- name: message_rows
SELECT m.id, m.sequence, m.channel, m.source, m.control_id, m.message_type, m.kind, m.received_at, m.state,
    m.reasons, m.findings, m.documents, m.duplicate_of, m.batch_id, m.size_bytes, m.file_name, m.error,
    (SELECT value FROM meta t WHERE t.sequence = m.sequence AND t.name = 'patient_mrn')
FROM json_each(?) j CROSS JOIN message m ON m.sequence = j.value

-- name: message_deliveries
SELECT d.sequence, d.id, d.destination,
    CASE WHEN d.state = 'queued' AND EXISTS (SELECT 1 FROM pause p
        WHERE p.channel IN ('', d.channel) AND p.destination IN ('', d.destination)) THEN 'paused' ELSE d.state END,
    d.control_id, d.attempts, d.ack_code, d.required, d.queued_at, d.sent_at, d.next_at, d.error, d.reason
FROM json_each(?) j CROSS JOIN delivery d ON d.sequence = j.value ORDER BY d.sequence, d.number

-- name: find_sequence
SELECT sequence FROM message WHERE id = ?

-- name: current_dossier
SELECT data FROM dossier WHERE sequence = ? ORDER BY number DESC LIMIT 1

-- name: outputs
SELECT o.stage, o.data FROM stage_output o
WHERE o.sequence = ?1 AND o.number = (
    SELECT max(p.number) FROM stage_output p WHERE p.sequence = ?1 AND p.stage = o.stage)
ORDER BY o.number

-- name: timeline
SELECT at, action, actor, detail FROM (
    SELECT 0 AS number, received_at AS at, 'accept' AS action, 'source:' || source AS actor, '{}' AS detail
    FROM message WHERE sequence = ?1
    UNION ALL SELECT number, at, action, actor, detail FROM audit WHERE sequence = ?1)
ORDER BY number

-- name: metadata
SELECT name, value FROM meta WHERE sequence = ? AND name NOT LIKE 'reason:%' ORDER BY name

-- name: raw
SELECT nullif(b.raw, 0) FROM message m JOIN body b ON b.sequence = m.sequence WHERE m.id = ?

-- name: ack
SELECT b.ack FROM message m JOIN body b ON b.sequence = m.sequence WHERE m.id = ?

-- name: payload
SELECT b.body FROM delivery d JOIN delivery_body b ON b.number = d.number WHERE d.id = ?

-- name: answer
SELECT b.answer FROM delivery d JOIN delivery_body b ON b.number = d.number WHERE d.id = ?

-- name: fingerprint_owner
SELECT f.value, m.id, m.state, f.detail, m.channel FROM fingerprint f CROSS JOIN message m ON m.sequence = f.sequence
WHERE f.kind = ? AND f.value = ?

-- name: fingerprint_owners
SELECT f.value, m.id, m.state, f.detail, m.channel FROM fingerprint f CROSS JOIN message m ON m.sequence = f.sequence
WHERE f.kind = ? AND f.value >= ? AND f.value < ? ORDER BY f.value

-- name: review_number
SELECT number FROM review WHERE id = ?

-- name: reviews_all
SELECT r.id, m.id, r.channel, r.state, r.reasons, r.opened_at FROM review r JOIN message m ON m.sequence = r.sequence
WHERE r.number < ?1 AND (?3 = '' OR r.channel = ?3) ORDER BY r.number DESC LIMIT ?2

-- name: reviews_in_state
SELECT r.id, m.id, r.channel, r.state, r.reasons, r.opened_at FROM review r JOIN message m ON m.sequence = r.sequence
WHERE r.state = ?4 AND r.number < ?1 AND (?3 = '' OR r.channel = ?3) ORDER BY r.number DESC LIMIT ?2

-- name: open_reviews
SELECT count(*), min(opened_at) FROM review WHERE state = 'open'

-- name: tallies
SELECT channel, destination, state, amount FROM tally WHERE amount <> 0

-- name: lane_head
SELECT queued_at, error FROM delivery WHERE channel = ? AND destination = ? AND state = 'queued'
ORDER BY sequence, number LIMIT 1
