-- name: lease_lane
INSERT INTO lane (channel, destination, owner, epoch) VALUES (?, ?, ?, ?)
ON CONFLICT (channel, destination) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch
WHERE owner IS NULL OR owner = excluded.owner -- its own former lease: the holder lost sight of it
RETURNING epoch

-- name: lane_holder
SELECT owner, epoch FROM lane WHERE channel = ? AND destination = ?

-- name: free_lane
UPDATE lane SET owner = NULL WHERE channel = ? AND destination = ? AND owner = ? AND epoch = ?

-- name: urgent_deliveries
WITH urgent (ordering_key, last) AS MATERIALIZED (
    SELECT ordering_key, max(sequence) FROM delivery INDEXED BY delivery_urgent
    WHERE channel = ?1 AND destination = ?2 AND state = 'queued' AND priority < 5 GROUP BY ordering_key)
SELECT json_group_array(number) FROM (SELECT d.number FROM urgent u CROSS JOIN delivery d INDEXED BY delivery_key
    ON d.channel = ?1 AND d.destination = ?2 AND d.ordering_key = u.ordering_key AND d.sequence <= u.last
WHERE d.state = 'queued' AND (d.next_at IS NULL OR d.next_at <= ?3)
    AND NOT EXISTS (SELECT 1 FROM delivery h INDEXED BY delivery_waiting_key
        WHERE h.channel = ?1 AND h.destination = ?2 AND h.ordering_key = d.ordering_key AND h.state = 'queued'
            AND h.next_at IS NOT NULL AND h.next_at > ?3
            AND (h.sequence < d.sequence OR (h.sequence = d.sequence AND h.number < d.number)))
    AND NOT EXISTS (SELECT 1 FROM delivery p INDEXED BY delivery_holding
        WHERE p.channel = ?1 AND p.destination = ?2 AND p.ordering_key = d.ordering_key AND p.state = 'parked'
            AND p.holds_key = 1 AND p.sequence <= d.sequence)
ORDER BY d.sequence, d.number LIMIT ?4)

-- name: queued_deliveries
SELECT json_group_array(number) FROM (SELECT d.number FROM delivery d INDEXED BY delivery_lane
WHERE d.channel = ?1 AND d.destination = ?2 AND d.state = 'queued'
    AND (d.next_at IS NULL OR d.next_at <= ?3)
    AND NOT EXISTS (SELECT 1 FROM delivery h INDEXED BY delivery_waiting_key
        WHERE h.channel = ?1 AND h.destination = ?2 AND h.ordering_key = d.ordering_key AND h.state = 'queued'
            AND h.next_at IS NOT NULL AND h.next_at > ?3
            AND (h.sequence < d.sequence OR (h.sequence = d.sequence AND h.number < d.number)))
    AND NOT EXISTS (SELECT 1 FROM delivery p INDEXED BY delivery_holding
        WHERE p.channel = ?1 AND p.destination = ?2 AND p.ordering_key = d.ordering_key AND p.state = 'parked'
            AND p.holds_key = 1 AND p.sequence <= d.sequence)
ORDER BY d.sequence, d.number LIMIT ?4)

-- name: chosen_deliveries
SELECT d.id, m.id, d.sequence, d.ordering_key, d.control_id, d.media_type, d.attempts, d.rejects, d.queued_at, b.body,
    m.size_bytes -- a payload is about as long as the message it was made of
FROM json_each(?) chosen CROSS JOIN delivery d ON d.number = chosen.value
    CROSS JOIN message m ON m.sequence = d.sequence CROSS JOIN delivery_body b ON b.number = d.number
ORDER BY chosen.key

-- name: next_due
SELECT min(next_at) FROM delivery
WHERE channel = ? AND destination = ? AND state = 'queued' AND next_at IS NOT NULL AND next_at > ?

-- name: is_paused
SELECT 1 FROM pause WHERE (channel, destination) IN (VALUES ('', ''), (?1, ''), (?1, ?2)) LIMIT 1

-- name: lane_holders
WITH asked (channel, destination) AS (VALUES (?, ?))
SELECT l.channel, l.destination, l.owner, l.epoch
FROM asked a CROSS JOIN lane l ON l.channel = a.channel AND l.destination = a.destination

-- name: find_deliveries
WITH asked (channel, destination, id) AS (VALUES (?, ?, ?))
SELECT json_group_array(json_array(d.channel, d.destination, d.id, d.number, d.sequence, d.state))
FROM asked a CROSS JOIN delivery d ON d.id = a.id AND d.channel = a.channel AND d.destination = a.destination

-- name: record_try
WITH new (state, tries, refusals, ack_code, sent_at, next_at, reason, error, holds_key, number) AS (
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?))
UPDATE delivery SET state = n.state, attempts = attempts + n.tries, rejects = rejects + n.refusals,
    ack_code = coalesce(nullif(n.ack_code, ''), delivery.ack_code), sent_at = coalesce(n.sent_at, delivery.sent_at),
    next_at = n.next_at, reason = coalesce(n.reason, delivery.reason), error = n.error, holds_key = n.holds_key
FROM new n WHERE delivery.number = n.number

-- name: put_answer
WITH new (answer, number) AS (VALUES (?, ?))
UPDATE delivery_body SET answer = n.answer FROM new n WHERE delivery_body.number = n.number
