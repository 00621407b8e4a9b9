\set user random(1, :users)
\set before (random(:first_key, :last_key) - 1) / 100 * 100
INSERT INTO baseline.documents (
    namespace_id, application, collection, key,
    version, revision, field_revisions, content, deleted
)
SELECT
    :user::bigint, 'bench', 'documents', 'document-' || (:before::bigint + ordinal),
    1, :revision, field_revisions::json, content::jsonb, false
FROM unnest(:hundred_field_revisions::text[], :hundred_contents::text[])
    WITH ORDINALITY AS input (field_revisions, content, ordinal)
ON CONFLICT (namespace_id, application, collection, key) DO UPDATE
SET version = documents.version + 1,
    revision = excluded.revision,
    field_revisions = excluded.field_revisions,
    content = excluded.content,
    deleted = excluded.deleted,
    written_at = clock_timestamp();
