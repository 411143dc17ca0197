-- name: find_sequences
SELECT sequence FROM message WHERE id = ANY($1::text[])

-- name: lock_unsent_of
SELECT a.id AS message_id, a.channel, a.destination, d.number, d.id, d.sequence, d.ordering_key, d.state, d.reason
FROM unnest($1::text[], $2::text[], $3::text[]) a (id, channel, destination)
JOIN message m ON m.id = a.id JOIN delivery d ON d.sequence = m.sequence
WHERE d.channel = a.channel AND d.destination = a.destination AND d.state IN ('queued', 'parked')
ORDER BY d.number FOR UPDATE OF d

-- name: overtake
UPDATE delivery d SET state = a.state, reason = a.reason, next_at = NULL,
    holds_key = holds_key AND a.state = 'parked'
FROM unnest($1::bigint[], $2::text[], $3::text[]) a (number, state, reason) WHERE d.number = a.number

-- name: newer_sent
SELECT t.value FROM delivery d
JOIN meta t ON t.sequence = d.sequence AND t.name LIKE 'newer:%'
LEFT JOIN message m ON m.id = t.value
WHERE d.number = $1 AND d.state = 'parked' AND (m.id IS NULL OR EXISTS (SELECT 1 FROM delivery n
    WHERE n.sequence = m.sequence AND n.channel = d.channel AND n.destination = d.destination
        AND (n.state IN ('sending', 'sent') OR (n.state = 'queued' AND NOT (d.holds_key
            AND n.ordering_key = d.ordering_key AND n.sequence > d.sequence)))))
ORDER BY t.value DESC LIMIT 1
