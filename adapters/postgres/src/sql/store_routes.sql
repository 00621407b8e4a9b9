-- Opens the routes to a document that there are to be, and revokes all others.
WITH wanted AS MATERIALIZED (
    SELECT
        reader_kind,
        CASE reader_kind
            WHEN 'organisation' THEN (
                SELECT namespace_id::text
                FROM namespaces
                WHERE kind = 'organisation' AND owner_id = reader
            )
            ELSE reader
        END AS reader_id,
        access
    FROM unnest($5::text[], $6::text[], $7::text[]) AS wanted (reader_kind, reader, access)
), opened AS (
    INSERT INTO routes (
        reader_kind, reader_id, application, collection, namespace_id, key,
        access, revoked, opened_tx, tx
    )
    SELECT
        reader_kind, reader_id, $2, $3, $1, $4,
        access, false, pg_current_xact_id(), pg_current_xact_id()
    FROM wanted
    WHERE reader_id IS NOT NULL
    ON CONFLICT (reader_kind, reader_id, application, collection, namespace_id, key) DO UPDATE
    SET access = excluded.access,
        revoked = false,
        opened_tx = CASE
            WHEN routes.revoked THEN excluded.opened_tx
            ELSE routes.opened_tx
        END,
        tx = excluded.tx,
        changed_at = excluded.changed_at
    WHERE routes.revoked OR routes.access <> excluded.access
), revoked AS (
    UPDATE routes
    SET revoked = true, tx = pg_current_xact_id(), changed_at = clock_timestamp()
    WHERE namespace_id = $1
      AND application = $2
      AND collection = $3
      AND key = $4
      AND NOT revoked
      AND (reader_kind, reader_id) NOT IN (
        SELECT reader_kind, reader_id FROM wanted WHERE reader_id IS NOT NULL
    )
)
UPDATE documents
SET has_routes = true
WHERE namespace_id = $1
  AND application = $2
  AND collection = $3
  AND key = $4
  AND NOT has_routes
  AND EXISTS (SELECT FROM wanted)
