-- name: layouts_of_sender
SELECT sender, lab, form, state, documents, first_at, message_id, decided_by FROM layout WHERE sender = $1
ORDER BY first_at, id

-- name: all_layouts
SELECT sender, lab, form, state, documents, first_at, message_id, decided_by FROM layout ORDER BY first_at, id

-- name: see_layout
INSERT INTO layout (id, sender, lab, form, state, documents, first_at, message_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET documents = layout.documents + excluded.documents,
    state = CASE layout.state WHEN 'seen' THEN excluded.state ELSE layout.state END

-- name: confirm_layout
UPDATE layout SET state = 'confirmed', decided_by = $1 WHERE id = $2 RETURNING id

-- name: forget_layout
DELETE FROM layout WHERE id = $1 RETURNING id
