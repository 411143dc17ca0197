-- name: enter_blob
INSERT INTO blob (sha256, size_bytes, written_at) VALUES ($1, $2, $3)
ON CONFLICT (sha256) DO UPDATE SET written_at = greatest(blob.written_at, excluded.written_at)
RETURNING xmax = 0 -- whether the row is new

-- name: add_chunk
INSERT INTO blob_chunk (sha256, number, data) VALUES ($1, $2, $3)

-- name: blob_chunks
SELECT data FROM blob_chunk WHERE sha256 = $1 ORDER BY number
