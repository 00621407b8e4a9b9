-- The documents $2 of user $1, with their revisions and contents, in one statement.
INSERT INTO baseline.documents (
    namespace_id, application, collection, key,
    version, revision, field_revisions, content, deleted
)
SELECT $1, 'bench', 'documents', key, 1, revision, field_revisions::json, content::jsonb, false
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[])
    AS input (key, revision, field_revisions, content)
ON CONFLICT (namespace_id, application, collection, key) DO UPDATE
SET version = documents.version + 1,
    revision = excluded.revision,
    field_revisions = excluded.field_revisions,
    content = excluded.content,
    deleted = excluded.deleted,
    written_at = clock_timestamp()
