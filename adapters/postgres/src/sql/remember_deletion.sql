-- All servers are told at once. A deletion is rare: it may take the lock that a notification takes
-- when it is committed.
INSERT INTO deleted_accounts (subject_hash, deleted_at)
VALUES ($1, to_timestamp($2::bigint / 1000.0))
ON CONFLICT (subject_hash) DO UPDATE
SET deleted_at = greatest(deleted_accounts.deleted_at, excluded.deleted_at)
RETURNING pg_notify(current_schema(), 'accounts')::text
