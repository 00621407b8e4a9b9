UPDATE memberships
SET revoked = true, changed_at = clock_timestamp()
WHERE namespace_id = $1 AND user_id = $2
