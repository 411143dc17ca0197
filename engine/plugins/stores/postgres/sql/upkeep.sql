-- name: broken_indexes
SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
WHERE NOT (i.indisvalid AND i.indisready) AND t.relnamespace = current_schema()::regnamespace ORDER BY c.relname

-- name: count_damaged_pages
SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()

-- name: count_lost_work
-- Unfinished messages that nothing will ever work on, and work of no message or no key.
SELECT
    (SELECT count(*) FROM message m WHERE m.state IN ('received', 'processing')
        AND NOT EXISTS (SELECT 1 FROM work w WHERE w.sequence = m.sequence)),
    (SELECT count(*) FROM work w WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.sequence = w.sequence)
        OR NOT EXISTS (SELECT 1 FROM okey k WHERE k.id = w.key_id)),
    (SELECT count(*) FROM delivery d WHERE d.state IN ('queued', 'parked')
        AND NOT EXISTS (SELECT 1 FROM delivery_body b WHERE b.number = d.number))

-- name: named_blobs
SELECT DISTINCT sha256 FROM (
    SELECT raw_blob AS sha256 FROM body UNION ALL SELECT ack_blob FROM body
    UNION ALL SELECT body_blob FROM delivery_body UNION ALL SELECT answer_blob FROM delivery_body
    UNION ALL SELECT data_blob FROM fragment) named
WHERE sha256 IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM blob b WHERE b.sha256 = named.sha256
        AND b.size_bytes = (SELECT sum(length(c.data)) FROM blob_chunk c WHERE c.sha256 = b.sha256))

-- name: wrong_tallies
SELECT count(*) FROM (
    SELECT channel, destination, state, amount FROM tally
    UNION ALL SELECT channel, destination, state, amount FROM tally_change
    UNION ALL SELECT channel, '', state, -count(*) FROM message GROUP BY channel, state
    UNION ALL SELECT channel, destination, state, -count(*) FROM delivery GROUP BY channel, destination, state) counted
GROUP BY channel, destination, state HAVING sum(amount) <> 0
