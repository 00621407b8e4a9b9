\set user random(1, :users)
\set key random(:first_key, :last_key)
INSERT INTO baseline.documents (
    namespace_id, application, collection, key,
    version, revision, field_revisions, content, deleted
)
VALUES (
    :user, 'bench', 'documents', 'document-' || :key,
    1, :revision, :field_revisions::json, :content::jsonb, false
)
ON CONFLICT (namespace_id, application, collection, key) DO UPDATE
SET version = documents.version + 1,
    revision = excluded.revision,
    field_revisions = excluded.field_revisions,
    content = excluded.content,
    deleted = excluded.deleted,
    written_at = clock_timestamp();
