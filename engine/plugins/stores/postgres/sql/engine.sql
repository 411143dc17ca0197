-- name: plan_for_values
SET LOCAL plan_cache_mode = auto

-- name: has_versions
SELECT to_regclass('schema_version') IS NOT NULL

-- name: last_version
SELECT coalesce(max(version), 0) FROM schema_version

-- name: add_version
INSERT INTO schema_version (version) VALUES ($1)

-- name: lock_schema
SELECT pg_advisory_xact_lock(4866301982)

-- name: server_settings
SELECT current_setting('server_version_num')::int, current_setting('fsync'), current_setting('full_page_writes'),
    pg_is_in_recovery(), current_setting('server_encoding'), current_setting('synchronous_commit')

-- name: probe_write
INSERT INTO engine_state (name, value) VALUES ('probed_at', $1)
ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: add_audit
INSERT INTO audit (sequence, at, action, actor, detail)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])

-- name: lock_values
SELECT count(pg_advisory_xact_lock(h.value))
FROM (SELECT DISTINCT hashtextextended(a.value, 0) AS value FROM unnest($1::text[]) a (value) ORDER BY 1) h

-- name: give_hint
SELECT pg_notify('headrace', h.hint) FROM unnest($1::text[]) h (hint)
