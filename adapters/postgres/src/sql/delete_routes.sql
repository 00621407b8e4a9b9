-- Every way to the documents of a namespace. Whoever has or had one will fetch everything anew.
--
-- After the documents: whoever shares one has locked it, and is done or finds it gone.
WITH entries AS (
    DELETE FROM access_entries WHERE namespace_id = $1
), shared AS (
    DELETE FROM shares WHERE namespace_id = $1
), routed AS (
    DELETE FROM routes
    WHERE namespace_id = $1
    RETURNING reader_kind, reader_id, application, collection
), resets AS (
    INSERT INTO reader_resets (reader_kind, reader_id, application, collection)
    SELECT DISTINCT reader_kind, reader_id, application, collection
    FROM routed
    ORDER BY reader_kind, reader_id, application, collection
    ON CONFLICT (reader_kind, reader_id, application, collection) DO UPDATE
    SET deleted_at = excluded.deleted_at
    RETURNING reader_kind, reader_id, application, collection
)
-- For those of them who listen.
SELECT json_agg(jsonb_build_array(
    reader_kind,
    CASE reader_kind
        WHEN 'organisation' THEN (
            SELECT owner_id
            FROM namespaces
            WHERE namespaces.namespace_id = resets.reader_id::bigint
        )
        ELSE reader_id
    END,
    application,
    collection
))::text AS readers
FROM resets
