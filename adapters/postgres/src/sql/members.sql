SELECT
    memberships.user_id,
    memberships.role,
    to_char(
        memberships.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
    ) AS created_at
FROM memberships
JOIN organisations USING (namespace_id)
WHERE organisations.organisation_id = $1
  AND NOT memberships.revoked
  AND ($2::text IS NULL OR memberships.user_id > $2::text)
ORDER BY memberships.user_id
LIMIT $3::bigint
