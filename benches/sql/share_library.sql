-- $1 documents of others, as many of each as have to be, are shared with the reader.
WITH shared AS MATERIALIZED (
    SELECT documents.namespace_id, documents.key
    FROM syncline.namespaces
    CROSS JOIN LATERAL (
        SELECT namespace_id, key
        FROM syncline.documents
        WHERE documents.namespace_id = namespaces.namespace_id
          AND application = 'bench'
          AND collection = 'library'
        ORDER BY key
        LIMIT 10
    ) AS documents
    WHERE kind = 'personal' AND owner_id LIKE 'library-%' AND owner_id <> 'library-1'
    LIMIT $1::bigint
), entries AS (
    INSERT INTO syncline.access_entries (namespace_id, application, collection, key, visibility)
    SELECT namespace_id, 'bench', 'library', key, 'shared' FROM shared
), shares AS (
    INSERT INTO syncline.shares (namespace_id, application, collection, key, user_id, access)
    SELECT namespace_id, 'bench', 'library', key, 'library-1', 'read' FROM shared
), routes AS (
    INSERT INTO syncline.routes (
        reader_kind, reader_id, application, collection, namespace_id, key,
        access, revoked, opened_tx, tx
    )
    SELECT
        'user', 'library-1', 'bench', 'library', namespace_id, key,
        'read', false, pg_current_xact_id(), pg_current_xact_id()
    FROM shared
)
UPDATE syncline.documents
SET has_routes = true
FROM shared
WHERE documents.namespace_id = shared.namespace_id
  AND documents.application = 'bench'
  AND documents.collection = 'library'
  AND documents.key = shared.key
