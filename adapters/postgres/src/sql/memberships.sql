SELECT memberships.user_id, organisations.organisation_id
FROM memberships
JOIN organisations USING (namespace_id)
WHERE memberships.user_id = ANY ($1::text[])
  AND NOT memberships.revoked
