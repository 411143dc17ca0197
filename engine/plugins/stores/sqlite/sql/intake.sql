-- name: find_same_control_id
SELECT 1 FROM message WHERE control_id = ? AND dedupe_sender = ? AND received_at >= ? LIMIT 1

-- name: find_same_content
SELECT sequence, id, received_at FROM message WHERE control_id = ? AND dedupe_sender = ? AND sha256 = ?

-- name: forget_retransmission
UPDATE message SET dedupe_sender = NULL WHERE sequence = ?

-- name: find_ack
SELECT ack FROM body WHERE sequence = ?

-- name: add_message
INSERT INTO message (id, channel, source, ordering_key, priority, received_at, control_id, dedupe_sender, sha256,
    kind, message_type, peer, file_name, batch_id, size_bytes, state, reasons)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', ?)

-- name: add_body
INSERT INTO body (sequence, raw, ack) VALUES (?, ?, ?)

-- name: add_work
INSERT INTO work (key_id, sequence, priority, stage) VALUES (?, ?, ?, ?)

-- name: find_key
SELECT id, priority, head FROM okey WHERE channel = ? AND ordering_key = ?

-- name: add_key
INSERT INTO okey (channel, ordering_key, priority, head) VALUES (?, ?, ?, ?)

-- name: sort_key
UPDATE okey SET priority = ?, head = ? WHERE id = ?

-- name: add_fragment
INSERT INTO fragment (source, peer, received_at, reason, size_bytes, data) VALUES (?, ?, ?, ?, ?, ?)
