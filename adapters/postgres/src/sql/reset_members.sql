-- Whoever is or was a member will fetch everything anew that the membership showed, and what those
-- who showed it deleted.
INSERT INTO reader_resets (reader_kind, reader_id, application, collection)
SELECT DISTINCT 'user', memberships.user_id, shown.application, shown.collection
FROM memberships
CROSS JOIN (
    SELECT application, collection
    FROM routes
    WHERE reader_kind = 'organisation' AND reader_id = $1::bigint::text
    UNION
    SELECT application, collection
    FROM reader_resets
    WHERE reader_kind = 'organisation' AND reader_id = $1::bigint::text
) AS shown
WHERE memberships.namespace_id = $1
ORDER BY memberships.user_id, shown.application, shown.collection
ON CONFLICT (reader_kind, reader_id, application, collection) DO UPDATE
SET deleted_at = excluded.deleted_at
