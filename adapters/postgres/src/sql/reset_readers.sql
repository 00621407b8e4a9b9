-- Whoever has or had a way to a document of the namespace will fetch everything anew.
INSERT INTO reader_resets (reader_kind, reader_id, application, collection)
SELECT DISTINCT reader_kind, reader_id, application, collection
FROM routes
WHERE namespace_id = $1
ORDER BY reader_kind, reader_id, application, collection
ON CONFLICT (reader_kind, reader_id, application, collection) DO UPDATE
SET deleted_at = excluded.deleted_at
