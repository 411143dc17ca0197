-- name: find_known
SELECT DISTINCT m.control_id, m.dedupe_sender FROM unnest($1::text[], $2::text[]) a (control_id, sender)
JOIN message m ON m.control_id = a.control_id AND m.dedupe_sender = a.sender

-- name: find_same_control_id
SELECT 1 FROM message WHERE control_id = $1 AND dedupe_sender = $2 AND received_at >= $3 LIMIT 1

-- name: find_same_content
SELECT m.sequence, m.id, m.received_at, b.ack, b.ack_blob FROM message m JOIN body b ON b.sequence = m.sequence
WHERE m.control_id = $1 AND m.dedupe_sender = $2 AND m.sha256 = $3

-- name: forget_retransmission
UPDATE message SET dedupe_sender = NULL WHERE sequence = $1

-- name: take_numbers
SELECT nextval(pg_get_serial_sequence('message', 'sequence')) FROM generate_series(1, $1::int)

-- name: add_messages
INSERT INTO message (sequence, id, channel, source, ordering_key, priority, received_at, control_id, dedupe_sender, sha256,
    kind, message_type, peer, file_name, batch_id, size_bytes, state, reasons)
SELECT sequence, id, channel, source, ordering_key, priority, received_at, control_id, dedupe_sender, sha256, kind,
    message_type, peer, file_name, batch_id, size_bytes, 'received', reasons
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bigint[], $8::text[], $9::text[],
    $10::bytea[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bigint[], $17::text[])
    a (sequence, id, channel, source, ordering_key, priority, received_at, control_id, dedupe_sender, sha256, kind,
    message_type, peer, file_name, batch_id, size_bytes, reasons)

-- name: add_bodies
INSERT INTO body (sequence, raw, raw_blob, ack, ack_blob)
SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::bytea[], $5::text[])

-- name: add_keys
INSERT INTO okey (channel, ordering_key, priority, head)
SELECT a.channel, a.ordering_key, min(a.priority), min(a.head)
FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) a (channel, ordering_key, priority, head)
GROUP BY a.channel, a.ordering_key ORDER BY a.channel, a.ordering_key -- always in this order: no two nodes wait for each other
ON CONFLICT (channel, ordering_key) DO UPDATE
SET priority = least(okey.priority, excluded.priority), head = least(okey.head, excluded.head)

-- name: add_work
INSERT INTO work (key_id, sequence, priority, stage)
SELECT k.id, a.sequence, a.priority, a.stage
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::text[]) a (channel, ordering_key, sequence, priority, stage)
JOIN okey k ON k.channel = a.channel AND k.ordering_key = a.ordering_key

-- name: add_fragment
INSERT INTO fragment (source, peer, received_at, reason, size_bytes, data, data_blob) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: add_audit
INSERT INTO audit (sequence, at, action, actor, detail)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])

-- name: add_tallies
INSERT INTO tally_change (channel, destination, state, amount)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
