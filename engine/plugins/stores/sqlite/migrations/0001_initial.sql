-- Times are microseconds since 1970-01-01 UTC. A body column holds a BLOB (the bytes themselves) or a TEXT
-- (the hex SHA-256 under which the blob store has them).

CREATE TABLE engine_state (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- One row per message taken in. dedupe_sender is NULL where a retransmission cannot be told (no control id, no
-- sender) or is no longer looked for: NULLs never collide, so that the index below serves the retransmission check
-- and the search by control id at once.
CREATE TABLE message (
    sequence      INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    channel       TEXT    NOT NULL,
    source        TEXT    NOT NULL,
    ordering_key  TEXT    NOT NULL,
    priority      INTEGER NOT NULL,
    received_at   INTEGER NOT NULL,
    control_id    TEXT    NOT NULL,
    dedupe_sender TEXT,
    sha256        BLOB    NOT NULL,
    kind          TEXT    NOT NULL,
    message_type  TEXT    NOT NULL,
    peer          TEXT    NOT NULL,
    file_name     TEXT    NOT NULL,
    batch_id      TEXT    NOT NULL,
    size_bytes    INTEGER NOT NULL,
    state         TEXT    NOT NULL,
    is_final      INTEGER NOT NULL DEFAULT 0, -- the state was set by a stage, not computed from deliveries and reviews
    run_id        INTEGER NOT NULL DEFAULT 1,
    reasons       TEXT    NOT NULL,           -- JSON: known at acceptance
    findings      TEXT    NOT NULL DEFAULT '[]', -- JSON: reasons found by the stages of this run
    documents     TEXT    NOT NULL DEFAULT '[]',
    duplicate_of  TEXT,
    error         TEXT    NOT NULL DEFAULT '',
    UNIQUE (control_id, dedupe_sender, sha256)
);
-- The rowid (sequence) ends every index: each (channel, state) is a list in commit order.
CREATE INDEX message_state ON message (channel, state);

CREATE TABLE body (
    sequence INTEGER PRIMARY KEY,
    raw      NOT NULL,
    ack
);

-- Unfinished messages only (states received and processing), clustered in the order they are worked on. Key ids are
-- small and recent ones lie together: an insert by the key's text would touch a page of its own for each message.
CREATE TABLE work (
    key_id   INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    stage    TEXT    NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (key_id, sequence)
) WITHOUT ROWID;
CREATE INDEX work_urgent ON work (key_id, priority) WHERE priority < 5;

-- A row for each ordering key that has work; the lease, and what the claim sorts by.
CREATE TABLE okey (
    id           INTEGER PRIMARY KEY,
    channel      TEXT    NOT NULL,
    ordering_key TEXT    NOT NULL,
    priority     INTEGER NOT NULL,
    head         INTEGER NOT NULL,
    owner        TEXT,
    epoch        INTEGER NOT NULL DEFAULT 0,
    not_before   INTEGER,
    UNIQUE (channel, ordering_key)
);
CREATE INDEX okey_ready ON okey (priority, head) WHERE owner IS NULL AND not_before IS NULL;
CREATE INDEX okey_waiting ON okey (not_before) WHERE not_before IS NOT NULL;

CREATE TABLE dossier (
    number   INTEGER PRIMARY KEY, -- the highest of a message is the current one
    sequence INTEGER NOT NULL,
    stage    TEXT    NOT NULL,    -- the stage that was to run next; '$end' after the last
    data     TEXT    NOT NULL,
    UNIQUE (sequence, stage)
);

CREATE TABLE stage_output (
    number   INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    run_id   INTEGER NOT NULL,
    stage    TEXT    NOT NULL,
    data     TEXT    NOT NULL,
    UNIQUE (sequence, run_id, stage)
);

CREATE TABLE meta (
    sequence INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    PRIMARY KEY (sequence, name)
) WITHOUT ROWID;
CREATE INDEX meta_value ON meta (value, sequence);

CREATE TABLE fingerprint (
    kind     TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    sequence INTEGER NOT NULL,
    detail   TEXT    NOT NULL,
    PRIMARY KEY (kind, value)
) WITHOUT ROWID;

CREATE TABLE delivery (
    number          INTEGER PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    idempotency_key TEXT    NOT NULL UNIQUE,
    sequence        INTEGER NOT NULL,
    run_id          INTEGER NOT NULL, -- the last run of the message that wanted it
    channel         TEXT    NOT NULL,
    destination     TEXT    NOT NULL,
    ordering_key    TEXT    NOT NULL,
    priority        INTEGER NOT NULL,
    state           TEXT    NOT NULL,
    required        INTEGER NOT NULL,
    control_id      TEXT    NOT NULL,
    media_type      TEXT    NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    rejects         INTEGER NOT NULL DEFAULT 0,
    queued_at       INTEGER NOT NULL,
    sent_at         INTEGER,
    next_at         INTEGER,
    ack_code        TEXT,
    reason          TEXT    NOT NULL DEFAULT '[]',
    error           TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX delivery_message ON delivery (sequence);
-- The queue of a destination in commit order, and the same by ordering key.
CREATE INDEX delivery_lane ON delivery (channel, destination, sequence, number) WHERE state = 'queued';
CREATE INDEX delivery_key ON delivery (channel, destination, ordering_key, sequence, number) WHERE state = 'queued';
CREATE INDEX delivery_waiting_key ON delivery (channel, destination, ordering_key, sequence)
    WHERE state = 'queued' AND next_at IS NOT NULL;
CREATE INDEX delivery_waiting ON delivery (channel, destination, next_at)
    WHERE state = 'queued' AND next_at IS NOT NULL;
CREATE INDEX delivery_urgent ON delivery (channel, destination, ordering_key, sequence)
    WHERE state = 'queued' AND priority < 5;
CREATE INDEX delivery_interrupted ON delivery (state) WHERE state = 'sending';

CREATE TABLE delivery_body (
    number INTEGER PRIMARY KEY,
    body   NOT NULL,
    answer
);

CREATE TABLE lane (
    channel     TEXT NOT NULL,
    destination TEXT NOT NULL,
    owner       TEXT,
    epoch       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (channel, destination)
) WITHOUT ROWID;

CREATE TABLE review (
    number    INTEGER PRIMARY KEY,
    id        TEXT    NOT NULL UNIQUE,
    sequence  INTEGER NOT NULL,
    run_id    INTEGER NOT NULL,
    channel   TEXT    NOT NULL,
    state     TEXT    NOT NULL,
    reasons   TEXT    NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER
);
CREATE INDEX review_message ON review (sequence);
CREATE INDEX review_state ON review (state);

-- Append only. sequence is the message's; NULL for what is not about one message. That a message was accepted is what
-- its own row says.
CREATE TABLE audit (
    number   INTEGER PRIMARY KEY,
    sequence INTEGER,
    at       INTEGER NOT NULL,
    action   TEXT    NOT NULL,
    actor    TEXT    NOT NULL,
    detail   TEXT    NOT NULL
);
CREATE INDEX audit_message ON audit (sequence);

CREATE TABLE fragment (
    number      INTEGER PRIMARY KEY,
    source      TEXT    NOT NULL,
    peer        TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    size_bytes  INTEGER NOT NULL,
    data        NOT NULL
);

-- How many messages (destination '') and deliveries are in each state; kept in the transaction that moves them.
CREATE TABLE tally (
    channel     TEXT    NOT NULL,
    destination TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    amount      INTEGER NOT NULL,
    PRIMARY KEY (channel, destination, state)
) WITHOUT ROWID;
