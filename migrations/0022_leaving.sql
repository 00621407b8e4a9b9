-- Whoever has left an organisation is told which documents can no longer be seen: those that were open when the
-- membership was revoked. The numbers of transactions do not tell, since they are not given in the order of the commits.
-- It is null where that was not written down, and in a new life of the database.
ALTER TABLE memberships ADD COLUMN left_snapshot pg_snapshot;

-- What organisations left behind that were deleted while somebody opened a document to them.
UPDATE access_entries
SET visibility = 'shared', organisation_id = NULL
WHERE organisation_id IS NOT NULL
  AND NOT EXISTS (
    SELECT
    FROM organisations
    WHERE organisations.organisation_id = access_entries.organisation_id
);
