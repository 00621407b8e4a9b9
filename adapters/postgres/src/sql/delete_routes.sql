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
)
INSERT INTO reader_resets (reader_kind, reader_id, application, collection)
SELECT DISTINCT reader_kind, reader_id, application, collection
FROM routed
ORDER BY reader_kind, reader_id, application, collection
ON CONFLICT (reader_kind, reader_id, application, collection) DO UPDATE
SET deleted_at = excluded.deleted_at
