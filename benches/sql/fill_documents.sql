-- $2 documents for each of $1 users.
INSERT INTO baseline.documents (
    namespace_id, application, collection, key,
    version, revision, field_revisions, content, deleted
)
SELECT
    owner, 'bench', 'documents', 'document-' || number, 1, $3, $4::json, $5::jsonb, false
FROM generate_series(1, $1::bigint) AS owner, generate_series(1, $2::bigint) AS number
