-- Of those that are locked.
SELECT
    organisations.namespace_id,
    organisations.organisation_id,
    own.role,
    (
        SELECT count(*)
        FROM memberships
        WHERE memberships.namespace_id = own.namespace_id
          AND memberships.role = 'org-admin'
          AND NOT memberships.revoked
    ) AS admins,
    (
        SELECT count(*)
        FROM memberships
        WHERE memberships.namespace_id = own.namespace_id
          AND NOT memberships.revoked
    ) AS members
FROM memberships AS own
JOIN organisations USING (namespace_id)
WHERE own.user_id = $1
  AND own.namespace_id = ANY($2)
  AND NOT own.revoked
ORDER BY organisations.namespace_id
