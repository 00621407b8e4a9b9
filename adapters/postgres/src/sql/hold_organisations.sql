-- The organisations of an owner, and the one to which a document is visible. Nobody is sent away from them and
-- none of them is deleted until this transaction has ended. In the order of all who lock several.
SELECT organisation_id
FROM organisations
WHERE namespace_id IN (
    SELECT namespace_id FROM memberships WHERE user_id = $1 AND NOT revoked
    UNION ALL
    SELECT namespace_id FROM organisations WHERE organisation_id = $2
)
ORDER BY namespace_id
FOR KEY SHARE
