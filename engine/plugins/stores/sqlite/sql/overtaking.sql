-- name: unsent_of
WITH asked (id, channel, destination) AS (VALUES (?, ?, ?))
SELECT a.id, a.channel, a.destination, d.number, d.id, d.sequence, d.ordering_key, d.state, d.reason
FROM asked a CROSS JOIN message m ON m.id = a.id CROSS JOIN delivery d ON d.sequence = m.sequence
WHERE d.channel = a.channel AND d.destination = a.destination AND d.state IN ('queued', 'parked')

-- name: overtake
WITH new (state, reason, number) AS (VALUES (?, ?, ?))
UPDATE delivery SET state = n.state, reason = n.reason, next_at = NULL
FROM new n WHERE delivery.number = n.number

-- name: newer_sent
SELECT t.value FROM delivery d CROSS JOIN meta t
    ON t.sequence = d.sequence AND t.name >= 'newer:' AND t.name < 'newer;'
LEFT JOIN message m ON m.id = t.value
WHERE d.id = ? AND d.state = 'parked' AND (m.id IS NULL OR EXISTS (SELECT 1 FROM delivery n
    WHERE n.sequence = m.sequence AND n.channel = d.channel AND n.destination = d.destination
        AND (n.state IN ('sending', 'sent') OR (n.state = 'queued' AND NOT (d.holds_key = 1
            AND n.ordering_key = d.ordering_key AND n.sequence > d.sequence)))))
ORDER BY t.value DESC LIMIT 1
