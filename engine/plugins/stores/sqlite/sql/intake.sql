-- name: last_message
SELECT max(coalesce((SELECT max(sequence) FROM message), 0), coalesce((SELECT max(sequence) FROM audit), 0))

-- name: find_known
WITH asked (control_id, sender) AS (VALUES (?, ?))
SELECT DISTINCT a.control_id, a.sender FROM asked a CROSS JOIN message m
ON m.control_id = a.control_id AND m.dedupe_sender = a.sender

-- name: find_same_control_id
SELECT 1 FROM message WHERE control_id = ? AND dedupe_sender = ? AND received_at >= ? LIMIT 1

-- name: find_same_content
SELECT m.sequence, m.id, m.received_at, b.ack FROM message m JOIN body b ON b.sequence = m.sequence
WHERE m.control_id = ? AND m.dedupe_sender = ? AND m.sha256 = ?

-- name: forget_retransmission
UPDATE message SET dedupe_sender = NULL WHERE sequence = ?

-- name: add_message
INSERT INTO message (sequence, id, channel, source, ordering_key, priority, received_at, control_id, dedupe_sender, sha256,
    kind, message_type, peer, file_name, batch_id, size_bytes, state, reasons)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', ?)

-- name: add_body
INSERT INTO body (sequence, raw, ack) VALUES (?, ?, ?)

-- name: add_key
INSERT INTO okey (channel, ordering_key, priority, head) VALUES (?, ?, ?, ?)
ON CONFLICT (channel, ordering_key) DO UPDATE
SET priority = min(priority, excluded.priority), head = min(head, excluded.head)
WHERE excluded.priority < priority OR excluded.head < head

-- name: add_work
WITH new (channel, ordering_key, sequence, priority, stage) AS (VALUES (?, ?, ?, ?, ?))
INSERT INTO work (key_id, sequence, priority, stage)
SELECT k.id, n.sequence, n.priority, n.stage
FROM new n CROSS JOIN okey k ON k.channel = n.channel AND k.ordering_key = n.ordering_key

-- name: add_fragment
INSERT INTO fragment (source, peer, received_at, reason, size_bytes, data) VALUES (?, ?, ?, ?, ?, ?)
