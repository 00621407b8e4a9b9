-- Nobody else changes them until this transaction has ended, in the order of all who lock several. Members may
-- open and close their documents meanwhile: those of the user's own are locked one by one.
SELECT namespace_id
FROM organisations
WHERE namespace_id IN (SELECT namespace_id FROM memberships WHERE user_id = $1 AND NOT revoked)
ORDER BY namespace_id
FOR NO KEY UPDATE
