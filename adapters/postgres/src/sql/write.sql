-- Stores new versions, keeps those they supersede, and remembers what was pushed. A document that
-- was not there when it was locked is inserted only if it still is not: the caller counts.
WITH input AS (
    SELECT *
    FROM unnest(
        $1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[],
        $6::text[], $7::text[], $8::text[], $9::boolean[], $10::integer[]
    ) AS input (
        namespace_id, application, collection, key, version,
        revision, field_revisions, content, deleted, bytes
    )
), superseded AS (
    INSERT INTO document_versions (
        namespace_id, application, collection, key, version,
        revision, field_revisions, content, deleted, tx
    )
    SELECT
        namespace_id, application, collection, key, current.version,
        current.revision, current.field_revisions, current.content, current.deleted, current.tx
    FROM input
    JOIN documents AS current USING (namespace_id, application, collection, key)
    WHERE input.version > 1
), updated AS (
    UPDATE documents AS current
    SET version = input.version,
        revision = input.revision,
        field_revisions = input.field_revisions::json,
        content = input.content::jsonb,
        deleted = input.deleted,
        bytes = input.bytes,
        written_at = clock_timestamp()
    FROM input
    WHERE input.version > 1
      AND (current.namespace_id, current.application, current.collection, current.key)
        = (input.namespace_id, input.application, input.collection, input.key)
    RETURNING 1
), inserted AS (
    INSERT INTO documents (
        namespace_id, application, collection, key, version,
        revision, field_revisions, content, deleted, bytes
    )
    SELECT
        namespace_id, application, collection, key, version,
        revision, field_revisions::json, content::jsonb, deleted, bytes
    FROM input
    WHERE version = 1
    ORDER BY namespace_id, application, collection, key
    ON CONFLICT DO NOTHING
    RETURNING 1
), pushed AS (
    INSERT INTO document_pushes (
        namespace_id, application, collection, key, version,
        path, revision, node, value, report
    )
    SELECT
        namespace_id, application, collection, key, version,
        path, revision, substr(revision, 22), value::json, report::json
    FROM unnest(
        $11::bigint[], $12::text[], $13::text[], $14::text[], $15::bigint[],
        $16::text[], $17::text[], $18::text[], $19::text[]
    ) AS pushed (
        namespace_id, application, collection, key, version,
        path, revision, value, report
    )
)
SELECT
    (SELECT count(*) FROM updated) + (SELECT count(*) FROM inserted) AS written,
    pg_current_xact_id()::text AS tx
