-- name: scan_bodies
-- Scans take after, rows, before, channel, end of the retransmission window; then say which rows may go. They ask row by
-- row (`LIMIT 1) IS NULL`): of an EXISTS beside the columns the planner makes a table of all there are.
SELECT b.sequence, m.received_at, m.received_at < $3 AND $4 IN ('', m.channel)
    AND (b.raw IS NOT NULL OR b.raw_blob IS NOT NULL OR m.received_at < $5)
    AND m.state IN ('delivered', 'duplicate', 'filtered', 'withdrawn')
    AND (SELECT 1 FROM delivery d
        WHERE d.sequence = m.sequence AND d.state IN ('queued', 'sending', 'parked') LIMIT 1) IS NULL
    AND (SELECT 1 FROM review r WHERE r.sequence = m.sequence AND r.state = 'open' LIMIT 1) IS NULL
FROM body b JOIN message m ON m.sequence = b.sequence WHERE b.sequence > $1 ORDER BY b.sequence LIMIT $2

-- name: scan_messages
-- Only rows that are at their end are looked at, by the index of states: compared as it is sorted, so that no other serves.
SELECT m.sequence, m.received_at, m.received_at < least($3::bigint, $5::bigint)
    AND (SELECT 1 FROM delivery d
        WHERE d.sequence = m.sequence AND d.state IN ('queued', 'sending', 'parked') LIMIT 1) IS NULL
    AND (SELECT 1 FROM review r WHERE r.sequence = m.sequence AND r.state = 'open' LIMIT 1) IS NULL
FROM (SELECT t.channel FROM tally t WHERE t.destination = '' AND $4 = '' GROUP BY t.channel
    UNION SELECT t.channel FROM tally_change t WHERE t.destination = '' AND $4 = ''
    UNION SELECT $4 WHERE $4 <> '') c (channel)
CROSS JOIN unnest(ARRAY['delivered', 'duplicate', 'filtered', 'withdrawn']) s (state)
CROSS JOIN LATERAL (SELECT x.sequence, x.received_at FROM message x
    WHERE (x.channel, x.state, x.sequence) > (c.channel, s.state, $1::bigint)
        AND (x.channel, x.state, x.sequence) <= (c.channel, s.state, 9223372036854775807)
    ORDER BY x.channel, x.state, x.sequence LIMIT $2) m
ORDER BY m.sequence LIMIT $2

-- name: scan_fragments
SELECT number, received_at, received_at < $3 AND $4 = '' AND $5::bigint = $5
FROM fragment WHERE number > $1 ORDER BY number LIMIT $2

-- name: scan_audit
SELECT a.number, a.at, a.at < $3 AND $4 = '' AND $5::bigint = $5 AND a.sequence IS NOT NULL
    AND (SELECT 1 FROM message m WHERE m.sequence = a.sequence) IS NULL
FROM audit a WHERE a.number > $1 ORDER BY a.number LIMIT $2

-- name: lock_prunable
-- A message that someone works on just now is passed over.
SELECT sequence FROM message WHERE sequence = ANY($1::bigint[]) ORDER BY sequence FOR UPDATE SKIP LOCKED

-- name: still_prunable
-- Asked again once the rows are locked: a replay or a new delivery may have come before the lock.
SELECT m.sequence, m.received_at FROM message m
WHERE m.sequence = ANY($1::bigint[]) AND m.state IN ('delivered', 'duplicate', 'filtered', 'withdrawn')
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.sequence = m.sequence AND d.state IN ('queued', 'sending', 'parked'))
    AND NOT EXISTS (SELECT 1 FROM review r WHERE r.sequence = m.sequence AND r.state = 'open')

-- name: empty_bodies
UPDATE body SET raw = NULL, raw_blob = NULL
WHERE sequence = ANY($1::bigint[]) -- the first answer stays for who asks again

-- name: forget_retransmissions
UPDATE message SET dedupe_sender = NULL WHERE sequence = ANY($1::bigint[]) AND dedupe_sender IS NOT NULL

-- name: drop_bodies
DELETE FROM body WHERE sequence = ANY($1::bigint[])

-- name: drop_delivery_bodies
DELETE FROM delivery_body WHERE number IN (SELECT number FROM delivery WHERE sequence = ANY($1::bigint[]))

-- name: drop_outputs
DELETE FROM stage_output WHERE sequence = ANY($1::bigint[])

-- name: drop_dossiers
DELETE FROM dossier WHERE sequence = ANY($1::bigint[])

-- name: drop_metadata
DELETE FROM meta WHERE sequence = ANY($1::bigint[])

-- name: drop_fingerprints
DELETE FROM fingerprint WHERE sequence = ANY($1::bigint[])

-- name: drop_reviews
DELETE FROM review WHERE sequence = ANY($1::bigint[])

-- name: drop_deliveries
DELETE FROM delivery WHERE sequence = ANY($1::bigint[])

-- name: drop_messages
DELETE FROM message WHERE sequence = ANY($1::bigint[])

-- name: drop_fragments
DELETE FROM fragment WHERE number = ANY($1::bigint[])

-- name: drop_audit
DELETE FROM audit WHERE number = ANY($1::bigint[])

-- name: sweep_chunks
-- A blob that was put again meanwhile is newer by then, and stays.
DELETE FROM blob WHERE written_at < $1 AND sha256 IN (
    SELECT b.sha256 FROM blob b WHERE b.written_at < $1
        AND NOT EXISTS (SELECT 1 FROM body x WHERE x.raw_blob = b.sha256)
        AND NOT EXISTS (SELECT 1 FROM body x WHERE x.ack_blob = b.sha256)
        AND NOT EXISTS (SELECT 1 FROM delivery_body x WHERE x.body_blob = b.sha256)
        AND NOT EXISTS (SELECT 1 FROM delivery_body x WHERE x.answer_blob = b.sha256)
        AND NOT EXISTS (SELECT 1 FROM fragment x WHERE x.data_blob = b.sha256)
    LIMIT $2)
RETURNING size_bytes

-- name: unnamed_blobs
SELECT a.sha256 FROM unnest($1::text[]) a (sha256)
WHERE NOT EXISTS (SELECT 1 FROM body x WHERE x.raw_blob = a.sha256)
    AND NOT EXISTS (SELECT 1 FROM body x WHERE x.ack_blob = a.sha256)
    AND NOT EXISTS (SELECT 1 FROM delivery_body x WHERE x.body_blob = a.sha256)
    AND NOT EXISTS (SELECT 1 FROM delivery_body x WHERE x.answer_blob = a.sha256)
    AND NOT EXISTS (SELECT 1 FROM fragment x WHERE x.data_blob = a.sha256)
