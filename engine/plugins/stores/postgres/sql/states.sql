-- name: lock_message_rows
SELECT sequence FROM message WHERE sequence = ANY($1::bigint[]) ORDER BY sequence FOR UPDATE

-- name: find_standings
SELECT m.sequence, m.channel, m.state, m.is_final,
    EXISTS (SELECT 1 FROM review r WHERE r.sequence = m.sequence AND r.state = 'open'),
    ARRAY(SELECT d.state FROM delivery d WHERE d.sequence = m.sequence ORDER BY d.number),
    ARRAY(SELECT d.required FROM delivery d WHERE d.sequence = m.sequence ORDER BY d.number)
FROM message m WHERE m.sequence = ANY($1::bigint[])

-- name: settle_states
UPDATE message m SET state = a.state, is_final = FALSE
FROM unnest($1::bigint[], $2::text[]) a (sequence, state) WHERE m.sequence = a.sequence
