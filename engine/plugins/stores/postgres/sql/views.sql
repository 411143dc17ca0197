-- name: by_sequence
-- Searches take before, floor, limit, channel, state, source, message type; then what they look up.
SELECT m.sequence FROM message m WHERE m.sequence < $1 AND m.sequence >= $2 AND $4 IN ('', m.channel)
    AND $5 IN ('', m.state) AND $6 IN ('', m.source) AND $7 IN ('', m.message_type)
ORDER BY m.sequence DESC LIMIT $3

-- name: by_state
SELECT m.sequence FROM message m WHERE m.channel = $4 AND m.state = $5 AND m.sequence < $1 AND m.sequence >= $2
    AND $6 IN ('', m.source) AND $7 IN ('', m.message_type)
ORDER BY m.sequence DESC LIMIT $3

-- name: by_control_id
SELECT m.sequence FROM message m WHERE left(m.control_id, 200) = left($8, 200) AND m.control_id = $8
    AND m.sequence < $1 AND m.sequence >= $2 AND $4 IN ('', m.channel) AND $5 IN ('', m.state)
    AND $6 IN ('', m.source) AND $7 IN ('', m.message_type)
ORDER BY m.sequence DESC LIMIT $3

-- name: by_id
SELECT m.sequence FROM message m WHERE m.id = $8 AND m.sequence < $1 AND m.sequence >= $2
    AND $4 IN ('', m.channel) AND $5 IN ('', m.state) AND $6 IN ('', m.source) AND $7 IN ('', m.message_type)
ORDER BY m.sequence DESC LIMIT $3

-- name: by_meta
SELECT DISTINCT m.sequence FROM meta t JOIN message m ON m.sequence = t.sequence
WHERE left(t.value, 200) = left($8, 200) AND t.value = $8 AND t.sequence < $1 AND t.sequence >= $2
    AND $4 IN ('', m.channel) AND $5 IN ('', m.state) AND $6 IN ('', m.source) AND $7 IN ('', m.message_type)
ORDER BY m.sequence DESC LIMIT $3

-- name: by_named_meta
SELECT m.sequence FROM meta t JOIN message m ON m.sequence = t.sequence
WHERE left(t.value, 200) = left($8, 200) AND t.value = $8 AND t.name = $9 AND t.sequence < $1 AND t.sequence >= $2
    AND $4 IN ('', m.channel) AND $5 IN ('', m.state) AND $6 IN ('', m.source) AND $7 IN ('', m.message_type)
ORDER BY m.sequence DESC LIMIT $3

-- name: first_from
SELECT sequence, received_at FROM message WHERE sequence >= $1 ORDER BY sequence LIMIT 1

-- name: last_sequence
SELECT coalesce(max(sequence), 0) FROM message

-- name: pauses
SELECT channel, destination FROM pause

-- name: channels
SELECT channel FROM tally WHERE destination = '' UNION SELECT channel FROM tally_change WHERE destination = ''

-- name: message_rows
SELECT m.id, m.sequence, m.channel, m.source, m.control_id, m.message_type, m.kind, m.received_at, m.state,
    m.reasons, m.findings, m.documents, m.duplicate_of, m.batch_id, m.size_bytes, m.file_name, m.error,
    (SELECT value FROM meta t WHERE t.sequence = m.sequence AND t.name = 'patient_mrn') AS mrn
FROM message m WHERE m.sequence = ANY($1::bigint[]) ORDER BY m.sequence DESC

-- name: message_deliveries
SELECT sequence, id, destination,
    CASE WHEN state = 'queued' AND EXISTS (SELECT 1 FROM pause p
        WHERE p.channel IN ('', d.channel) AND p.destination IN ('', d.destination)) THEN 'paused' ELSE state END AS state,
    control_id, attempts, ack_code, required, queued_at, sent_at, next_at, error, reason
FROM delivery d WHERE sequence = ANY($1::bigint[]) ORDER BY number

-- name: find_sequence
SELECT sequence FROM message WHERE id = $1

