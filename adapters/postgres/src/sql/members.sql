-- No row if the caller is no member; one without a member if the page is empty.
SELECT
    listed.user_id,
    listed.role,
    to_char(listed.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at
FROM organisations
JOIN memberships AS own
    ON own.namespace_id = organisations.namespace_id
    AND own.user_id = $2
    AND NOT own.revoked
LEFT JOIN LATERAL (
    SELECT memberships.user_id, memberships.role, memberships.created_at
    FROM memberships
    WHERE memberships.namespace_id = organisations.namespace_id
      AND NOT memberships.revoked
      AND ($3::text IS NULL OR memberships.user_id > $3::text)
    ORDER BY memberships.user_id
    LIMIT $4::bigint
) AS listed ON true
WHERE organisations.organisation_id = $1
ORDER BY listed.user_id
