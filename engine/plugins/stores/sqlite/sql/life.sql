-- name: scan_bodies
-- Scans take after, rows, before, channel, end of the retransmission window; then say which rows may go.
SELECT b.sequence, m.received_at, m.received_at < ?3 AND ?4 IN ('', m.channel)
    AND (typeof(b.raw) <> 'integer' OR m.received_at < ?5)
    AND m.state IN ('delivered', 'duplicate', 'filtered', 'withdrawn')
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.sequence = m.sequence AND d.state IN ('queued', 'sending', 'parked'))
    AND NOT EXISTS (SELECT 1 FROM review r WHERE r.sequence = m.sequence AND r.state = 'open')
FROM body b CROSS JOIN message m ON m.sequence = b.sequence WHERE b.sequence > ?1 ORDER BY b.sequence LIMIT ?2

-- name: scan_messages
SELECT m.sequence, m.received_at, m.received_at < min(?3, ?5) AND ?4 IN ('', m.channel)
    AND m.state IN ('delivered', 'duplicate', 'filtered', 'withdrawn')
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.sequence = m.sequence AND d.state IN ('queued', 'sending', 'parked'))
    AND NOT EXISTS (SELECT 1 FROM review r WHERE r.sequence = m.sequence AND r.state = 'open')
FROM message m WHERE m.sequence > ?1 ORDER BY m.sequence LIMIT ?2

-- name: scan_fragments
SELECT number, received_at, received_at < ?3 AND ?4 = '' AND ?5 = ?5
FROM fragment WHERE number > ?1 ORDER BY number LIMIT ?2

-- name: scan_audit
SELECT a.number, a.at, a.at < ?3 AND ?4 = '' AND ?5 = ?5 AND a.sequence IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM message m WHERE m.sequence = a.sequence)
FROM audit a WHERE a.number > ?1 ORDER BY a.number LIMIT ?2

-- name: still_finished
SELECT m.sequence, m.channel, m.state, m.received_at
FROM json_each(?) j CROSS JOIN message m ON m.sequence = j.value
WHERE m.state IN ('delivered', 'duplicate', 'filtered', 'withdrawn')
    AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.sequence = m.sequence AND d.state IN ('queued', 'sending', 'parked'))
    AND NOT EXISTS (SELECT 1 FROM review r WHERE r.sequence = m.sequence AND r.state = 'open')

-- name: empty_bodies
UPDATE body SET raw = 0 WHERE sequence IN (SELECT value FROM json_each(?)) -- the first answer stays for who asks again

-- name: drop_bodies
DELETE FROM body WHERE sequence IN (SELECT value FROM json_each(?))

-- name: forget_retransmissions
UPDATE message SET dedupe_sender = NULL WHERE sequence IN (SELECT value FROM json_each(?)) AND dedupe_sender IS NOT NULL

-- name: drop_delivery_bodies
DELETE FROM delivery_body WHERE number IN (
    SELECT d.number FROM json_each(?) j CROSS JOIN delivery d ON d.sequence = j.value)

-- name: drop_outputs
DELETE FROM stage_output WHERE sequence IN (SELECT value FROM json_each(?))

-- name: drop_dossiers
DELETE FROM dossier WHERE sequence IN (SELECT value FROM json_each(?))

-- name: count_deliveries
SELECT d.channel, d.destination, d.state, count(*)
FROM json_each(?) j CROSS JOIN delivery d ON d.sequence = j.value GROUP BY d.channel, d.destination, d.state

-- name: drop_deliveries
DELETE FROM delivery WHERE sequence IN (SELECT value FROM json_each(?))

-- name: drop_reviews
DELETE FROM review WHERE sequence IN (SELECT value FROM json_each(?))

-- name: drop_metadata
DELETE FROM meta WHERE sequence IN (SELECT value FROM json_each(?))

-- name: drop_fingerprints
DELETE FROM fingerprint WHERE sequence IN (SELECT value FROM json_each(?))

