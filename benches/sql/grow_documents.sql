-- Documents $3 to $4 of each user from $1 to $2 in the collection $5, all of the same content. User
-- 0 is the one with the large collection. They count as written before any transaction that a
-- cursor could miss, as after a renewal.
INSERT INTO syncline.documents (
    namespace_id, application, collection, key, version,
    revision, field_revisions, content, deleted, bytes, tx
)
SELECT
    namespace_id, 'bench', $5, 'document-' || number, 1,
    $6, $7::json, $8::jsonb, false, octet_length($7) + octet_length($8), '3'
FROM generate_series($1::bigint, $2::bigint) AS owner
JOIN syncline.namespaces
    ON kind = 'personal' AND owner_id = coalesce('user-' || nullif(owner, 0), 'large')
CROSS JOIN generate_series($3::bigint, $4::bigint) AS number
