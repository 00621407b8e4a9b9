SELECT
    organisations.organisation_id,
    organisations.name,
    memberships.role,
    to_char(
        organisations.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
    ) AS created_at
FROM memberships
JOIN organisations USING (namespace_id)
WHERE memberships.user_id = $1
  AND NOT memberships.revoked
  AND ($2::text IS NULL OR organisations.name_key > $2::text)
ORDER BY organisations.name_key
LIMIT $3::bigint