-- name: drop_messages
DELETE FROM message WHERE sequence IN (SELECT value FROM json_each(?))

-- name: drop_fragments
DELETE FROM fragment WHERE number IN (SELECT value FROM json_each(?))

-- name: drop_audit
DELETE FROM audit WHERE number IN (SELECT value FROM json_each(?))

-- name: give_back_pages
PRAGMA incremental_vacuum(256)

-- name: unnamed_blobs
SELECT j.value FROM json_each(?) j
WHERE NOT EXISTS (SELECT 1 FROM body WHERE typeof(raw) = 'text' AND raw = j.value)
    AND NOT EXISTS (SELECT 1 FROM body WHERE typeof(ack) = 'text' AND ack = j.value)
    AND NOT EXISTS (SELECT 1 FROM delivery_body WHERE typeof(body) = 'text' AND body = j.value)
    AND NOT EXISTS (SELECT 1 FROM delivery_body WHERE typeof(answer) = 'text' AND answer = j.value)
    AND NOT EXISTS (SELECT 1 FROM fragment WHERE typeof(data) = 'text' AND data = j.value)

-- name: named_blobs
SELECT raw FROM body WHERE typeof(raw) = 'text'
UNION SELECT ack FROM body WHERE typeof(ack) = 'text'
UNION SELECT body FROM delivery_body WHERE typeof(body) = 'text'
UNION SELECT answer FROM delivery_body WHERE typeof(answer) = 'text'
UNION SELECT data FROM fragment WHERE typeof(data) = 'text'

-- name: count_leases
SELECT (SELECT count(*) FROM okey WHERE owner IS NOT NULL) + (SELECT count(*) FROM lane WHERE owner IS NOT NULL)

-- name: count_messages
SELECT count(*) FROM message

-- name: found_schema
SELECT coalesce(max(version), 0) FROM schema_version

-- name: has_schema
SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'

-- name: check_integrity
PRAGMA integrity_check(20)

-- name: stop_sending
INSERT OR IGNORE INTO pause (channel, destination) VALUES ('', '')

-- name: stray_rows
SELECT 'work', count(*) FROM work w WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.sequence = w.sequence)
UNION ALL SELECT 'work without its key', count(*) FROM work w WHERE NOT EXISTS (SELECT 1 FROM okey k WHERE k.id = w.key_id)
UNION ALL SELECT 'body', count(*) FROM body b WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.sequence = b.sequence)
UNION ALL SELECT 'delivery', count(*) FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.sequence = d.sequence)
UNION ALL SELECT 'review', count(*) FROM review r WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.sequence = r.sequence)
UNION ALL SELECT 'unfinished message without work', count(*) FROM message m
    WHERE m.state IN ('received', 'processing') AND m.sequence NOT IN (SELECT sequence FROM work)
UNION ALL SELECT 'unfinished message without body', count(*) FROM message m
    WHERE m.state IN ('received', 'processing') AND NOT EXISTS (SELECT 1 FROM body b WHERE b.sequence = m.sequence)
UNION ALL SELECT 'unsent delivery without body', count(*) FROM delivery d
    WHERE d.state IN ('queued', 'parked') AND NOT EXISTS (SELECT 1 FROM delivery_body b WHERE b.number = d.number)

-- name: tally_drift
WITH counted (channel, destination, state, amount) AS (
    SELECT channel, '', state, count(*) FROM message GROUP BY channel, state
    UNION ALL SELECT channel, destination, state, count(*) FROM delivery GROUP BY channel, destination, state)
SELECT c.channel, c.destination, c.state, c.amount, coalesce(t.amount, 0) FROM counted c
    LEFT JOIN tally t USING (channel, destination, state) WHERE c.amount <> coalesce(t.amount, 0)
UNION ALL SELECT t.channel, t.destination, t.state, 0, t.amount FROM tally t
    LEFT JOIN counted c USING (channel, destination, state) WHERE c.amount IS NULL AND t.amount <> 0

-- name: leave_log_mode
PRAGMA journal_mode = DELETE -- a backup is one file
