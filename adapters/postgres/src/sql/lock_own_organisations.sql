-- As with each of them alone, in the order of all who lock several.
SELECT namespace_id
FROM organisations
WHERE namespace_id IN (SELECT namespace_id FROM memberships WHERE user_id = $1 AND NOT revoked)
ORDER BY namespace_id
FOR UPDATE
