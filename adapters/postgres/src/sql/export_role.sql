SELECT role
FROM memberships
WHERE namespace_id = $1
  AND user_id = $2
  AND NOT revoked
