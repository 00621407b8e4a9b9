-- A batch of tombstones, with everything that is remembered of their documents. Those at or above
-- the oldest running transaction stay: somebody may be reading them.
WITH gone AS MATERIALIZED (
    SELECT namespace_id, application, collection, key
    FROM documents
    WHERE deleted
      AND written_at < to_timestamp($1::double precision / 1000)
      AND tx < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY namespace_id, application, collection, key
    LIMIT $2::bigint
    FOR UPDATE SKIP LOCKED
), versions AS (
    DELETE FROM document_versions USING gone
    WHERE (document_versions.namespace_id, document_versions.application,
           document_versions.collection, document_versions.key)
        = (gone.namespace_id, gone.application, gone.collection, gone.key)
), pushes AS (
    DELETE FROM document_pushes USING gone
    WHERE (document_pushes.namespace_id, document_pushes.application,
           document_pushes.collection, document_pushes.key)
        = (gone.namespace_id, gone.application, gone.collection, gone.key)
), entries AS (
    DELETE FROM access_entries USING gone
    WHERE (access_entries.namespace_id, access_entries.application,
           access_entries.collection, access_entries.key)
        = (gone.namespace_id, gone.application, gone.collection, gone.key)
), shared AS (
    DELETE FROM shares USING gone
    WHERE (shares.namespace_id, shares.application, shares.collection, shares.key)
        = (gone.namespace_id, gone.application, gone.collection, gone.key)
), routed AS (
    DELETE FROM routes USING gone
    WHERE (routes.namespace_id, routes.application, routes.collection, routes.key)
        = (gone.namespace_id, gone.application, gone.collection, gone.key)
)
DELETE FROM documents USING gone
WHERE (documents.namespace_id, documents.application, documents.collection, documents.key)
    = (gone.namespace_id, gone.application, gone.collection, gone.key)