-- name: current_dossier
SELECT data FROM dossier WHERE sequence = $1 ORDER BY number + 0 DESC LIMIT 1 -- + 0: by the message, not by all numbers

-- name: outputs
SELECT o.stage, o.data FROM stage_output o
WHERE o.sequence = $1 AND o.number = (
    SELECT max(p.number) FROM stage_output p WHERE p.sequence = $1 AND p.stage = o.stage)
ORDER BY o.number

-- name: timeline
SELECT at, action, actor, detail FROM (
    SELECT 0 AS number, received_at AS at, 'accept' AS action, 'source:' || source AS actor, '{}' AS detail
    FROM message WHERE sequence = $1
    UNION ALL SELECT number, at, action, actor, detail FROM audit WHERE sequence = $1) entries
ORDER BY number

-- name: metadata
SELECT sequence, name, value FROM meta
WHERE sequence = ANY($1::bigint[]) AND name NOT LIKE 'reason:%' ORDER BY sequence, name

-- name: raw
SELECT b.raw, b.raw_blob FROM message m JOIN body b ON b.sequence = m.sequence WHERE m.id = $1

-- name: ack
SELECT b.ack, b.ack_blob FROM message m JOIN body b ON b.sequence = m.sequence WHERE m.id = $1

-- name: payload
SELECT b.body, b.body_blob FROM delivery d JOIN delivery_body b ON b.number = d.number WHERE d.id = $1

-- name: answer
SELECT b.answer, b.answer_blob FROM delivery d JOIN delivery_body b ON b.number = d.number WHERE d.id = $1

-- name: fingerprint_owners
SELECT a.place, f.kind, f.value, m.id, m.state, f.detail, m.channel
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY a (kind, value, last, place)
    JOIN fingerprint f ON f.kind = a.kind AND f.value >= a.value AND f.value <= a.last
    JOIN message m ON m.sequence = f.sequence
ORDER BY a.place, f.value

-- name: review_number
SELECT number FROM review WHERE id = $1

-- name: reviews
SELECT r.id, m.id AS message_id, r.channel, r.state, r.reasons, r.opened_at
FROM review r JOIN message m ON m.sequence = r.sequence
WHERE r.number < $1 AND $3 IN ('', r.channel) AND $4 IN ('', r.state) ORDER BY r.number DESC LIMIT $2

-- name: open_reviews
SELECT count(*), min(opened_at) FROM review WHERE state = 'open'

-- name: fold_tallies
WITH gone AS (
    DELETE FROM tally_change WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM tally_change LIMIT 50000 FOR UPDATE SKIP LOCKED))
    RETURNING channel, destination, state, amount)
INSERT INTO tally (channel, destination, state, amount)
SELECT channel, destination, state, sum(amount) FROM gone
GROUP BY channel, destination, state ORDER BY channel, destination, state -- always in this order: no two nodes wait for each other
ON CONFLICT (channel, destination, state) DO UPDATE SET amount = tally.amount + excluded.amount

-- name: tallies
SELECT channel, destination, state, sum(amount)::bigint FROM (
    SELECT channel, destination, state, amount FROM tally
    UNION ALL SELECT channel, destination, state, amount FROM tally_change) counted
GROUP BY channel, destination, state HAVING sum(amount) <> 0

-- name: lane_head
SELECT queued_at, error FROM delivery WHERE channel = $1 AND destination = $2 AND state = 'queued'
ORDER BY sequence, number LIMIT 1

-- name: nodes_seen
SELECT name, started_at, seen_at, release, age < $2::float8 AS is_alive,
    (SELECT count(*) FROM okey k WHERE k.owner = n.owner) + (SELECT count(*) FROM lane l WHERE l.owner = n.owner)
        + (SELECT count(*) FROM role r WHERE r.owner = n.owner) AS leases
FROM (SELECT *, extract(epoch FROM clock_timestamp() - seen_at) AS age FROM node) n
ORDER BY owner <> $1, name, seen_at DESC
