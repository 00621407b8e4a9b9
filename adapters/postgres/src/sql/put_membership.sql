-- Whoever left and comes back is a member since then.
INSERT INTO memberships AS current (namespace_id, user_id, role)
VALUES ($1, $2, $3)
ON CONFLICT (namespace_id, user_id) DO UPDATE
SET role = excluded.role,
    revoked = false,
    created_at = CASE WHEN current.revoked THEN excluded.created_at ELSE current.created_at END,
    changed_at = excluded.changed_at
RETURNING
    user_id,
    role,
    to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at
