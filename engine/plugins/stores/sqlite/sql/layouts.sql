-- name: layouts_of_sender
SELECT sender, lab, form, state, documents, first_at, message_id, decided_by FROM layout WHERE sender = ?
ORDER BY first_at, id

-- name: all_layouts
SELECT sender, lab, form, state, documents, first_at, message_id, decided_by FROM layout ORDER BY first_at, id

-- name: see_layout
INSERT INTO layout (id, sender, lab, form, state, documents, first_at, message_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET documents = documents + excluded.documents,
    state = CASE state WHEN 'seen' THEN excluded.state ELSE state END

-- name: confirm_layout
UPDATE layout SET state = 'confirmed', decided_by = ? WHERE id = ? RETURNING id

-- name: forget_layout
DELETE FROM layout WHERE id = ? RETURNING id
