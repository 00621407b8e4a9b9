SELECT
    organisations.organisation_id,
    organisations.name,
    memberships.role,
    to_char(
        organisations.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
    ) AS created_at
FROM organisations
JOIN memberships USING (namespace_id)
WHERE organisations.organisation_id = $1
  AND memberships.user_id = $2
  AND NOT memberships.revoked
