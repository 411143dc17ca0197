-- name: prunable_messages
-- Only what reached its end, has nothing left to send and is asked for by nobody.
SELECT m.sequence FROM message m
WHERE m.received_at < $1 AND $2 IN ('', m.channel) AND m.state IN ('delivered', 'duplicate', 'filtered', 'withdrawn')
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.sequence = m.sequence AND d.state IN ('queued', 'sending', 'parked'))
    AND NOT EXISTS (SELECT 1 FROM review r WHERE r.sequence = m.sequence AND r.state = 'open')
ORDER BY m.received_at LIMIT $3 FOR UPDATE OF m SKIP LOCKED

-- name: prunable_bodies
SELECT m.sequence FROM body b JOIN message m ON m.sequence = b.sequence
WHERE b.sequence < $4 AND m.received_at < $1 AND $2 IN ('', m.channel)
    AND (b.raw IS NOT NULL OR b.raw_blob IS NOT NULL OR m.received_at < $5)
    AND m.state IN ('delivered', 'duplicate', 'filtered', 'withdrawn')
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.sequence = m.sequence AND d.state IN ('queued', 'sending', 'parked'))
    AND NOT EXISTS (SELECT 1 FROM review r WHERE r.sequence = m.sequence AND r.state = 'open')
ORDER BY b.sequence LIMIT $3 FOR UPDATE OF m SKIP LOCKED

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

-- name: prune_fragments
DELETE FROM fragment WHERE number IN (SELECT number FROM fragment WHERE received_at < $1 ORDER BY number LIMIT $2)
RETURNING number

-- name: prune_audit
DELETE FROM audit WHERE number IN (
    SELECT a.number FROM audit a
    WHERE a.at < $1 AND a.sequence IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM message m WHERE m.sequence = a.sequence)
    ORDER BY a.number LIMIT $2)
RETURNING number

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
