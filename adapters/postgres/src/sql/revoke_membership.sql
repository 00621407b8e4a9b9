-- Whoever opens a document to the organisation has done so, or waits for this transaction to end.
UPDATE memberships
SET revoked = true, left_snapshot = pg_current_snapshot(), changed_at = clock_timestamp()
WHERE namespace_id = $1 AND user_id = $2
