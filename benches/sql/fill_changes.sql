-- $1 documents of one user. Of them $2, spread over the keys, come last.
INSERT INTO baseline.changes (
    namespace_id, application, collection, key,
    version, revision, field_revisions, content, deleted, number
)
SELECT
    0, 'bench', 'large', 'document-' || number, 1, $3, $4::json, $5::jsonb, false,
    CASE WHEN number % ($1 / nullif($2, 0)) = 0 THEN number + $1 ELSE number END
FROM generate_series(1, $1::bigint) AS number
