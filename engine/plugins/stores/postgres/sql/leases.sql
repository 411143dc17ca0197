-- name: next_start
SELECT nextval('lease_epoch')

-- name: beat
INSERT INTO node (owner, name, started_at, release) VALUES ($1, $2, $3, $4)
ON CONFLICT (owner) DO UPDATE SET seen_at = clock_timestamp()

-- name: end_silent
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND application_name LIKE 'headrace %'
  AND state = 'active' AND wait_event = 'ClientRead' AND state_change < clock_timestamp() - make_interval(secs => $1)

-- name: forget_nodes
DELETE FROM node WHERE seen_at < clock_timestamp() - interval '7 days'

-- name: leave
DELETE FROM node WHERE owner = $1

-- name: renew_keys
UPDATE okey SET lease_until = clock_timestamp() + make_interval(secs => $1) WHERE id IN (
    SELECT id FROM okey WHERE epoch = ANY($2::bigint[]) AND owner IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED)
RETURNING epoch

-- name: renew_busy_keys
UPDATE okey SET lease_until = clock_timestamp() + make_interval(secs => $1) WHERE id IN (
    SELECT id FROM okey WHERE epoch = ANY($2::bigint[]) AND owner IS NOT NULL
    ORDER BY channel, ordering_key FOR NO KEY UPDATE)
RETURNING epoch

-- name: renew_lanes
UPDATE lane SET lease_until = clock_timestamp() + make_interval(secs => $1)
WHERE epoch = ANY($2::bigint[]) AND owner IS NOT NULL RETURNING epoch

-- name: renew_roles
UPDATE role SET lease_until = clock_timestamp() + make_interval(secs => $1)
WHERE epoch = ANY($2::bigint[]) RETURNING epoch

-- name: expired_keys
SELECT id FROM okey WHERE owner IS NOT NULL AND lease_until < clock_timestamp()
LIMIT 1000 FOR UPDATE SKIP LOCKED

-- name: keys_of_owners
SELECT id FROM okey WHERE owner = ANY($1::text[]) ORDER BY channel, ordering_key FOR UPDATE

-- name: lanes_of_owners
UPDATE lane SET owner = NULL, lease_until = NULL WHERE owner = ANY($1::text[])

-- name: roles_of_owners
DELETE FROM role WHERE owner = ANY($1::text[])

-- name: expired_lanes
UPDATE lane SET owner = NULL, lease_until = NULL
WHERE owner IS NOT NULL AND lease_until < clock_timestamp() RETURNING channel, destination

-- name: take_role
INSERT INTO role (name, owner, epoch, lease_until)
VALUES ($1, $2, nextval('lease_epoch'), clock_timestamp() + make_interval(secs => $3))
ON CONFLICT (name) DO UPDATE
SET owner = excluded.owner, epoch = excluded.epoch, lease_until = excluded.lease_until
WHERE role.lease_until < clock_timestamp()
RETURNING epoch

-- name: drop_role
DELETE FROM role WHERE name = $1 AND owner = $2 AND epoch = $3

-- name: keep_time
INSERT INTO engine_state (name, value) VALUES ('database_time', coalesce($1::bigint, database_time()))
ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE engine_state.value <= excluded.value + $2::bigint
RETURNING 1

-- name: lock_time
SELECT value FROM engine_state WHERE name = 'database_time' FOR UPDATE

-- name: set_time
UPDATE engine_state SET value = coalesce($1::bigint, database_time()) WHERE name = 'database_time' RETURNING value

-- name: move_key_waits
UPDATE okey SET not_before = not_before - $1::bigint WHERE not_before IS NOT NULL

-- name: move_delivery_waits
UPDATE delivery SET next_at = next_at - $1::bigint WHERE state = 'queued' AND next_at IS NOT NULL

-- name: move_key_leases
UPDATE okey SET lease_until = lease_until - $1::bigint * interval '1 microsecond' WHERE owner IS NOT NULL

-- name: move_lane_leases
UPDATE lane SET lease_until = lease_until - $1::bigint * interval '1 microsecond' WHERE owner IS NOT NULL

-- name: move_role_leases
UPDATE role SET lease_until = lease_until - $1::bigint * interval '1 microsecond'

-- name: move_signs_of_life
UPDATE node SET seen_at = seen_at - $1::bigint * interval '1 microsecond'
