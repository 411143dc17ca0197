-- The forms in which each sending laboratory prints its reports.
CREATE TABLE layout (
    id         TEXT PRIMARY KEY,
    sender     TEXT NOT NULL,
    lab        TEXT NOT NULL,
    form       TEXT NOT NULL,
    state      TEXT NOT NULL,
    documents  INTEGER NOT NULL,
    first_at   INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    decided_by TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX layout_sender ON layout (sender, first_at);
