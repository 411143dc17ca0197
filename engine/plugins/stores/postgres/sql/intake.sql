-- name: find_known
SELECT a.number, s.sequence, s.id, s.received_at, b.ack, b.ack_blob,
    EXISTS (SELECT 1 FROM message r WHERE left(r.control_id, 200) = left(a.control_id, 200)
        AND r.control_id = a.control_id AND r.dedupe_sender = a.sender AND r.received_at >= a.since)
FROM unnest($1::int[], $2::text[], $3::text[], $4::bytea[], $5::bigint[]) a (number, control_id, sender, digest, since)
LEFT JOIN message s ON left(s.control_id, 200) = left(a.control_id, 200) AND s.dedupe_sender = a.sender
    AND s.sha256 = a.digest
LEFT JOIN body b ON b.sequence = s.sequence

-- name: forget_retransmission
UPDATE message SET dedupe_sender = NULL WHERE sequence = $1

-- name: lock_keys
INSERT INTO okey (channel, ordering_key, priority, head)
SELECT n.channel, n.ordering_key, n.priority, n.head FROM (
    SELECT a.channel, a.ordering_key, a.priority, nextval('message_sequence_seq') AS head
    FROM unnest($1::text[], $2::text[], $3::int[]) a (channel, ordering_key, priority)) n
ORDER BY n.channel, n.ordering_key
ON CONFLICT (channel, ordering_key) DO UPDATE SET priority = least(okey.priority, excluded.priority)
RETURNING channel, ordering_key, id

-- name: add_messages
WITH asked AS MATERIALIZED (
    SELECT nextval('message_sequence_seq') AS sequence, *
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::text[], $8::text[],
        $9::bytea[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bigint[], $16::text[],
        $17::bigint[], $18::bytea[], $19::text[], $20::bytea[], $21::text[])
    a (id, channel, source, ordering_key, priority, received_at, control_id, dedupe_sender,
        sha256, kind, message_type, peer, file_name, batch_id, size_bytes, reasons,
        key_id, raw, raw_blob, ack, ack_blob)),
added AS (
    INSERT INTO message (sequence, id, channel, source, ordering_key, priority, received_at, control_id, dedupe_sender,
        sha256, kind, message_type, peer, file_name, batch_id, size_bytes, state, reasons)
    SELECT sequence, id, channel, source, ordering_key, priority, received_at, control_id, dedupe_sender, sha256,
        kind, message_type, peer, file_name, batch_id, size_bytes, 'received', reasons FROM asked),
bodies AS (
    INSERT INTO body (sequence, raw, raw_blob, ack, ack_blob)
    SELECT sequence, raw, raw_blob, ack, ack_blob FROM asked),
queued AS (
    INSERT INTO work (key_id, sequence, priority, stage) SELECT key_id, sequence, priority, '' FROM asked)
SELECT id, sequence FROM asked

-- name: add_fragment
INSERT INTO fragment (source, peer, received_at, reason, size_bytes, data, data_blob) VALUES ($1, $2, $3, $4, $5, $6, $7)
