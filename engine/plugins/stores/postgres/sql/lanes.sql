-- name: lease_lane
INSERT INTO lane (channel, destination, owner, epoch, lease_until)
VALUES ($1, $2, $3, nextval('lease_epoch'), clock_timestamp() + make_interval(secs => $4::float8))
ON CONFLICT (channel, destination) DO UPDATE
SET owner = excluded.owner, epoch = excluded.epoch, lease_until = excluded.lease_until
WHERE lane.owner IS NULL OR lane.owner = excluded.owner -- its own former lease: the holder lost sight of it
    OR lane.lease_until < clock_timestamp()
RETURNING epoch

-- name: look_at_lane
SELECT coalesce($5::bigint, database_time()),
    EXISTS (SELECT 1 FROM pause WHERE channel IN ('', $1) AND destination IN ('', $2))
FROM lane WHERE channel = $1 AND destination = $2 AND owner = $3 AND epoch = $4

-- name: lock_lanes
SELECT l.channel, l.destination, l.owner, l.epoch
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) a (channel, destination, owner, epoch)
JOIN lane l ON l.channel = a.channel AND l.destination = a.destination AND l.owner = a.owner AND l.epoch = a.epoch
ORDER BY l.channel, l.destination FOR UPDATE OF l

-- name: free_lane
UPDATE lane SET owner = NULL, lease_until = NULL WHERE channel = $1 AND destination = $2 AND owner = $3 AND epoch = $4

-- name: is_paused
SELECT 1 FROM pause WHERE channel IN ('', $1) AND destination IN ('', $2) LIMIT 1

-- name: urgent_deliveries
WITH urgent AS MATERIALIZED (
    SELECT ordering_key, max(sequence) AS last FROM delivery
    WHERE channel = $1 AND destination = $2 AND state = 'queued' AND priority < 5 GROUP BY ordering_key)
SELECT d.number FROM urgent u JOIN delivery d
    ON d.channel = $1 AND d.destination = $2 AND d.ordering_key = u.ordering_key AND d.sequence <= u.last
WHERE d.state = 'queued' AND (d.next_at IS NULL OR d.next_at <= $3)
    AND NOT EXISTS (SELECT 1 FROM delivery h
        WHERE h.channel = $1 AND h.destination = $2 AND h.ordering_key = d.ordering_key AND h.state = 'queued'
            AND h.next_at IS NOT NULL AND h.next_at > $3
            AND (h.sequence < d.sequence OR (h.sequence = d.sequence AND h.number < d.number)))
    AND NOT EXISTS (SELECT 1 FROM delivery p
        WHERE p.channel = $1 AND p.destination = $2 AND p.ordering_key = d.ordering_key AND p.state = 'parked'
            AND p.holds_key AND p.sequence <= d.sequence)
ORDER BY d.sequence, d.number LIMIT $4

-- name: queued_deliveries
SELECT d.number FROM delivery d
WHERE d.channel = $1 AND d.destination = $2 AND d.state = 'queued' AND (d.next_at IS NULL OR d.next_at <= $3)
    AND NOT EXISTS (SELECT 1 FROM delivery h
        WHERE h.channel = $1 AND h.destination = $2 AND h.ordering_key = d.ordering_key AND h.state = 'queued'
            AND h.next_at IS NOT NULL AND h.next_at > $3
            AND (h.sequence < d.sequence OR (h.sequence = d.sequence AND h.number < d.number)))
    AND NOT EXISTS (SELECT 1 FROM delivery p
        WHERE p.channel = $1 AND p.destination = $2 AND p.ordering_key = d.ordering_key AND p.state = 'parked'
            AND p.holds_key AND p.sequence <= d.sequence)
ORDER BY d.sequence, d.number LIMIT $4

-- name: chosen_deliveries
SELECT d.id, m.id AS message_id, d.sequence, d.ordering_key, d.control_id, d.media_type, d.attempts, d.rejects,
    d.queued_at, b.body, b.body_blob, m.size_bytes
FROM unnest($1::bigint[]) WITH ORDINALITY c (number, place) JOIN delivery d ON d.number = c.number
    JOIN message m ON m.sequence = d.sequence JOIN delivery_body b ON b.number = d.number
ORDER BY c.place

-- name: next_due
SELECT min(d.next_at) - t.now
FROM (SELECT coalesce($3::bigint, database_time()) AS now) t JOIN delivery d ON d.next_at > t.now
WHERE d.channel = $1 AND d.destination = $2 AND d.state = 'queued' AND d.next_at IS NOT NULL
GROUP BY t.now

-- name: find_deliveries
SELECT d.channel, d.destination, d.id, d.number, d.sequence
FROM unnest($1::text[], $2::text[], $3::text[]) a (channel, destination, id)
JOIN delivery d ON d.id = a.id AND d.channel = a.channel AND d.destination = a.destination

-- name: lock_deliveries
SELECT number, state FROM delivery WHERE number = ANY($1::bigint[]) ORDER BY number FOR UPDATE

-- name: record_try
UPDATE delivery d SET state = a.state, attempts = d.attempts + a.sent, rejects = d.rejects + a.rejected,
    ack_code = coalesce(nullif(a.ack_code, ''), d.ack_code), sent_at = coalesce(a.sent_at, d.sent_at),
    next_at = coalesce(a.told, database_time()) + a.wait, reason = coalesce(a.reason, d.reason), error = a.error,
    holds_key = a.holds_key
FROM unnest($1::bigint[], $2::text[], $3::int[], $4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::text[],
        $9::text[], $10::bool[], $11::bigint[])
    a (number, state, sent, rejected, ack_code, sent_at, wait, reason, error, holds_key, told)
WHERE d.number = a.number

-- name: put_answer
UPDATE delivery_body d SET answer = a.answer, answer_blob = a.answer_blob
FROM unnest($1::bigint[], $2::bytea[], $3::text[]) a (number, answer, answer_blob) WHERE d.number = a.number

-- name: note_reason
INSERT INTO meta (sequence, name, value)
SELECT sequence, 'reason:' || code, code FROM unnest($1::bigint[], $2::text[]) a (sequence, code)
ON CONFLICT (sequence, name) DO NOTHING
